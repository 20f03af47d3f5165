"""The files of a recording: they grow while it runs, and are good however it ends."""
