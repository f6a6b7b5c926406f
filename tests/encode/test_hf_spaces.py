"""Models whose texts have a space for each modality give as many spaces."""

from types import SimpleNamespace

import numpy as np
import pytest

from isthmus.encode.hf import _text_space, load
from isthmus.types import LoadOptions, RequestError
from tests.encode.hf_models import pe_audio, transformers
from tests.encode.pictures import CAPTIONS, close

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

HERTZ = 48_000


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pe-audio")
    torch.manual_seed(0)
    model = pe_audio(folder).eval()
    for parameter in model.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(spread * torch.randn_like(parameter))
    model.text_audio_logit_scale.data.fill_(7.5)
    model.text_audio_logit_bias.data.fill_(-3.0)
    model.save_pretrained(folder)
    return folder


def test_vectors_are_the_librarys(checkpoint):
    found = load(str(checkpoint), LoadOptions("cpu"))
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()
    model.text_model.config.output_hidden_states = True
    extractor = transformers.AutoFeatureExtractor.from_pretrained(checkpoint)
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    rng = np.random.default_rng(0)
    sounds = [rng.normal(size=HERTZ // 2).astype(np.float32) * 0.1 for _ in range(2)]
    with torch.inference_mode():
        tokens = tokenizer(CAPTIONS, padding=True, return_tensors="pt")
        tokens = {k: tokens[k] for k in ("input_ids", "attention_mask")}
        text = model.get_text_audio_embeds(**tokens).numpy()
        audio = [
            model.get_audio_embeds(**extractor([one], sampling_rate=HERTZ, return_tensors="pt"))
            for one in sounds
        ]
    close(found["text"].encode(CAPTIONS), text)
    close(found["audio"].encode([(one, HERTZ) for one in sounds]), torch.cat(audio).numpy())
    space = found["audio"].space
    assert space == found["text"].space and (space.scale, space.bias) == (7.5, -3.0)


def test_several_text_spaces_are_told_and_named(checkpoint):
    names = ("get_text_audio_embeds", "get_text_video_embeds", "get_audio_embeds")
    model = SimpleNamespace(**dict.fromkeys((*names, "get_video_embeds"), print))
    with pytest.raises(RequestError, match=r"hf:x\?space=audio, hf:x\?space=video"):
        _text_space("hf:x", model, "")
    with pytest.raises(RequestError, match="not smell: open"):
        _text_space("hf:x", model, "smell")
    assert _text_space("hf:x", model, "video") == "video"
    one = load(f"{checkpoint}?space=audio", LoadOptions("cpu"))
    assert one["text"].space.name == f"hf:{checkpoint}?space=audio"
    assert one["text"].space == load(str(checkpoint), LoadOptions("cpu"))["audio"].space
    with pytest.raises(RequestError, match="not video"):
        load(f"{checkpoint}?space=video", LoadOptions("cpu"))
