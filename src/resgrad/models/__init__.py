"""Networks from PyTorch primitives, one module per kind; a kind is chosen by its module's name."""
