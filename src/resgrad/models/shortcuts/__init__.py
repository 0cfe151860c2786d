"""Ways to join a block's input to its branch, one per module. ``model.shortcut`` gives the module's name.

Such a module offers one class, and adding one changes no other file::

    class Shortcut(nn.Module):
        kind = "shortcut"                       # kind of its parameters in the gradient table
        def __init__(self, site: Site, layers: Layers): ...
        def forward(self, x, branch): ...       # N x in_channels x H x W, N x out_channels x H/stride x W/stride

``site`` is the place of the block, and ``layers`` makes layers according to the parameters. The plain twin has no
shortcut and none of its parameters. A kind whose branches must not start at 0 says why in ``NO_ZERO_BRANCH``, which
continues a sentence after its name: "cannot learn: ...".
"""
