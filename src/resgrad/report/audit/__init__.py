"""The page and the picture of the audit."""
