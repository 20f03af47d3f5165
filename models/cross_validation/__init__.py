"""How well a network does on sounds that it has not learnt from, measured on the examples there are."""
