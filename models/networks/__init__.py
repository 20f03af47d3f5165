"""The architectures that can be trained: YouTube-8M's, and one of our own.

Each is a frozen dataclass of its options. `initial` draws its weights, as arrays by name; calling it computes scores
from weights and frames, and nothing else: weights are tensors, variables or arrays, whoever calls it keeps them.
"""
