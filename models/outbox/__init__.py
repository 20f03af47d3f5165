"""Events on their way: kept on disk until a receiver has taken them."""
