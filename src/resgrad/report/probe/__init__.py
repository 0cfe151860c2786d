"""The page and the pictures of the probe."""
