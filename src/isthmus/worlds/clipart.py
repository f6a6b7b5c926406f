"""The world ``clipart``: public-domain drawings by hundreds of hands, with names and folders."""

from isthmus.read.image import Picture
from isthmus.store import read_table
from isthmus.types import Credit, Items, Links, World
from isthmus.worlds.bundled import DATA, Drawing, check_paper

FILE = DATA / "clipart" / "pictures.parquet"
SOURCE = "Open Clip Art Library 0.18, Debian's openclipart 1:0.18+dfsg-19"


def clipart_world(paper: int = 255) -> World:
    """Public-domain clip art with names, keywords and folders.

    Pictures are called by their path in the library (``food/pizza_cheese``), names
    ``name:cheese pizza slice``; pictures of one name share it. They are 96 x 96 and decoded when
    asked for. Factors of pictures: ``subject`` (the top folder), ``folder`` and ``family``
    (variants and series, which share a split).

    Args:
        paper: grey value that the drawings are laid on, 0 (black) to 255 (white).

    Raises:
        RequestError: no grey value.
    """
    check_paper("clipart", paper)
    table = read_table(FILE, ["id", "name", "folder", "family", "split", "creator", "licence"])
    ids = tuple(table["id"])
    called = [f"name:{name.casefold()}" for name in table["name"]]
    texts: dict[str, str] = {}
    for key, name in zip(called, table["name"], strict=True):
        texts.setdefault(key, name)
    split = dict(zip([*ids, *called], [*table["split"], *table["split"]], strict=True))
    credits = {
        name: Credit(licence, SOURCE, creator)
        for name, licence, creator in zip(ids, table["licence"], table["creator"], strict=True)
    }
    return World(
        name="clipart",
        items={
            "image": Items("image", ids, [Picture(Drawing(FILE, name, paper)) for name in ids]),
            "text": Items("text", tuple(texts), list(texts.values())),
        },
        links={("image", "text"): Links(zip(ids, called, strict=True))},
        factors={
            name: {
                "subject": folder.partition("/")[0].replace("_", " "),
                "folder": folder,
                "family": family,
            }
            for name, folder, family in zip(ids, table["folder"], table["family"], strict=True)
        },
        split=split,
        label="subject",
        credits={**credits, **dict.fromkeys(texts, Credit(table["licence"][0], SOURCE))},
    )


def keywords() -> dict[str, tuple[str, ...]]:
    """Keywords of each picture as its file gives them, by the picture's id."""
    table = read_table(FILE, ["id", "keywords"])
    return {name: tuple(words) for name, words in zip(table["id"], table["keywords"], strict=True)}
