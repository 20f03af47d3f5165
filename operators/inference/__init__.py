"""From features to embeddings, scores and predictions."""
