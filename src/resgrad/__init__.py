"""Measure what residual connections do to the gradients and the results of deep networks."""
