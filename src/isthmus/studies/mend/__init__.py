"""What mends a space? Remedies for the modality gap, judged on held-out items."""
