"""``isthmus score``: the layouts of the field, what does not fit, two systems on the same items."""

import json
from pathlib import Path

import pytest

import isthmus
from isthmus import cli
from isthmus.studies.score.layouts import read_texts
from isthmus.types import RequestError

PREDICTED = {
    "1": "a cat sits on a mat",
    "2": "a dog in the park",
    "3": "two owls at night",
    "4": "a red train",
}
PEOPLE = {
    "1": ["the cat is on the mat", "a cat on a mat"],
    "2": ["a dog runs in the park"],
    "3": ["two owls fly by night", "owls at night"],
    "4": ["a train is red"],
}
RESULTS = [{"image_id": int(name), "caption": text} for name, text in PREDICTED.items()]
ANNOTATIONS = {
    "info": {"year": 2017},
    "images": [{"id": int(name), "file_name": f"{int(name):012d}.jpg"} for name in PEOPLE],
    "annotations": [
        {"image_id": int(name), "id": 7 * number, "caption": text}
        for number, (name, text) in enumerate(
            (name, text) for name, some in PEOPLE.items() for text in some
        )
    ],
}
MAGIC = [
    {
        "split": "test",
        "image_name": f"COCO_{name}.jpg",
        "captions": PEOPLE[name],
        "prediction": text,
    }
    for name, text in PREDICTED.items()
]


def entries(own, theirs):
    return [{own: PREDICTED[name], theirs: PEOPLE[name]} for name in PREDICTED]


LAYOUTS = {
    "COCO": (RESULTS, ANNOTATIONS),
    "COCO, references in another order": (RESULTS, {**ANNOTATIONS, "annotations":
                                                    ANNOTATIONS["annotations"][::-1]}),
    "file names": (
        {f"{int(name):012d}.jpg": text for name, text in PREDICTED.items()}, ANNOTATIONS),
    "file names without ending": (
        [{"name": f"{int(name):012d}", "caption": text} for name, text in PREDICTED.items()],
        ANNOTATIONS),
    "list of annotations": (RESULTS, ANNOTATIONS["annotations"]),
    "MAGIC": (MAGIC, None),
    "MAGIC, a list of one prediction": (
        [{**one, "prediction": [one["prediction"]]} for one in MAGIC], None),
    "prediction, references": (entries("prediction", "references"), None),
    "caption, refs": (entries("caption", "refs"), None),
    "hypothesis, captions": (entries("hypothesis", "captions"), None),
    "by name": (PREDICTED, PEOPLE),
    "by name, together": (
        dict(zip(PEOPLE, entries("prediction", "references"), strict=True)), None),
    "by name, of entries": (
        {name: [{"caption": text}] for name, text in PREDICTED.items()},
        {name: [{"caption": text} for text in some] for name, some in PEOPLE.items()},
    ),
    "by place": ([*PREDICTED.values()], [*PEOPLE.values()]),
    "references by item": (
        RESULTS, [{"image_id": name, "references": some} for name, some in PEOPLE.items()]),
}  # fmt: skip


def written(folder, *contents):
    for number, content in enumerate(contents):
        if content is not None:
            path = folder / f"{number}.json"
            path.write_text(json.dumps(content), encoding="utf-8")
            yield path


def scored(folder, *contents, **options):
    return isthmus.score(*written(folder, *contents), **options)


