"""What mends a space? Remedies for the modality gap, scored on held-out items."""
