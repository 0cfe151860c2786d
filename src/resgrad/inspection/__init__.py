"""Another look at trained networks: what their saved weights make of one batch of training images."""
