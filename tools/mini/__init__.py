"""How `mini`, the CLIP that ships with isthmus, is made: `python -m tools.mini`."""
