"""Fetch pinned packages with their registry's own client; refuse any byte that was not pinned.

A build is reproducible only if its sources are, so each source is named by version *and* checksum.
Archives are kept in the build folder: a second build needs no network.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Pin:
    """One package of a registry at one version, with the checksum of its archive."""

    kind: str  # "npm" or "deb"
    name: str
    version: str
    sha256: str

    @property
    def folder(self) -> str:
        """Its place in the build folder."""
        return self.name.lstrip("@").replace("/", "-")


@cache  # an archive is hashed once in a process, not once a picture
def fetch(pin: Pin, build: Path) -> Path:
    """The unpacked folder of a package, downloaded only if its archive is not in `build` yet."""
    archives = build / "archives" / pin.folder
    archives.mkdir(parents=True, exist_ok=True)
    if not any(archives.iterdir()):
        _download(pin, archives)
    (archive,) = archives.iterdir()
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != pin.sha256:
        raise SystemExit(
            f"{archive}: wanted {pin.name} {pin.version} with sha256 {pin.sha256}, found {found}; "
            "delete the file to download it again, or review the new release and pin it"
        )
    folder = build / "unpacked" / pin.folder
    if not (folder / ".complete").exists():
        _unpack(pin, archive, folder)
        (folder / ".complete").touch()
    return folder


def _download(pin: Pin, into: Path) -> None:
    command = {
        "npm": ["npm", "pack", "--silent", f"{pin.name}@{pin.version}"],
        "deb": ["apt-get", "download", "--quiet", f"{pin.name}={pin.version}"],
    }[pin.kind]
    subprocess.run(command, cwd=into, check=True, stdout=subprocess.DEVNULL)


def _unpack(pin: Pin, archive: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if pin.kind == "deb":
        subprocess.run(["dpkg-deb", "--extract", str(archive), str(folder)], check=True)
        return
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def unpacked(build: Path, package: str) -> Path:
    """Folder of a Debian package's files, got once; it does not exist if Debian is not reached."""
    folder = build / "unpacked" / package
    if not folder.exists():
        archives = build / "archives" / package
        archives.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(["apt-get", "download", "--quiet", package], cwd=archives, check=False)
        if got.returncode == 0:
            folder.parent.mkdir(parents=True, exist_ok=True)
            archive = str(next(archives.glob("*.deb")))
            subprocess.run(["dpkg-deb", "--extract", archive, str(folder)], check=True)
    return folder
