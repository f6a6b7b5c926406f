"""Random mutants that no test can catch, since the program does the same."""

EQUIVALENT: dict[str, str] = {}
"""Name of a mutant as it is printed to the reason why nothing changes."""
