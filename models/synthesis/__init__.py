"""Sounds made from nothing but numbers: glass, sirens, alarms, knocks, engines, tones, noise, and speech by espeak-ng.

Each file has one function that draws any sound of its kind: the same samples for the same state of the generator.
"""
