"""Code that every room may use: parameters, errors, atomic files, seeds, the names of runs."""
