"""Loads a flow, checks it, builds it and runs it."""
