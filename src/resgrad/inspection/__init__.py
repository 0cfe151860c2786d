"""Inside trained networks: how their saved weights respond to one batch of training images."""
