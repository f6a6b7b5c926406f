"""Caption files: encode, decode, keep each caption as it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from isthmus.arrays import fingerprint
from isthmus.decode.kinds import Reader
from isthmus.decode.weights import made_with
from isthmus.engine.content_index import file_digest
from isthmus.engine.jobs import bar
from isthmus.engine.shards import embed_shard
from isthmus.read import known, spoken
from isthmus.read.image import Picture, picture
from isthmus.read.recognise import modality_of
from isthmus.records import dataclass
from isthmus.report import amount, visible
from isthmus.studies.caption.journal import (
    Caption,
    add_captions,
    read_captions,
    write_captions,
)
from isthmus.studies.caption.request import CaptionRequest
from isthmus.studies.shared import RunResult, resolve
from isthmus.studies.shared.evidence import evidence_words, located
from isthmus.studies.shared.readers import reader_of
from isthmus.types import Encoder, Items, NothingLeftError, RequestError
from isthmus.version import __version__
from isthmus.view.within.pictures import crop

AT_ONCE = 16
"""Files between two writings: what is done again at most after a kill."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CaptionResult(RunResult):
    """A caption a file, in the order of the request."""

    captions: Sequence[Caption]
    out: Path | None = None

    drawn = ("score", "", "", "")

    @property
    def written(self) -> list[Path]:
        """The CSV, where one was asked for."""
        return [self.out] if self.out else []

    def table_rows(self) -> list[dict[str, Any]]:
        """A file each."""
        return [
            {"file": one.file, "modality": one.modality, "caption": one.decoded.text,
             "score": one.decoded.score}
            for one in self.captions
        ]  # fmt: skip

    def lines(self) -> list[str]:
        """A file each, its name first; below it what its words rest on, where places are known."""
        width, found = (
            max((len(visible(one.file)) for one in self.captions), default=0),
            list[str](),
        )
        for one in self.captions:
            found.append(f"{visible(one.file):<{width}}  {one.decoded.text}")
            if any(x.place for x in one.decoded.evidence):
                found.append(f"{'':<{width}}    {evidence_words(one.decoded)}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "items": [
                {"file": one.file, "modality": one.modality, **one.decoded.to_dict()}
                for one in self.captions
            ],
            "skipped": dict(self.faults),
        }


def run(request: CaptionRequest) -> CaptionResult:
    """Caption every file; what cannot be read is named and skipped.

    Raises:
        RequestError: the space has no encoder of texts, or --out holds something else.
        NothingLeftError: not one file could be captioned.
    """
    files = list(dict.fromkeys(map(str, request.files)))
    encoders = resolve(request.space).encoders(request.common, "captions are read out of files")
    words = spoken(encoders)
    if not words:
        raise RequestError(f"The space {request.space} encodes no texts, which captions need.")
    kept = read_captions(request.out) if request.out else {}
    if request.out:
        write_captions(request.out, kept)
    modalities, faults = _recognised(files, encoders)
    own = (request.decoder, request.box or (), request.where)
    key = fingerprint(encoders[words].space.id, *own, made_with(), __version__)
    hashes = {file: fingerprint(key, file_digest(Path(file))) for file in modalities}
    done = {file: one for file, one in kept.items() if one.made == hashes.get(file)}
    with bar(len(modalities), "captions", request.common.progress) as tick:
        tick(len(done))
        for modality in dict.fromkeys(modalities.values()):
            due = [file for file, kind in modalities.items() if kind == modality]
            due = [file for file in due if file not in done]
            for start in range(0, len(due), AT_ONCE):
                some = due[start : start + AT_ONCE]
                reader = reader_of(encoders, modality, request.decoder)
                items = _items(modality, some, request.box)
                new, broken = _captioned(encoders[modality], reader, items, hashes)
                if request.where:
                    new = [_located(encoders, items, one) for one in new]
                if request.out:
                    add_captions(request.out, new)
                done |= {one.file: one for one in new}
                faults |= broken
                tick(len(some))
    return _finished(request, files, {**kept, **done}, faults)


def _recognised(
    files: Sequence[str], encoders: Mapping[str, Encoder]
) -> tuple[dict[str, str], dict[str, str]]:
    """The modality of each file that can be encoded, and why the others cannot."""
    found, faults = dict[str, str](), dict[str, str]()
    for file in files:
        try:
            modality = modality_of(Path(file))
        except RequestError as error:
            faults[file] = str(error)
            continue
        if modality in encoders:
            found[file] = modality
        else:
            faults[file] = f"The space encodes no {modality} items."
    return found, faults


def _items(
    modality: str, files: Sequence[str], box: tuple[float, float, float, float] | None
) -> Items:
    """Files, or what a box holds of pictures."""
    paths = [Path(file) for file in files]
    if box is None or not known(modality).pictured:
        return Items(modality, tuple(files), paths)
    return Items(modality, tuple(files), [Picture(partial(_region, path, box)) for path in paths])


def _region(path: Path, box: tuple[float, float, float, float]) -> Image.Image:
    return crop(picture(path).rgb(background=255), np.array(box))


def _captioned(
    encoder: Encoder, reader: Reader, items: Items, hashes: Mapping[str, str]
) -> tuple[list[Caption], dict[str, str]]:
    embedded = embed_shard(encoder, items)
    decoded = reader.decode(embedded.made) if embedded.ids else []
    found = zip(embedded.ids, decoded, strict=True)
    return [Caption(file, encoder.modality, one, hashes[file]) for file, one in found], dict(
        embedded.faults
    )


def _located(encoders: Mapping[str, Encoder], items: Items, one: Caption) -> Caption:
    found = located(encoders, one.modality, items[one.file], one.file, one.decoded)
    return replace(one, decoded=found)


def _finished(
    request: CaptionRequest,
    files: Sequence[str],
    done: Mapping[str, Caption],
    faults: Mapping[str, str],
) -> CaptionResult:
    """The result; the CSV in the order of the request, what it held of other files first."""
    asked = {file: done[file] for file in files if file in done and file not in faults}
    if request.out:
        others = {file: one for file, one in done.items() if file not in files}
        write_captions(request.out, {**others, **asked})
    if not asked:
        first, why = next(iter(faults.items()))
        many = amount(len(files), "file")
        raise NothingLeftError(f"Not one of {many} can be captioned: {first}: {why}")
    verdict = f"{amount(len(asked), 'caption')}, {amount(len(faults), 'file')} skipped."
    return CaptionResult(
        captions=list(asked.values()), out=request.out, verdict=verdict, faults=dict(faults)
    )
