"""From a checked flow to a run of it."""