@pytest.fixture
def expected():
    return {
        "BLEU-4": isthmus.measure.bleu([*PREDICTED.values()], [*PEOPLE.values()]).value,
        "ROUGE-L": isthmus.measure.rouge_l([*PREDICTED.values()], [*PEOPLE.values()]).value,
        "CIDEr": isthmus.measure.cider([*PREDICTED.values()], [*PEOPLE.values()]).value,
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_scores(layout, tmp_path, expected):
    found = scored(tmp_path, *LAYOUTS[layout])
    assert found.n == 4 and not any(found.left_out.values())
    for name, value in expected.items():
        assert found.scores[name].value == pytest.approx(value)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n"])
def test_lines_of_json_are_read(ending, tmp_path, expected):
    together = zip(PEOPLE, entries("prediction", "references"), strict=True)
    lines = [json.dumps({"id": name, **one}) for name, one in together]
    path = tmp_path / "a.jsonl"
    path.write_bytes(("\ufeff" + ending.join([*lines, ""])).encode())
    assert isthmus.score(path).scores["CIDEr"].value == pytest.approx(expected["CIDEr"])
    path.write_bytes(lines[0].encode())
    assert isthmus.score(path).n == 1


def test_json_is_what_the_issue_says(tmp_path, capsys):
    twelve = [
        {**one, "image_name": f"{copy}{one['image_name']}"} for copy in "abc" for one in MAGIC
    ]
    (path,) = written(tmp_path, twelve)
    assert cli.main(["score", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 12 and {"BLEU-1", "BLEU-4", "ROUGE-L", "CIDEr"} <= set(found["scores"])
    for one in found["scores"].values():
        assert set(one) == {"value", "interval"} and len(one["interval"]) == 2
        assert one["interval"][0] <= one["value"] <= one["interval"][1]


def test_references_that_were_not_predicted_are_left_out_and_counted(tmp_path, capsys):
    paths = [*map(str, written(tmp_path, RESULTS[:3], ANNOTATIONS))]
    assert cli.main(["score", *paths]) == 0
    out = capsys.readouterr().out
    assert "on 3 items with 5 references" in out
    assert "items with references and no prediction: 1" in out
    assert "isthmus score" in out and "--against OTHER.json" in out
    # the weights of n-grams come of the items that are scored
    alone = scored(tmp_path, RESULTS[:3], {name: PEOPLE[name] for name in "123"})
    assert isthmus.score(*paths).scores["CIDEr"].value == alone.scores["CIDEr"].value


def test_texts_without_a_word_are_counted(tmp_path):
    people = {**PEOPLE, "1": [*PEOPLE["1"], "", " . "]}
    found = scored(tmp_path, {**PREDICTED, "2": "", "3": "🐶🐶"}, people)
    assert found.left_out["references without a word"] == 2
    assert found.left_out["predictions without a word, scored as such"] == 2
    assert found.scores["ROUGE-L"].items[1:3].tolist() == [0, 0]
    assert (
        found.scores["ROUGE-L"].items[0]
        == scored(tmp_path, PREDICTED, PEOPLE).scores["ROUGE-L"].items[0]
    )


def test_emoji_and_other_scripts_are_scored(tmp_path):
    texts = {"1": "a cat 🐱", "2": "ein Hund läuft", "3": "日本語 の 文"}
    found = scored(tmp_path, texts, {name: [text] for name, text in texts.items()})
    assert found.scores["ROUGE-L"].value == pytest.approx(100)


def test_two_systems_are_compared_on_the_items_of_both(tmp_path, capsys):
    many = {f"{copy}{name}": text for copy in "abc" for name, text in PREDICTED.items()}
    people = {f"{copy}{name}": some for copy in "abc" for name, some in PEOPLE.items()}
    shorter = {name: text[:6] for name, text in [*many.items()][:-2]}
    first, references, other = written(tmp_path, many, people, shorter)
    found = isthmus.score(first, references, against=other)
    assert found.n == 10 and found.left_out["items that one system only has"] == 2
    alone = isthmus.score(other, references)
    for name, one in found.differences.items():
        assert found.others[name].value == pytest.approx(alone.scores[name].value)
        assert one.value == pytest.approx(found.scores[name].value - alone.scores[name].value)
    assert "by CIDEr better than the other by" in found.verdict
    assert isthmus.score(first, references, against=first).differences["CIDEr"].value == 0
    assert "not told from" in isthmus.score(first, references, against=first).verdict
    words = ["score", str(first), str(references), "--against", str(other)]
    assert cli.main([*words, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert set(values["differences"]["CIDEr"]) == {"value", "interval", "p"}
    assert values["against"]["CIDEr"]["value"] == found.others["CIDEr"].value


def test_a_second_system_may_bring_references_that_are_not_used(tmp_path):
    own = [{**one, "captions": ["nothing alike"]} for one in MAGIC]
    first, other = written(tmp_path, MAGIC, own)
    assert isthmus.score(first, against=other).differences["CIDEr"].value == 0


def test_table_and_plot_show_the_scores(tmp_path):
    found = scored(tmp_path, MAGIC)
    rows = found.table_rows()
    assert [row["score"] for row in rows] == [*found.scores]
    assert found.plot().has_data() and "scale" not in repr(found)


BAD = {
    "is empty": (b"",),
    "is empty: captions": (b" \n\t\n",),
    "its list is empty": (b"[]",),
    "holds an int": (b"3",),
    "damaged JSON": (b'[{"image_id": 1, "caption": "a"',),
    "Line 2 of .* damaged JSON": (b'{"id": 1, "prediction": "a", "refs": ["a"]}\n{"id": 2,',),
    "not text in UTF-8": (b'["\xff\xfe"]',),
    "holds captions and no references": (json.dumps(RESULTS).encode(),),
    "has an int": (b'{"1": 3}', PEOPLE),
    "item 2 of .* has a NoneType": (b'{"1": "a", "2": null}', PEOPLE),
    "has a list": (b'[{"prediction": "a", "references": [["a"]]}]',),
    "1 item of .* stand there more than once: COCO_1": (json.dumps([MAGIC[0], MAGIC[0]]).encode(),),
    "1 name of .* more than once in one object: 1": (b'{"1": "a", "1": "b"}', PEOPLE),
    "one text an item, but 1 item .* more or none: 1": (json.dumps([*RESULTS, RESULTS[0]]).encode(),
                                                       PEOPLE),
    "not of one layout: 1 hold a prediction and references, 1 hold a text": (
        b'[{"id": 1, "prediction": "a", "refs": ["a"]}, {"id": 2, "prediction": "b"}]',),
    "1 entry of .* say no item .*: 1": (b'[{"image_id": 1, "caption": "a"}, {"caption": "b"}]',
                                        PEOPLE),
    "has image_id, text, where one of prediction": (b'[{"image_id": 1, "text": "a"}]', PEOPLE),
    "have prediction and caption": (b'[{"prediction": "a", "caption": "b"}]', PEOPLE),
    "holds references .* and no prediction": (b'[{"id": 1, "captions": ["a"]}]', PEOPLE),
    "4 of 4 items of .*, such as a, b, c, ...": (
        b'{"a": "x", "b": "x", "c": "x", "d": "x"}', PEOPLE),
    "1 of 2 items of .*, such as 9 ": (b'{"1": "a cat", "9": "a cat"}', PEOPLE),
    "1 of 1 items of .*, such as 1 ": (b'[{"id": 1, "prediction": "a", "references": []}]',),
    "give all entries an image_id": (b'["a cat", "a dog"]', PEOPLE),
    "2 items by place and .* 1 item by place": (b'["a cat", "a dog"]', [["a"]]),
    "1 item have references without a word only: 1": (b'{"1": "a"}', {"1": ["", "!"]}),
    "Not one prediction of .* has a word": (b'{"1": "", "2": " "}', PEOPLE),
}  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_cannot_be_scored_is_one_sentence_and_exit_2(said, tmp_path, capsys):
    first, *rest = BAD[said]
    path = tmp_path / "first.json"
    path.write_bytes(first)
    assert cli.main(["score", str(path), *map(str, written(tmp_path, *rest))]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    with pytest.raises(RequestError, match=said):
        isthmus.score(path, *written(tmp_path, *rest))


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    assert cli.main(["score", str(tmp_path / "nope.json")]) == 2
    assert "There is no file" in capsys.readouterr().err
    assert cli.main(["score", str(tmp_path)]) == 2


def test_systems_without_a_common_item_are_refused(tmp_path):
    first, people, other = written(tmp_path, {"1": "a cat"}, PEOPLE, {"2": "a dog"})
    with pytest.raises(RequestError, match="no item in common: they hold 1 and 2"):
        isthmus.score(first, people, against=other)


def test_magic_files_are_understood_as_they_are():
    stored = Path(__file__).parents[1] / "measure" / "texts" / "magic_like.json"
    found = read_texts(stored)
    assert len(found.as_predictions) == 2 and not found.numbered
    assert {len(some) for some in found.as_references.values()} == {3}
