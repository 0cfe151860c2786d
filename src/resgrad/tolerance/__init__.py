"""Tolerance to the learning rate: networks trained at rates decades apart, judged on validation images."""
