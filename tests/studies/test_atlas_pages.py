"""Pages of an atlas say what was measured, and their links lead somewhere."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from isthmus import measure
from isthmus.measure.views.angles import shared_energy
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.report import number, span
from isthmus.studies.atlas.measures import measured_atlas
from isthmus.studies.atlas.object_page import figures, object_page, page_of
from isthmus.studies.atlas.page import atlas_page, summary
from isthmus.studies.atlas.run import atlas
from isthmus.studies.atlas.views import view_measures
from isthmus.studies.atlas.words import nearest_words
from isthmus.types import EmbeddingSet, Items, Null, Result
from tests.report.test_page import HOSTILE, Reader
from tests.studies.test_atlas import VIEWS, rings


@pytest.fixture(scope="module")
def data():
    made = rings(objects=6)
    pictures = [Image.new("RGB", (8, 8), (at % 255, 9, 9)) for at in range(len(made.views))]
    return replace(made, pictures=Items("image", made.views.ids, pictures))


@pytest.fixture(scope="module")
def found(data):
    return measured_atlas(data)


def tables_of(page):
    blocks = [block for section in page.sections for block in section.blocks]
    return {block.caption: block.rows for block in blocks if hasattr(block, "caption")}


def cells_of(page, caption):
    """Rows of a table of an HTML page as lists of cells."""
    table = page.split(f"<caption>{caption}")[1].split("</table>")[0]
    return [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in table.split("<tr>")[2:]]


def test_energies_of_all_pairs_are_those_of_the_plain_formula(data, found):
    spaces = found.overlaps
    for i, one in enumerate(found.objects):
        for j, other in enumerate(found.objects):
            assert spaces.energy[i, j] == pytest.approx(shared_energy(one.space, other.space))


def test_the_pairs_that_share_most_have_the_registered_measure(data, found):
    spaces = found.overlaps
    energies = [spaces.energy[i, j] for i, j, _ in spaces.closest]
    upper = spaces.energy[np.triu_indices(6, 1)]
    assert energies == sorted(upper, reverse=True)[:12]
    i, j, one = spaces.closest[0]
    assert one.value == pytest.approx(spaces.energy[i, j], abs=1e-6)
    first, second = (data.views.take(data.view_ids(found.objects[at].rows)) for at in (i, j))
    plain = measure.view_overlap(first, second)
    np.testing.assert_allclose(one.angles, plain.angles)
    assert one.interval == plain.interval


def test_the_page_shows_who_shares_with_interval_chance_and_angle(data, found):
    page, record = atlas_page(data, found, 0)
    titles = {one.name: one.title for one in found.objects}
    rows = cells_of(page, "The pairs that share most")
    assert len(rows) == len(record["overlaps"]["measured"]) == 12
    for row, (i, j, one) in zip(rows, found.overlaps.closest, strict=True):
        names = (titles[found.overlaps.objects[at]] for at in (i, j))
        assert row == [
            " and ".join(names), f"{one.value:.3f}", span(one.interval), number(one.null.mean),
            number(one.null.p), f"{one.angles[0]:.0f}",
        ]  # fmt: skip
    most = found.overlaps.energy[np.triu_indices(6, 1)].max()
    assert record["overlaps"]["pairs"][0][2] == most


def test_an_object_is_seen_in_subspaces_that_were_fitted_without_it(data, found):
    levels = {one.level: one for one in found.nestings}
    shares = []
    for one in found.objects:
        x = data.views.unit[one.rows].astype(float)
        space = affine_subspace(x[0::2])
        away = x[1::2] - space.origin
        shares.append(((away @ space.basis.T) ** 2).sum() / (away**2).sum())
    own = levels["its own, from half of its views"]
    assert own.share == pytest.approx(np.mean(shares))
    assert own.error == pytest.approx(np.std(shares, ddof=1) / np.sqrt(6))
    alone = measured_atlas(rings(objects=8, categories=8, noise=0.002))  # no two turn alike
    world = {one.level: one for one in alone.nestings}["the world"]
    assert world.share < 0.4
    assert (world.objects, world.chance) == (8, pytest.approx(world.rank / 40, rel=0.2))


def test_every_object_has_a_card_that_leads_to_its_page(data, found, tmp_path):
    result = atlas(data, tmp_path)
    reader = Reader(result.page)
    links = [one["href"] for one in reader.named("a") if one["href"].startswith("objects/")]
    assert links == [f"objects/{page_of(one.name)}" for one in found.objects]
    assert all((tmp_path / link).is_file() for link in links)
    assert len(reader.named("img")) == len(found.objects)
    own = (tmp_path / links[2]).read_text()
    assert "<h1>Atlas: thing 2 in " in own
    assert len(Reader(own).named("img")) == 8


def test_names_of_pages_are_safe_and_distinct():
    names = ["a/b", "a-b", "../../etc", "x" * 300, "ü", ""]
    pages = [page_of(name) for name in names]
    assert len(set(pages)) == len(names)
    assert all(re.fullmatch(r"[\w-]*-[0-9a-f]{6}\.html", page, re.ASCII) for page in pages)
    assert max(map(len, pages)) < 80


def test_the_summary_counts_what_was_measured(data, found):
    sentences = [*summary(found)]
    ranks = [one.space.dim for one in found.objects]
    assert f"span {np.median(ranks):g} directions" in sentences[0]
    assert f"6 objects; {min(ranks)} to {max(ranks)})" in sentences[0]
    held = [one.results["rank"].held_out for one in found.objects]
    assert f"of which {np.median(held):g} help" in sentences[0]
    errors = [one.results["pose"].value for one in found.objects]
    assert f"median error of {np.median(errors):.0f} degrees" in sentences[1]
    assert "6 of 6 turntables make a loop" in sentences[2] and "0.3 would by chance" in sentences[2]
    assert len(sentences) == 3


def test_a_loop_counts_up_to_a_p_of_one_in_twenty(found):
    def with_p(p):
        loop = Result("loop", 0.5, 24, None, Null("reference law", 0.1, p=p))
        objects = [replace(one, results={**one.results, "loop": loop}) for one in found.objects]
        return [*summary(replace(found, objects=tuple(objects)))][2]

    assert with_p(0.05).startswith("6 of 6")
    assert with_p(0.06).startswith("0 of 6")


def test_cards_hold_the_values_of_all_objects(data, found):
    page, record = atlas_page(data, found, 0)
    identity = found.results["identity"]
    cards = re.findall(r'<dt>([^<]*)</dt><dd><span class="value">([^<]*)</span>', page)
    assert cards[0] == ("Unseen views given to their object", number(identity.value))
    assert cards[1] == ("Variance that is the object", number(found.results["variance"].value))
    assert f"chance {number(identity.null.mean)}" in page
    assert record["results"]["identity"]["value"] == identity.value


def test_the_table_of_objects_has_a_row_of_measures_each(data, found):
    page, _ = atlas_page(data, found, 0)
    row = cells_of(page, "Objects</caption>")[1]
    one = found.objects[1]
    assert row[:3] == ["thing 1", "kind 1", str(one.space.dim)]
    assert row[3] == str(one.results["rank"].held_out)
    assert row[4:7] == [f"{one.results['pose'].value:.0f}", "1", f"{one.results['loop'].value:.2f}"]
    assert row[7] == f"{one.results['loop'].null.p:.3f}"


def test_what_is_left_out_is_counted_with_its_reasons(data, found):
    faults = {"a": "broken", "b": "broken", "c": "empty"}
    page, record = atlas_page(data, replace(found, faults=faults), 5)
    assert "Left out: 3 items, 2 reasons" in page
    assert [*summary(replace(found, faults=faults))][-1].startswith("3 items could not be used")
    assert record["faults"] == faults
    many = {f"x{at}": "broken" for at in range(201)}
    assert "(the first 200 of 201)" in atlas_page(data, replace(found, faults=many), 5)[0]
    made = dict(cells_of(page, "How this was made"))
    assert made["seed"] == "5"


def test_what_could_not_be_measured_is_on_the_page(data, found):
    less = replace(found, results={}, missing={"identity": "two objects or more"})
    page, record = atlas_page(data, less, 0)
    assert dict(cells_of(page, "Not measured"))["identity"] == "two objects or more"
    assert record["missing"] == {"identity": "two objects or more"}
    one = replace(found.objects[0], missing={"pose": "turning it changes no picture"})
    tables = tables_of(object_page(one, data, found))
    assert tables["Not measured"] == (("pose", "turning it changes no picture"),)


def test_figures_of_an_object_show_its_measures(data, found):
    one = found.objects[0]
    widest, rank, pose = figures(one, data)
    x = data.views.unit[one.rows].astype(float)
    energy = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    assert f"hold {energy[:2].sum() / energy.sum():.0%} of what" in widest.sentence
    assert rank.sentence == one.results["rank"].about
    assert pose.sentence == one.results["pose"].about
    assert ">300<" in pose.svg
    *_, half = figures(replace(one, symmetry=2), data)
    assert ">150<" in half.svg and ">300<" not in half.svg
    last = one.results["rank"].growth[-1]
    assert f"{VIEWS} views: {last}" in rank.svg


def test_the_page_of_an_object_names_its_neighbours(data, found):
    one = found.objects[0]
    page = object_page(one, data, found)
    (caption,) = [name for name in tables_of(page) if name.startswith("Objects whose view")]
    rows = tables_of(page)[caption]
    energy = found.overlaps.energy[0]
    best = [at for at in np.argsort(-energy) if at][:5]
    assert rows == tuple((f"thing {at}", f"{energy[at]:.3f}") for at in best)
    assert number(float(found.overlaps.own[0])) in caption
    shares = tables_of(page)["Share of its unseen views given to it, among 6 objects"]
    assert dict(shares)["subspace"] == f"{one.identity['subspace']:.2f}"
    assert page.summary[1] == "No turn leaves its pictures as they are."
    turns = {1: "No turn", 4: "A turn by 90 degrees", VIEWS: "Turning it changes no picture"}
    for symmetry, words in turns.items():
        said = object_page(replace(one, symmetry=symmetry), data, found).summary[1]
        assert said.startswith(words)


def test_views_that_are_no_turntable_or_all_alike_say_why_they_have_no_pose():
    x = np.random.default_rng(0).normal(size=(12, 8))
    azimuth = np.arange(12) * 30.0
    assert set(view_measures(x, azimuth, 1, [0])[0]) == {"rank", "pose", "loop", "interpolation"}
    results, missing = view_measures(x, None, 1, [0])
    assert set(results) == {"rank"} and set(missing) == {"pose", "loop", "interpolation"}
    results, missing = view_measures(x, azimuth, 12, [0])
    assert set(results) == {"rank", "loop", "interpolation"}
    assert missing == {"pose": "turning it changes no picture"}


def test_words_that_move_with_the_views_are_listed_with_their_chance():
    made = rings(objects=9)
    views = made.views.unit.reshape(9, VIEWS, -1)
    along = views[0, 0] - views[0, VIEWS // 2]
    texts = ("turn", "thing 3")
    words = EmbeddingSet(np.stack([along, views[3].mean(axis=0)]), texts, "text", made.views.space)
    found = measured_atlas(replace(made, words=(words, texts)))
    one = found.objects[0]
    assert one.moving[0][0] == "turn" and one.moving[0][1] > 0.5
    tables = tables_of(object_page(one, made, found))
    (caption,) = [name for name in tables if name.startswith("Words that lie most")]
    assert f"random direction: {number(one.space.dim / 40)}" in caption
    assert tables[caption][0] == ("turn", f"{one.moving[0][1]:.3f}")
    assert [*summary(found)][3].startswith(
        "An object's own name is the nearest of 2 texts for 100%"
    )


def test_hostile_names_stay_text(data, found):
    objects = tuple(replace(one, title=HOSTILE, category=HOSTILE) for one in found.objects)
    evil = replace(found, objects=objects, faults={HOSTILE: HOSTILE})
    page = atlas_page(data, evil, 0)[0]
    assert [tag for tag, _ in Reader(page).elements].count("script") == 1
    assert "&lt;script&gt;document.title" in page


def test_styles_of_the_same_views_share_the_variance():
    made = rings(objects=4)
    rng = np.random.default_rng(0)
    shift = rng.normal(size=(2, 40)) * 0.3
    vectors, ids, factors = [], [], dict(made.factors)
    for row, name in enumerate(made.views.ids):
        factors[name] = {**factors[name], "view": name.rpartition("/")[2]}
        for style in range(2):
            thing, view = name.split("/")
            ids.append(f"{thing}/style{style}/{view}")
            factors[ids[-1]] = {"object": thing, "view": view, "style": f"style{style}"}
            vectors.append(made.views.unit[row] + shift[style])
    styled = EmbeddingSet(np.array(vectors, np.float32), tuple(ids), "image", made.views.space)
    found = measured_atlas(replace(made, factors=factors, styled=styled))
    result = found.results["variance with style"]
    assert result.levels == {"object": 4, "view": VIEWS, "style": 3}
    assert result.components["style"] > 0.1
    assert found.results["variance"].levels == {"object": 4, "view": VIEWS}


def test_a_name_is_first_where_no_other_text_is_nearer():
    words = EmbeddingSet.from_rows(np.eye(4, dtype=np.float32), "text")
    middles = np.array([[0.9, 0.4, 0.0, 0.0], [0.9, 0.4, 0.0, 0.0], [0.0, 0.0, 0.8, 0.6]])
    found = nearest_words(middles, ["a", "b", "elsewhere"], words, ("a", "b", "c", "d"))
    assert found.ranks.tolist() == [1, 2, 0]
    assert found.first[0] == 0.5 and found.first[2] == 0.25
    assert [word for word, _ in found.words[2]][:2] == ["c", "d"]
    assert found.words[0][0][1] == pytest.approx(0.9 / np.hypot(0.9, 0.4))
    assert nearest_words(middles, ["x", "y", "z"], words, ("a", "b", "c", "d")).first is None


def test_every_object_has_its_own_share_of_recognised_views():
    found = measured_atlas(rings(objects=5, noise=0.35, seed=3))
    identity = found.results["identity"]
    rows = {tuple(row) for row in identity.by_object.tolist()}
    assert len(rows) > 1
    for one in found.objects:
        shares = identity.by_object[identity.objects.index(one.name)]
        assert one.identity == dict(zip(identity.rules, shares, strict=True))
    titles = [[*rules.values()] for rules in (one.identity for one in found.objects)]
    assert len({tuple(some) for some in titles}) == len(rows)


def test_pages_are_named_after_their_objects():
    assert re.fullmatch(r"old-chair-2-[0-9a-f]{6}\.html", page_of("old/chair (2)"))
    assert page_of("old chair 2") != page_of("old/chair (2)")
    assert re.fullmatch(r"-?[0-9a-f]{6}\.html", page_of("椅子"))
