"""Activations, a module each. Its name is what ``model.activation`` says.

Such a module offers one function, and adding one changes no other file::

    build(channels: int) -> nn.Module           # N x channels x ... to the same shape

An activation that is a layer of its own kind, in place of every weight layer, builds the identity and offers two
classes beside it, which take the arguments of those of ``torch.nn``. Shortcuts and the head keep the latter::

    class Conv2d(nn.Conv2d): ...
    class Linear(nn.Linear): ...

If such layers must not start at 0, ``NO_ZERO_START`` says why.
"""
