"""Self-supervised learning: unlabelled data in, an encoder and the evidence for it out."""
