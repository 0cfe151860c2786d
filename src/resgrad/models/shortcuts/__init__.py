"""Ways to join a block's input to its branch, a module each. Its name is what ``model.shortcut`` says.

Such a module offers one class, and adding one changes no other file::

    class Shortcut(nn.Module):
        kind = "shortcut"                       # what the gradient table calls its parameters
        def __init__(self, site: Site, layers: Layers): ...
        def forward(self, x, branch): ...       # N x in_channels x H x W, N x out_channels x H/stride x W/stride

``site`` says where the block stands, and ``layers`` makes layers as the parameters ask for them. The plain twin has no
shortcut, nor any parameter of one. A kind around branches that must not start at 0 says why in ``NO_ZERO_BRANCH``,
which goes on after its name: "cannot learn: ...".
"""
