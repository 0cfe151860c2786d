"""Side-by-side timings against what a user would otherwise pick; each file says how to run it."""
