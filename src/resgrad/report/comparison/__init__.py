"""The page and the pictures of the comparison."""
