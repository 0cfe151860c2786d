"""Drawings; nothing is computed here."""
