"""A text that files of any modality steer."""
