"""The data that claims are tested on: what ships with isthmus, and a user's folder of arrays."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from isthmus.lab import JobOptions, embed_into, load
from isthmus.read import pictured, spoken
from isthmus.read.vectors.bundles import open_arrays
from isthmus.records import dataclass
from isthmus.studies.replicate.claims.outcomes import NoDataError
from isthmus.studies.shared import About, Dataset
from isthmus.types import EmbeddingSet, Links, World
from isthmus.worlds import load as load_world

PAIRS = "clip_vitb16_coco500_pairs/pairs.npz"
VIEWS = "objaverse3_bigG14_views_texts/openclip_bigG14_features.npz"
"""Files that are looked for in the folder of ``--data``."""


@dataclass(frozen=True, eq=False)
class ClaimData:
    """Data by need; the bundled glyphs are embedded once, into ``folder``."""

    folder: Path
    data: Path | None = None
    progress: bool = False

    @cached_property
    def world(self) -> World:
        """The glyphs that the model that ships was not trained on, full rows of the grid only."""
        return load_world("glyphs").part("test")

    @cached_property
    def pictures(self) -> EmbeddingSet:
        """All drawings of the glyphs, in ``mini``."""
        return self._embedded(pictured())

    @cached_property
    def names(self) -> EmbeddingSet:
        """The names of the glyphs, in ``mini``."""
        return self._embedded(spoken())

    def pairs(self) -> Iterator[Dataset]:
        """Linked images and texts with a title: bundled, then those of the user's folder."""
        some = [name for name in self.pictures.ids if name.endswith("/fluent-3d")]
        images = self.pictures.take(some)
        links = Links([(name, name.partition("/")[0]) for name in some])
        yield Dataset(images, self.names, links, About("glyphs (fluent-3d) in mini"))
        if self.data is not None and (self.data / PAIRS).is_file():
            sets = open_arrays(self.data / PAIRS, None).sets
            about = About("COCO 500, CLIP ViT-B/16")
            yield Dataset(sets[pictured()], sets[spoken()], about=about)

    def grid(self) -> tuple[np.ndarray, list[str], list[str]]:
        """Unit vectors (objects, styles, d) of the glyph grid, with the names of both factors."""
        factors = self.world.factors
        found = {
            (str(factors[name]["object"]), str(factors[name]["style"])): row
            for row, name in enumerate(self.pictures.ids)
            if factors[name].get("grid")
        }
        styles = sorted({style for _, style in found})
        names = sorted({thing for thing, _ in found})
        whole = [name for name in names if all((name, style) in found for style in styles)]
        rows = np.array([[found[name, style] for style in styles] for name in whole])
        return self.pictures.unit[rows].astype(np.float64), whole, styles

    def views(self) -> np.ndarray:
        """(objects, views, d), from the user's folder.

        Raises:
            NoDataError: there is no such file.
        """
        if self.data is None or not (self.data / VIEWS).is_file():
            raise NoDataError(f"needs {VIEWS} in the folder of --data")
        with np.load(self.data / VIEWS, allow_pickle=False) as found:
            return np.asarray(found["views"], dtype=np.float64)

    def _embedded(self, modality: str) -> EmbeddingSet:
        folder, options = self.folder / "jobs" / modality, JobOptions(progress=self.progress)
        items = self.world.items[modality]
        return embed_into(folder, load("mini")[modality], items, options).embedded
