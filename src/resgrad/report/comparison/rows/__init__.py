"""A picture for every row of the closing table, a module each: a panel that others may use, and the picture."""
