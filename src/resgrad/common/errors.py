"""What a user can cause and mend."""


class ResgradError(Exception):
    """Something the user can mend; the text is one sentence: what, where, what to do."""
