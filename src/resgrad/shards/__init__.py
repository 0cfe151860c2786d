"""Reading tensor shards: batches, and random augmentation of training images."""
