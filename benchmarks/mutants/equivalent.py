"""Random mutants that no test can catch, since the program does the same."""

EQUIVALENT: dict[str, str] = {
    "0c5ed27d7f-0": "One part more in which draws are worked on; they are put together again.",
    "2ee29fd787-1": "Other names for the axes of an array that only this annotation names.",
    "7612ce2564-0": "Divided by -1 is times -1.",
    "796b75c00c-0": "There are no sets of n + 1 factors out of n.",
    "8cd6af0274-1": "NumPy reads the kind of sorting in capitals, too.",
    "c13438af6d-0": "The other side of a square.",
}
"""Name of a mutant as it is printed to the reason why nothing changes."""
