"""Options of each command: frozen dataclasses, whose field texts are the command's help."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from isthmus.cli.shared_options import Brief, Common, Source
from isthmus.cli.training_options import Fit as Fit
from isthmus.cli.training_options import Sweep as Sweep


@dataclass(frozen=True)
class Study:
    """Measure a joint space on linked items and write report.html, report.json and vectors.

    Two spaces are compared side by side on the same items.
    """

    spaces: Positional[tuple[str, ...]] = ()
    """Spaces, such as mini, openclip:ViT-B-32/laion2b_s34b_b79k, hf:FOLDER (default: mini)."""
    space: str = ""
    """The same as one positional space."""
    source: Source = field(default_factory=Source)
    objects: Path | None = None
    """Folder of meshes (GLB, OBJ, ...): the same as isthmus atlas --objects."""
    out: Path | None = None
    """Folder of the run (default: runs/study-SPACE-SOURCE)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Atlas:
    """See every object from all sides and measure what its views span.

    One page for the world and one an object. What did not change is neither rendered nor embedded
    again.
    """

    space: Positional[str] = "mini"
    """Space that encodes images."""
    objects: Path | None = None
    """Folder of your meshes: GLB, glTF, OBJ, PLY, STL, OFF; subfolders are categories."""
    world: str = ""
    """A world of meshes instead (default: furniture)."""
    split: str = ""
    """Only this split of the world (by default test; all for every object)."""
    views: int = 24
    """Views of every object."""
    rig: Literal["turntable", "dome", "fibonacci"] = "turntable"
    """Where the cameras stand; pose, loop and interpolation need the turntable."""
    up: Literal["x", "y", "z"] = "y"
    """The axis that points up in your files."""
    styles: tuple[str, ...] = ()
    """Draw every view in these styles too (flat, toon, sketch, photo) and share the variance
    between object, view and style."""
    limit: int = 0
    """Objects at most, the first ones; 0 is all."""
    words: Path | None = None
    """Vocabulary to name objects with, one text a line (default: their names and the glyphs')."""
    out: Path | None = None
    """Folder of the run (default: runs/atlas-SPACE-OBJECTS)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Embed:
    """Turn items into vectors, shard by shard; run it again to go on after an interruption."""

    space: Positional[str]
    """Space, such as mini."""
    out: Positional[Path]
    """Folder of the job."""
    source: Source = field(default_factory=Source)
    export: Path | None = None
    """Also write the sets here: a folder (clip-retrieval's layout), .parquet or .csv."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Replicate:
    """Re-test published claims about CLIP spaces on what ships with isthmus, and on your data."""

    claims: Positional[tuple[str, ...]] = ()
    """Names of claims (default: all)."""
    data: Path | None = None
    """Folder of further embeddings; claims that need it are otherwise listed as not run."""
    out: Path = Path("runs/replicate")
    """Folder of the run."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Styles:
    """Find the same object in another style, by every style decomposition, on unseen objects."""

    space: Positional[str] = "mini"
    """Space to embed the world in."""
    world: str = "glyphs"
    """A world whose items have the factors object and style."""
    modality: str = "image"
    """What to compare."""
    arrays: Path | None = None
    """Embeddings that you already have instead."""
    labels: Path | None = None
    """With --arrays: CSV or Parquet with a row a vector (or a column id)."""
    object_column: str = "object"
    """Column of the object."""
    style_column: str = "style"
    """Column of the style."""
    fit_on: Literal["train", "others"] = "train"
    """Fit on training objects, or on unseen objects that are not scored."""
    score: int = 200
    """Unseen objects to score."""
    out: Path | None = None
    """Folder of the run (default: runs/styles-SPACE-WORLD)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Mend:
    """Fit every remedy for the modality gap on your data, judge them held out, keep the best one.

    The mended space goes wherever a space goes: isthmus study mended:FOLDER.
    """

    space: Positional[str] = ""
    """Space to mend (default: mini)."""
    source: Source = field(default_factory=Source)
    remedies: tuple[str, ...] = ()
    """Chains of corrections to judge, such as mean_removal+match_odds (default: all; see: isthmus
    parts corrections)."""
    calibrate: tuple[int, ...] = (250, 50)
    """Linked objects to fit on, at most half of all: a table for each number."""
    splits: int = 20
    """Random halves of the objects."""
    keep: str = ""
    """Chain to keep as the mended space (default: the recommended one)."""
    out: Path | None = None
    """Folder of the run (default: runs/mend-SPACE-SOURCE)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Search:
    """Find items by text, or by picture if the query is an image file."""

    query: Positional[str]
    """What to look for."""
    inside: Annotated[str, arg(name="in")] = "glyphs"
    """A run folder, a folder of pictures, or a world."""
    space: str = "mini"
    """The space to search in."""
    top: int = 10
    """How many items to show."""
    open: bool = False
    """Write a contact sheet and open it in the browser."""
    out: Path | None = None
    """Where to write the contact sheet (default with --open: search.html)."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Edit:
    """Replace a picture's coordinates in a corpus by those of a word, and find what lies there.

    Beside it what lies nearest to the picture and to the word alone. The targets are kept as
    vectors that a generator can aim at.
    """

    photo: Positional[Path]
    """The picture."""
    to: str
    """What it should become."""
    corpus: str = "emotions"
    """Words of that kind: emotions, colours, hair, styles, weather or materials; a file with a
    phrase a line; or phrases with commas."""
    template: str = "{}"
    """Sentence that phrases are put into."""
    strength: float = 1.0
    """Share of the coordinate in the corpus that is replaced, 0 to 1."""
    basis: Literal["pca", "svd", "gram_schmidt", "atoms"] = "pca"
    """How the corpus's directions are found."""
    projector: Literal["affine", "linear", "geodesic"] = "affine"
    """How coordinates in them are counted."""
    rank: int = 10
    """Directions at most."""
    inside: Annotated[str, arg(name="in")] = "glyphs"
    """A run folder, a folder of pictures, or a world."""
    space: str = "mini"
    """The space to edit in."""
    top: int = 5
    """How many items to show."""
    out: Path | None = None
    """Folder of the page and the targets (default: runs/edit-PHOTO)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Spaces:
    """List the spaces that can be loaded, or describe one."""

    name: Positional[str] = ""
    """A space to load and describe."""
    common: Brief = field(default_factory=Brief)


@dataclass(frozen=True)
class Worlds:
    """List the data sets with ground truth, or describe one."""

    name: Positional[str] = ""
    """A world to open and describe."""
    common: Brief = field(default_factory=Brief)


@dataclass(frozen=True)
class Parts:
    """List every encoder, world, similarity and measure with its one-line description."""

    kind: Positional[str] = ""
    """Only these: encoders, worlds, similarities, measures or readers."""
    common: Brief = field(default_factory=Brief)


@dataclass(frozen=True)
class Cache:
    """List, size and clear the vectors that searches have kept."""

    clear: bool = False
    """Delete everything that is kept."""
    common: Brief = field(default_factory=Brief)
