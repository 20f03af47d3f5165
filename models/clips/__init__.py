"""Recordings kept of what was heard: the sound in memory, the files, and how many of them stay."""
