"""What a space should bear: items that are changed a little, by seed, one module a modality."""
