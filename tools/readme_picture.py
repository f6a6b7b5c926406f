"""The first screen of a study as the README shows it: `python -m tools.readme_picture PAGE`."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

from tests.browser import tab

OUT = Path("docs/images/study.png")


def main() -> None:
    """Open the page in headless Chromium and write what a reader sees first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, help="runs/study-mini-glyphs/report.html")
    page: Path = parser.parse_args().page
    with tab() as browser:
        browser.look(1100, 1300)
        browser.open(page)
        shot = browser.call("Page.captureScreenshot", format="png")
    OUT.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
