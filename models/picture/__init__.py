"""Pictures of recordings: the spectrogram, and what was heard in it."""
