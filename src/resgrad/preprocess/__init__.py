"""From raw files to tensor shards: decoding, duplicates, leaves, splits."""
