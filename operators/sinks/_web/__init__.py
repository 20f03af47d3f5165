"""The web page: what it shows, whom it lets in, and the server."""
