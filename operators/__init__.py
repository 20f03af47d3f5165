"""The operators: one per file, named like the file, found by discovery."""
