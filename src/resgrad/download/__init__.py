"""Bytes from a server, a folder or the project itself, verified before anything else sees them."""
