"""Known holes in the versions of requirements/dev.txt, where the service that knows them answers.

The service is OSV (https://osv.dev), which holds the advisories of PyPI. It is first asked for a
version that is known to have holes: an answer without them is no answer. Exits with 1 if a locked
version has a hole that is not in ``ACCEPTED``; without the service says so and exits with 0.
"""

import json
import re
import sys
import urllib.request
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements" / "dev.txt"
SERVICE = "https://api.osv.dev/v1/querybatch"
KNOWN = ("pillow", "11.2.0")
"""A version with holes, to see whether the service answers."""
ACCEPTED: dict[str, str] = {}
"""Advisories that do not concern how the package is used here, each with the reason."""


def locked(text: str) -> list[tuple[str, str]]:
    """Name and version of every package of a lock file."""
    return re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)


def ask(packages: list[tuple[str, str]], seconds: float = 15) -> list[list[str]]:
    """Advisories of each package, by their ids."""
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in packages
    ]
    body = json.dumps({"queries": queries}).encode()
    request = urllib.request.Request(SERVICE, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        found = json.load(answer)["results"]
    return [[one["id"] for one in result.get("vulns", ())] for result in found]


def main() -> int:
    """Ask, say, and return the exit code."""
    packages = locked(LOCK.read_text(encoding="utf-8"))
    try:
        known, *found = ask([KNOWN, *packages])
        if not known or len(found) != len(packages):
            raise ValueError("it does not know holes that are known")
    except Exception as error:  # of the network, a proxy or another service in its place
        print(f"Not checked for known holes: {SERVICE} gives no answer ({error}).")
        return 0
    rows = [
        f"{name} {version}: {', '.join(ids)}"
        for (name, version), advisories in zip(packages, found, strict=True)
        if (ids := [one for one in advisories if one not in ACCEPTED])
    ]
    print("\n".join([*rows, f"{len(packages)} locked versions, {len(rows)} with known holes"]))
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
