"""The flows that ship with flowrun, as package data."""
