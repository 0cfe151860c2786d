"""Inside trained networks: how their saved weights respond to one batch of training images.

And what they get wrong of the validation images without one of their blocks, or with blocks out of order.
"""
