"""How good scores are: the measures of YouTube-8M and AudioSet, batch by batch."""
