"""Plain against residual: every measure, every row of the closing table, and its significance."""
