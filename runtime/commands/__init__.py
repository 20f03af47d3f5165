"""The commands of `flowrun`, one per file; each imports what it needs when it runs."""
