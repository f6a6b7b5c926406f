"""How long the base install takes and how large it is, in a fresh virtual environment.

Run: python -m benchmarks.install
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import write_results

ROOT = Path(__file__).parents[1]
OURS_NOT = ("pip", "setuptools")
"""What a fresh environment brings itself."""


def main() -> None:
    """Install, time and weigh; print and write megabytes by package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python, start = Path(folder, "bin", "python"), time.perf_counter()
        subprocess.run([python, "-m", "pip", "install", "--quiet", ROOT], check=True)
        seconds = time.perf_counter() - start
        sizes = weighed(next(Path(folder, "lib").glob("*/site-packages")))
    total = sum(sizes.values())
    own = sum(size for name, size in sizes.items() if not name.startswith(OURS_NOT))
    print(f"{seconds:.0f} s, {own:.0f} MB, with pip and setuptools {total:.0f} MB")
    largest = dict(sorted(sizes.items(), key=lambda item: -item[1])[:12])
    for name, size in largest.items():
        print(f"{size:7.1f} MB  {name}")
    found = {"seconds": round(seconds, 1), "MB": round(own, 1), "MB with pip": round(total, 1)}
    rounded = {name: round(size, 1) for name, size in largest.items()}
    write_results("install", {**found, "largest (MB)": rounded})


def weighed(packages: Path) -> dict[str, float]:
    """Megabytes (10^6 bytes of files) of every entry of an environment's packages."""
    return {
        entry.name: sum(
            file.lstat().st_size for file in [entry, *entry.rglob("*")] if not file.is_dir()
        )
        / 1e6
        for entry in packages.iterdir()
    }


if __name__ == "__main__":
    main()
