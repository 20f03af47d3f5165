"""What was heard, kept on disk."""
