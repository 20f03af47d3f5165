"""From audio to audio, levels and features."""
