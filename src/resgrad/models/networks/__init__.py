"""Networks, one kind per module. ``model.network`` gives the module's name.

Such a module offers two functions, and adding one changes no other file::

    check_depth(depth: int) -> None           # raises ParameterError for a depth at which the kind does not exist
    build(config, *, depth, image_shape, classes, residual) -> torch.nn.Module

With ``residual=False``, ``build`` returns the plain twin: the same network without the shortcuts. Parameters that both
twins have carry the same names. A kind without a plain twin says why in ``NO_PLAIN_TWIN``. The classification layer is
called ``head``.
"""
