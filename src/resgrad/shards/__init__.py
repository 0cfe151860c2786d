"""Tensor shards read back: batches, and random changes of training images."""
