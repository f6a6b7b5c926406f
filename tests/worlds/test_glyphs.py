"""The bundled grid of objects and styles."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from PIL import Image

from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.bundled import Drawing, payloads
from isthmus.worlds.glyphs import FOLDER, LANGUAGES, STYLES, keywords

LICENCES = {
    "fluent": "MIT",
    "twemoji": "CC-BY-4.0",
    "openmoji": "CC-BY-SA-4.0",
    "noto": "Apache-2.0",
}


@pytest.fixture(scope="module")
def world():
    return load("glyphs")


def stored(style):
    return payloads(FOLDER / STYLES[style][0] / f"{style}.parquet")


def test_the_grid_is_full(world):
    names = world.items["text"].ids
    assert len(names) == 1797
    assert world.items["image"].ids == tuple(f"{n}/{s}" for n in names for s in STYLES)
    assert Counter(name for _, name in world.links["image", "text"]) == dict.fromkeys(names, 6)
    for style in STYLES:
        assert tuple(stored(style)) == names


def test_known_objects_are_named_and_placed(world):
    red_apple = world.factors["1F34E/noto"]
    assert red_apple["style"] == "noto"
    assert red_apple["object"] == "1F34E"
    assert (red_apple["group"], red_apple["subgroup"]) == ("food and drink", "food-fruit")
    assert world.items["text"].take(["1F34E", "1F40B"]).payload == ["red apple", "whale"]
    assert "fruit" in keywords()["1F34E"]


@pytest.mark.parametrize(
    ("language", "apple"),
    [
        ("en", "red apple"),
        ("de", "roter Apfel"),
        ("es", "manzana roja"),
        ("fr", "pomme rouge"),
        ("it", "mela rossa"),
        ("ja", "赤リンゴ"),
        ("ko", "빨간 사과"),
        ("pt", "maçã vermelha"),
        ("ru", "красное яблоко"),
        ("th", "แอปเปิ้ลแดง"),
        ("zh", "红苹果"),
    ],
)
def test_names_are_distinct_in_every_language(language, apple):
    assert language in LANGUAGES
    texts = load("glyphs", language=language, styles=["noto"]).items["text"]
    assert texts.take(["1F34E"]).payload == [apple]
    assert all(text.strip() == text != "" for text in texts)
    assert len(set(texts)) == len(texts)


def test_families_lie_in_one_split(world):
    splits = defaultdict(set)
    for name, factors in world.factors.items():
        splits[factors["family"]].add(world.split[name])
    assert {len(found) for found in splits.values()} == {1}
    sizes = Counter(world.split[name] for name in world.items["text"].ids)
    assert sizes["test"] >= 300
    assert 0.65 <= sizes["train"] / 1797 <= 0.75
    assert sizes["val"] >= 150


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("woman firefighter", "man firefighter"),
        ("blue heart", "green heart"),
        ("flag: France", "flag: Italy"),
        ("three o’clock", "four-thirty"),
        ("merman", "mermaid"),
        ("oncoming police car", "oncoming taxi"),
        ("confused face", "frowning face"),
    ],
)
def test_variants_are_of_one_family(world, one, other):
    texts = world.items["text"]
    by_name = dict(zip(texts, texts.ids, strict=True))
    assert world.factors[by_name[one]]["family"] == world.factors[by_name[other]]["family"]


@pytest.mark.parametrize("style", STYLES)
def test_no_picture_is_in_two_splits(world, style):
    where = defaultdict(set)
    for name, data in stored(style).items():
        where[data].add(world.split[name])
    assert {len(found) for found in where.values()} == {1}


@pytest.mark.slow
def test_held_out_objects_look_like_no_training_object(world):
    names = world.items["text"].ids
    ink = np.concatenate([thumbs(style, names) for style in STYLES], axis=1)
    split = np.array([world.split[name] for name in names])
    seen, unseen = ink[split == "train"], ink[split != "train"]
    square = (unseen**2).sum(1)[:, None] + (seen**2).sum(1) - 2 * unseen @ seen.T
    assert np.sqrt(square.min() / ink.shape[1]) >= 25  # grey levels


def thumbs(style, names):
    rows = []
    for name in names:
        cell = load_cell(f"{name}/{style}")
        rows.append(255 - np.asarray(cell.resize((24, 24), Image.Resampling.BOX), np.float64))
    return np.stack(rows).reshape(len(names), -1)


def load_cell(name, paper=255):
    thing, _, style = name.partition("/")
    return Drawing(FOLDER / STYLES[style][0] / f"{style}.parquet", thing, paper)()


def test_a_cell_is_an_upright_picture_in_the_middle_of_its_paper():
    apple = np.asarray(load_cell("1F34E/twemoji")).astype(int)
    assert apple.shape == (96, 96, 3)
    assert (apple[0, 0] == 255).all()
    red = (apple[..., 0] > 180) & (apple[..., 1] < 90)
    green = (apple[..., 1] > apple[..., 0] + 40) & (apple[..., 1] > apple[..., 2] + 40)
    rows, columns = np.nonzero(red)
    assert abs(columns.mean() - 47.5) < 8
    assert np.nonzero(green)[0].mean() < rows.mean() - 20  # the leaf is above


def test_paper_shows_through_and_only_there():
    white, black = (np.asarray(load_cell("1F34E/openmoji-black", grey)) for grey in (255, 0))
    assert (white[0, 0] == 255).all()
    assert (black[0, 0] == 0).all()
    assert (white >= black).all()
    assert (white == black).mean() > 0.02  # the ink


def test_only_known_cells_are_blank(world):
    blank = [
        f"{name}/{style}"
        for style in ("openmoji-black", "openmoji-color")
        for name in stored(style)
        if np.asarray(load_cell(f"{name}/{style}")).min() == 255
    ]
    assert blank == ["1F195/openmoji-black"]
    assert not world.factors["1F195"]["grid"]


def test_the_grid_flag_tells_country_flags(world):
    outside = {world.factors[n]["subgroup"] for n in world.factors if not world.factors[n]["grid"]}
    assert outside == {"country-flag", "flag", "alphanum"}
    flags = [n for n, facts in world.factors.items() if facts["subgroup"] == "country-flag"]
    assert not any(world.factors[name]["grid"] for name in flags)
    assert sum(facts["grid"] for n, facts in world.factors.items() if "/" not in n) == 1549


def test_every_style_has_its_licence_beside_it(world):
    for style, (folder, credit) in STYLES.items():
        assert credit.licence == LICENCES[folder]
        assert world.credits[f"1F34E/{style}"] == credit
        assert (FOLDER / folder / "LICENSE").stat().st_size > 200
        assert (FOLDER / folder / "NOTICE").stat().st_size > 200
    assert world.credits["1F34E"].licence == "MIT"


def test_styles_can_be_chosen():
    two = load("glyphs", styles=["noto", "twemoji"])
    assert two.items["image"].ids[:2] == ("1F600/noto", "1F600/twemoji")
    assert {credit.licence for credit in two.credits.values()} == {"MIT", "CC-BY-4.0", "Apache-2.0"}


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"language": "tlh"}, "language is one of en, de"),
        ({"styles": ["oil"]}, "these are: oil"),
        ({"styles": ["noto", "noto"]}, "distinct"),
        ({"styles": []}, "none"),
        ({"paper": 256}, "grey value"),
    ],
)
def test_impossible_options_are_refused(options, answer):
    with pytest.raises(RequestError, match=answer):
        load("glyphs", **options)
