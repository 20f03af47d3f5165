"""How a network is trained: losses, the optimiser, the state that a checkpoint holds."""
