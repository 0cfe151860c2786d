"""Gradients at the initial weights, over a grid of recipes: one backward pass each, and no training."""
