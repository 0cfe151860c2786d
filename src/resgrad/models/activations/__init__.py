"""Activations, one per module. ``model.activation`` gives the module's name.

Such a module offers one function, and adding one changes no other file::

    build(channels: int) -> nn.Module           # N x channels x ... to the same shape

An activation that replaces the weight layers themselves builds the identity and also offers two classes, which take the
same arguments as those of ``torch.nn``. Shortcuts and the head keep the classes of ``torch.nn``::

    class Conv2d(nn.Conv2d): ...
    class Linear(nn.Linear): ...

If such layers must not start at 0, ``NO_ZERO_START`` says why.
"""
