"""How is an item seen as another modality? ``view(item) -> Bag``."""
