"""Networks, a module each. Its name is what ``model.network`` says.

Such a module offers two functions, and adding one changes no other file::

    check_depth(depth: int) -> None           # raises ParameterError for a depth at which the kind does not exist
    build(config, *, depth, image_shape, classes, residual) -> torch.nn.Module

With ``residual=False``, ``build`` returns the plain twin: the same network less the shortcuts. Parameters that both
twins have carry the same names. A kind that has no plain twin says why in ``NO_PLAIN_TWIN``. The classifying layer is
called ``head``.
"""
