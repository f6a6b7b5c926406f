"""Frozen towers with learned prompts among their layers or around their pictures."""
