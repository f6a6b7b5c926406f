"""Code that a checkpoint, folder, file or hub brings along is never run, whoever would run it.

Every test plants code that would make a folder, and looks whether it is there.
"""

import builtins
import gc
import io
import json
import pickle
import shutil
import tarfile
import warnings

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.cli import main
from isthmus.encode.foreign_configs import ForeignCodeError, check_open_clip, no_foreign_code
from isthmus.lab import save_mended
from isthmus.transform.mended import Mended
from isthmus.types import EmbeddingSet, IsthmusError, RequestError, Space
from isthmus.worlds import open_world
from tests.encode.openclip_models import CONFIGS, t5_tokenizer
from tests.encode.pictures import CAPTIONS
from tests.encode.planted import Planted, pickled, plant, refused, reworded

LIBRARIES = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*QuickGELU mismatch"),
]


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """The folder that planted code would make; whoever is asked for leave to run it says yes."""
    monkeypatch.setattr(builtins, "input", lambda *_: "y")
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Where transformers would copy the code to, were it to run."""
    dynamic = pytest.importorskip("transformers.dynamic_module_utils")
    monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path / "modules"))


# open_clip


@pytest.fixture
def clip_folder(tmp_path, marker, modules):
    """A folder of open_clip with weights, and a tokenizer of transformers whose code is planted."""
    open_clip = pytest.importorskip("open_clip")
    torch = pytest.importorskip("torch")
    folder = tmp_path / "openclip"
    folder.mkdir()
    config = json.loads(json.dumps(CONFIGS["tiny-ViT-B-32"]))
    (tmp_path / "tiny-planted.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "tiny-planted.json")
    model = open_clip.create_model("tiny-planted")
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    config["text_cfg"]["hf_tokenizer_name"] = str(folder)
    t5_tokenizer(folder)
    plant(
        folder,
        marker,
        tokenizer_config=("AutoTokenizer", ["planted.Tokenizer", "planted.Tokenizer"]),
    )
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "Tokenizer"}))
    configure(folder, config)
    return folder, config


def configure(folder, config, **changes):
    """Write ``open_clip_config.json`` with changes, as ``text_cfg={...}``."""
    config = config | {part: config.get(part, {}) | new for part, new in changes.items()}
    about = {"model_cfg": config, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(about))


def openclip(test):
    for mark in (pytest.mark.openclip, *LIBRARIES):
        test = mark(test)
    return test


@openclip
@pytest.mark.parametrize("road", ["local-dir", "hf-hub", "mended"])
@pytest.mark.parametrize("asks", [{"trust_remote_code": True}, {}])
def test_a_tokenizers_code_is_not_run(clip_folder, monkeypatch, capsys, road, asks):
    folder, config = clip_folder
    configure(folder, config, text_cfg={"tokenizer_kwargs": asks})
    name = f"openclip:local-dir:{folder}"
    if road == "hf-hub":
        name = "openclip:hf-hub:org/planted"
        monkeypatch.setattr(
            "open_clip.factory.download_pretrained_from_hf",
            lambda _, filename="open_clip_pytorch_model.bin", **__: str(folder / filename),
        )
    elif road == "mended":
        save_mended(Mended(Space("x", "y", 96), "", (), None, 9, {}), folder / "mended", name)
        name = f"mended:{folder / 'mended'}"
    said = "not 'trust_remote_code' as True" if asks else "needs Python code that came with"
    text = refused(name, said, *(["text_cfg.tokenizer_kwargs"] if asks else []))
    assert "cannot be reached" not in text  # no other copy is sought on the hub
    assert main(["search", "a dog", "--space", name]) == 2
    assert said in capsys.readouterr().err


@openclip
@pytest.mark.parametrize("weights", [True, False])
def test_a_text_towers_code_is_not_run(clip_folder, marker, weights):
    folder, config = clip_folder
    tower = folder / "tower"
    tower.mkdir()
    plant(tower, marker, config=("AutoConfig", "planted.Config"))
    configure(folder, config, text_cfg={"hf_model_name": str(tower)})
    if not weights:
        (folder / "open_clip_pytorch_model.bin").unlink()
    refused(f"openclip:local-dir:{folder}", "needs Python code that came with the checkpoint")


@openclip
def test_timm_opens_no_folder_of_a_configuration(clip_folder, monkeypatch):
    folder, config = clip_folder
    monkeypatch.setattr("timm.create_model", lambda *_, **__: (folder.parent / "ran").mkdir())
    configure(folder, config, vision_cfg={"timm_model_name": f"local-dir:{folder}"})
    refused(f"openclip:local-dir:{folder}", "vision_cfg.timm_model_name", "plain name")


@openclip
@pytest.mark.parametrize("suffix", [".bin", ".pt", ".pth", ".npz", ".npy"])
def test_weights_of_open_clip_are_not_unpickled(clip_folder, marker, suffix):
    folder, _ = clip_folder
    path = pickled(folder / f"weights{suffix}", marker)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # open_clip leaves an .npz open
        refused(f"openclip:tiny-planted/{path}", "does not load")
        gc.collect()


@openclip
def test_the_tokenizer_is_told_not_to_trust(clip_folder, monkeypatch):
    folder, config = clip_folder
    configure(folder, config, text_cfg={"tokenizer_kwargs": {"clean": "canonicalize"}})
    told = []

    def from_pretrained(*_, **options):
        told.append(options)
        raise ValueError("not today")

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", from_pretrained)
    refused(f"openclip:local-dir:{folder}", "not today")
    assert told == [{"cache_dir": None, "trust_remote_code": False}]


PLAIN = {"embed_dim": 8, "vision_cfg": {}, "text_cfg": {}}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"text_cfg": {"tokenizer_kwargs": {"trust_remote_code": True}}}, "trust_remote_code"),
        ({"text_cfg": {"tokenizer_kwargs": {"trust_remote_code": 1}}}, "trust_remote_code"),
        ({"text_cfg": {"tokenizer_kwargs": {"subfolder": "x"}}}, "subfolder"),
        ({"text_cfg": {"tokenizer_kwargs": {"clean": {}}}}, "clean"),
        ({"text_cfg": {"tokenizer_kwargs": ["clean"]}}, "tokenizer_kwargs"),
        ({"text_cfg": {"trust_remote_code": True}}, "text_cfg.trust_remote_code"),
        ({"text_cfg": {"norm_kwargs": {"device": "cuda"}}}, "device"),
        ({"text_cfg": {"hf_model_name": {}}}, "hf_model_name"),
        ({"text_cfg": {"hf_tokenizer_name": 5}}, "hf_tokenizer_name"),
        ({"vision_cfg": {"timm_model_name": "hf-hub:a/b"}}, "timm_model_name"),
        ({"vision_cfg": {"timm_model_name": "../b"}}, "timm_model_name"),
        ({"vision_cfg": {"act_kwargs": {"inplace": True}}}, "inplace"),
        ({"multimodal_cfg": {"tokenizer_kwargs": {"x": 1}}}, "multimodal_cfg.tokenizer_kwargs"),
        ({"hf_model_config": {}}, "hf_model_config"),
        ({"a\nb" * 99: {}}, "b"),
    ],
)
def test_what_is_handed_on_is_on_a_list(change, key):
    with pytest.raises(ForeignCodeError, match=rf"^openclip:x: [^\n]*{key}[^\n]*\.$"):
        check_open_clip("openclip:x", PLAIN | change)


@pytest.mark.parametrize(
    "config", [None, [], "x", {}, PLAIN | {"text_cfg": None}, PLAIN | {"vision_cfg": "x"}]
)
def test_a_configuration_is_a_mapping(config):
    with pytest.raises(RequestError, match="has no mapping"):
        check_open_clip("openclip:x", config)


def test_what_real_checkpoints_say_is_allowed():
    for config in (*CONFIGS.values(), PLAIN):
        check_open_clip("openclip:x", config)
    kept = {"clean": "canonicalize", "strip_sep_token": True, "trust_remote_code": False}
    text = {"tokenizer_kwargs": kept, "hf_model_name": "roberta-base", "norm_kwargs": {"eps": 1e-6}}
    vision = {"timm_model_name": "vit_base_patch16_224.augreg", "act_kwargs": None}
    check_open_clip("openclip:x", PLAIN | {"text_cfg": text, "vision_cfg": vision})


@openclip
def test_every_architecture_of_open_clip_is_allowed():
    open_clip = pytest.importorskip("open_clip")
    for name in open_clip.list_models():
        check_open_clip(name, open_clip.get_model_config(name))


# transformers


@pytest.fixture
def hf_folder(tmp_path, marker, modules):
    """A dual encoder of transformers, as it was saved."""
    torch = pytest.importorskip("torch")
    from tests.encode.hf_models import clip

    torch.manual_seed(0)
    folder = tmp_path / "hf"
    model = clip(folder)
    for parameter in model.parameters():
        parameter.data.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)
    return folder


def hf(test):
    for mark in (pytest.mark.hf, *LIBRARIES):
        test = mark(test)
    return test


@hf
@pytest.mark.parametrize("mended", [False, True])
@pytest.mark.parametrize(
    ("part", "auto", "target", "kind"),
    [
        ("config", "AutoConfig", "planted.Config", "model_type"),
        ("preprocessor_config", "AutoImageProcessor", "planted.Processor", "image_processor_type"),
    ],
)
def test_code_of_a_model_or_processor_is_not_run(
    hf_folder, marker, part, auto, target, kind, mended
):
    plant(hf_folder, marker, **{part: (auto, target)})
    path = hf_folder / f"{part}.json"
    about = json.loads(path.read_text()) | {kind: "Planted", "trust_remote_code": True}
    path.write_text(json.dumps(about))
    name = f"hf:{hf_folder}"
    if mended:
        save_mended(Mended(Space("x", "y", 24), "", (), None, 9, {}), hf_folder / "m", name)
        name = f"mended:{hf_folder / 'm'}"
    refused(name, "needs Python code that came with the checkpoint")


@hf
@pytest.mark.parametrize(
    ("part", "auto", "target"),
    [
        ("config", "AutoModel", "planted.Model"),
        ("tokenizer_config", "AutoTokenizer", [None, "planted.Tokenizer"]),
    ],
)
def test_a_model_that_transformers_has_is_opened_without_its_code(
    hf_folder, marker, part, auto, target, caplog
):
    plant(hf_folder, marker, **{part: (auto, target)})
    path = hf_folder / f"{part}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trust_remote_code": True}))
    assert np.isfinite(isthmus.load(f"hf:{hf_folder}")["text"].encode(CAPTIONS)).all()
    assert f"code of its own for its {part.split('_')[0].replace('config', 'model')}" in caplog.text


@hf
def test_weights_of_transformers_are_not_unpickled(hf_folder, marker):
    (hf_folder / "model.safetensors").unlink()
    pickled(hf_folder / "pytorch_model.bin", marker)
    refused(f"hf:{hf_folder}", "does not load")


@hf
@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_kernels_that_a_configuration_names_are_not_run(hf_folder, marker, monkeypatch, key):
    kernels = "transformers.integrations.hub_kernels"
    monkeypatch.setattr(f"{kernels}.is_kernels_available", lambda *_, **__: True)
    monkeypatch.setattr(f"{kernels}.get_kernel_hub", lambda *_, **__: marker.mkdir(), raising=False)
    path = hf_folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: "org/planted"}))
    refused(f"hf:{hf_folder}", "needs Python code")


@hf
def test_transformers_is_left_as_it_was(marker, modules):
    from transformers import dynamic_module_utils as dynamic
    from transformers.integrations import hub_kernels

    places = [(dynamic, "get_class_in_module"), (hub_kernels, "get_kernel")]
    before = [getattr(place, name) for place, name in places]
    for place, name in places:
        with pytest.raises(ForeignCodeError, match=r"^hf:x needs Python"), no_foreign_code("hf:x"):
            assert dynamic.TIME_OUT_REMOTE_CODE == 0
            getattr(place, name)("Planted", str(marker))
    assert [getattr(place, name) for place, name in places] == before
    assert dynamic.TIME_OUT_REMOTE_CODE > 0


# files of arrays, saved sets, mended spaces, requests and tars


@pytest.mark.parametrize(
    "file", ["a.npy", "a.npz", "a.pt", "a.pth", "a.pkl", "a.bin", "a.safetensors", "a.parquet"]
)
def test_arrays_are_not_unpickled(tmp_path, marker, file):
    path = pickled(tmp_path / file, marker)
    refused(f"arrays:{path}", file)
    (tmp_path / "folder").mkdir()
    shutil.move(path, tmp_path / "folder" / f"image{path.suffix}")
    refused(f"arrays:{tmp_path / 'folder'}")


def test_a_pickle_of_torch_is_not_opened(tmp_path, marker):
    torch = pytest.importorskip("torch")
    torch.save(Planted(marker), tmp_path / "a.pt")
    refused(f"arrays:{tmp_path / 'a.pt'}", "pickle")


CALL = {"kind": "os:mkdir", "fields": {"path": {"value": "ran"}}}


def test_a_saved_set_names_no_code(tmp_path, marker):
    rows = EmbeddingSet(np.eye(3, dtype=np.float32), ("a", "b", "c"), "image", Space("x", "y", 3))
    folder = isthmus.save(rows, tmp_path / "set")
    for kind in ("os:mkdir", "mkdir", "os.mkdir"):
        rule = CALL | {"kind": kind}
        reworded(folder / "vectors.safetensors", lambda about, rule=rule: about.update(rule=rule))
        with pytest.raises(RequestError, match=r"^[^\n]*$"):
            isthmus.load_set(folder)
    for file in ("vectors.safetensors", "items.parquet"):
        shutil.copy(folder / file, tmp_path / "whole")
        pickled(folder / file, marker)
        with pytest.raises(RequestError, match=r"^[^\n]*$"):
            isthmus.load_set(folder)
        shutil.copy(tmp_path / "whole", folder / file)


@pytest.mark.parametrize(
    "change",
    [{"parts": CALL}, {"parent": {"rule": CALL}}, {"origin": "os:mkdir"}, {"origin": ["ran"]}],
)
def test_a_mended_space_names_no_code(tmp_path, marker, change):
    folder = save_mended(Mended(Space("x", "y", 3), "", (), None, 9, {}), tmp_path / "m", "mini")
    reworded(tmp_path / "m" / "mended.safetensors", lambda about: about.update(change))
    refused(f"mended:{folder if folder else tmp_path / 'm'}")


@pytest.mark.parametrize(
    "request_",
    [
        {"query": "planted:run", "space": "planted:run"},
        {"query": "a", "space": "planted", "common": {"device": "planted:run"}},
        {"__reduce__": ["os:mkdir", "ran"]},
    ],
)
def test_a_request_names_no_code(tmp_path, marker, monkeypatch, capsys, request_):
    (tmp_path / "planted.py").write_text("import os\nos.mkdir('ran')\nrun = print\n")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(request_))
    assert main(["search", "--config", "config.json"]) == 2
    assert capsys.readouterr().err.strip().count("\n") == 0


def test_entries_of_a_tar_are_data(tmp_path, marker):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    code = f"import os\nos.mkdir({str(marker)!r})\n".encode()
    bomb = pickle.dumps(Planted(marker))
    entries = {
        f"a.{suffix}": bomb for suffix in ("pkl", "pyd", "pickle", "pt", "pth", "npy", "cls")
    }
    entries |= {"__init__.py": code, "conftest.py": code, "a.json": code, "b.txt": bomb}
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        for name, content in {"a.png": picture.getvalue(), **entries}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    try:
        world = open_world(images=str(tmp_path / "s.tar"))
    except IsthmusError:
        return
    assert set(world.items["image"].ids) <= {"s.tar/a.png"}
    assert not (tmp_path / "conftest.py").exists()
