"""Do the tests bite? The code is broken on purpose, and the tests of its area must notice.

    python -m benchmarks.mutants.run                        # the list in breaks.py
    python -m benchmarks.mutants.run --only NAME --slow     # one of them, slow tests too
    python -m benchmarks.mutants.random --seed 0 --count 200   # mutants of mutmut, drawn by seed

Each change is made in a copy of the tree, never in the tree itself. A change is *caught* if a test
of its area fails that passes on the unchanged copy, or if its tests take many times longer; it has
*survived* if they pass. What is recorded is not run again, unless it survived and tests changed.
"""
