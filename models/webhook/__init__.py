"""Messages to the addresses of others, by HTTP."""
