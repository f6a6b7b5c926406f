"""Parts of a picture that a tower itself has vectors for: patches of a ViT, boxes of a detector."""
