"""Build all bundled data: ``python -m tools.build_data``; prints one table of what was built."""

import argparse
from pathlib import Path

from tools import build_clipart, build_furniture, build_glyphs
from tools.tables import report


def main() -> None:
    """Build the bundled worlds into the package, or compare: ``--data`` names another folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"), help="keeps the downloads")
    parser.add_argument("--data", type=Path, default=Path("src/isthmus/worlds/data"))
    args = parser.parse_args()
    glyphs = build_glyphs.build_glyphs(args.build, args.data / "glyphs")
    clipart = build_clipart.build_clipart(args.build, args.data / "clipart")
    furniture = build_furniture.build_furniture(args.build, args.data / "furniture")
    print(report([*glyphs, *clipart, *furniture]))


if __name__ == "__main__":
    main()
