"""Every random draw comes from one root seed, by name."""

import hashlib


def derive(root: int, *names: str | int) -> int:
    """Return a seed in [0, 2^63) that depends only on the root and on the names as text.

    Draws with different names are independent; a draw under a new name changes no other. No name may contain a NUL,
    which separates them.
    """
    text = "\0".join(str(name) for name in (root, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
