"""Keeping what a flow heard and said, and playing it again."""
