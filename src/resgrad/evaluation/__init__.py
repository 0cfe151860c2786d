"""The metrics and plots of the variant that ``model.residual`` names, for ``dvc metrics`` and ``dvc plots``."""
