"""How do I change a space? ``fit_x(vectors, ...) -> X``, a frozen callable.

Styles: ``STYLERS`` of ``restyling`` names the decompositions, each fitted on a ``StyleGrid``.
"""
