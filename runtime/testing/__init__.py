"""The tests that flows carry."""
