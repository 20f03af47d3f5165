"""Sound from a device or a pipe, as it comes."""
