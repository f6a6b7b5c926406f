"""How is an item seen as another modality? ``view(item) -> bag of items``.

A mesh is seen as pictures from several cameras: ``renders.render``.
"""
