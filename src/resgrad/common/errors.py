"""Errors that a user can cause and fix."""


class ResgradError(Exception):
    """Something the user can fix; the text is one sentence: what, where, what to do."""
