"""How long `import isthmus` and `isthmus --help` take, beside NumPy and an empty Python.

Run: python -m benchmarks.startup
"""

import statistics
import subprocess
import sys

from benchmarks.harness import seconds, write_results

PROGRAMS = {
    "python (empty)": "pass",
    "import numpy": "import numpy",
    "import isthmus": "import isthmus",
    "import isthmus + types, measure": "import isthmus; isthmus.Links; isthmus.measure",
    "isthmus --help": "from isthmus.cli import main; main(['--help'])",
    "isthmus study --help": "from isthmus.cli import main; main(['study', '--help'])",
}


def main() -> None:
    """Time each program 15 times in turn; print and write the medians in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(15):
        for name, program in PROGRAMS.items():
            command = [sys.executable, "-c", program]
            run = lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: E731, B023
            times[name].append(1000 * seconds(run))
    medians = {name: round(statistics.median(found), 1) for name, found in times.items()}
    for name, median in medians.items():
        print(f"{name:<34} {median:7.1f} ms")
    write_results("startup", {"milliseconds (median of 15)": medians})


if __name__ == "__main__":
    main()
