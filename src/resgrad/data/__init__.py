"""From bytes to batches: sources, archives, embedded samples, splits, shards, augmentation."""
