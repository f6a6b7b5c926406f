"""The synthesiser: pitches, partials and envelopes by hand, spectrograms as numpy has them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from isthmus.types import RequestError  # noqa: E402
from isthmus.view.soft.sounds import BANDS, Voice, log_mel, played  # noqa: E402
from isthmus.view.spectrograms import log_mel as plain  # noqa: E402


def voice(**change):
    told = {
        "pitch": torch.tensor([440.0, 440.0]), "partials": torch.tensor([1.0]),
        "modulation": torch.tensor([1.0, 0.0]), "noise": torch.zeros(BANDS),
        "envelope": torch.tensor([1e-3, 10.0, 1e-3, 1.0]), "strikes": torch.tensor(0.0),
    }  # fmt: skip
    return Voice(**{**told, **change})


def strongest(samples, hertz=16_000):
    spectrum = np.abs(np.fft.rfft(samples.detach().numpy() * np.hanning(len(samples))))
    return np.fft.rfftfreq(len(samples), 1 / hertz)[spectrum.argmax()]


def test_a_tone_has_its_pitch_and_its_loudness():
    found = played(voice())
    assert len(found) == 16_000
    assert strongest(found) == pytest.approx(440, abs=1)
    assert float(found.square().mean()) == pytest.approx(0.5, rel=0.01)
    third = played(voice(partials=torch.tensor([0.0, 0.0, 1.0])))
    assert strongest(third) == pytest.approx(1320, abs=1)


def test_a_glide_ends_an_octave_higher():
    found = played(voice(pitch=torch.tensor([300.0, 600.0])))
    assert strongest(found[:1600]) == pytest.approx(310, abs=12)
    assert strongest(found[-1600:]) == pytest.approx(580, abs=15)


def test_modulation_has_side_bands_of_bessel_functions():
    from scipy.special import jv

    found = played(voice(pitch=torch.tensor([1000.0, 1000.0]),
                         modulation=torch.tensor([0.25, 1.5])), hertz=16_000)  # fmt: skip
    spectrum = np.abs(np.fft.rfft(found.numpy() * np.hanning(16_000)))
    bands = [spectrum[1000 + 250 * k] for k in range(4)]
    wanted = np.abs([jv(k, 1.5) for k in range(4)])
    assert np.allclose(np.array(bands) / bands[0], wanted / wanted[0], atol=0.03)


def test_partials_above_half_the_rate_are_silent():
    found = played(voice(pitch=torch.tensor([5000.0, 5000.0]), partials=torch.tensor([0.0, 1.0])))
    assert float(found.abs().max()) == 0


def test_noise_stays_in_its_band_and_is_the_same_for_a_seed():
    noise = torch.zeros(BANDS)
    noise[4] = 1.0
    quiet = {"partials": torch.zeros(1), "noise": noise}
    one, two, other = played(voice(**quiet)), played(voice(**quiet)), played(voice(**quiet), seed=1)
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    spectrum = np.abs(np.fft.rfft(one.numpy())) ** 2
    mel = 2595 * np.log10(1 + np.arange(len(spectrum)) / 700)
    ends = np.linspace(2595 * np.log10(1 + 60 / 700), 2595 * np.log10(1 + 8000 / 700), BANDS + 1)
    assert spectrum[(mel > ends[4] - 20) & (mel < ends[5] + 20)].sum() > 0.98 * spectrum.sum()


def test_strikes_begin_anew():
    found = played(voice(envelope=torch.tensor([1e-3, 0.03, 1e-3, 0.0]), strikes=torch.tensor(4.0)))
    loud = found.square().reshape(-1, 1000).sum(dim=1)
    assert [int(k) for k in torch.topk(loud, 4).indices.sort().values] == [0, 4, 8, 12]


def test_spectrograms_are_those_of_numpy():
    samples = played(voice(pitch=torch.tensor([300.0, 900.0]), partials=torch.tensor([1.0, 0.4])))
    assert np.allclose(log_mel(samples).numpy(), plain(samples.numpy()), atol=2e-2)


@pytest.mark.parametrize(
    "name", ["pitch", "partials", "modulation", "noise", "envelope", "strikes"]
)
def test_slopes_of_voices(name):
    told = {"pitch": torch.tensor([300.0, 410.0]), "partials": torch.tensor([0.5, 0.3]),
            "modulation": torch.tensor([0.5, 1.0]), "noise": torch.full((BANDS,), 0.1),
            "envelope": torch.tensor([0.02, 0.1, 0.05, 0.4]),
            "strikes": torch.tensor(3.0)}  # fmt: skip
    own = {key: x.double().requires_grad_() for key, x in told.items()}
    weight = torch.randn(1600, generator=torch.manual_seed(0), dtype=torch.float64)

    def total(parts):
        return (played(Voice(**parts), 0.1) * weight).sum()

    found = torch.autograd.grad(total(own), own[name])[0]
    plain_parts = {key: x.detach() for key, x in own.items()}
    way = torch.ones_like(found)
    ends = [float(total({**plain_parts, name: plain_parts[name] + sign * 1e-5 * way}))
            for sign in (1, -1)]  # fmt: skip
    assert float((found * way).sum()) == pytest.approx(
        (ends[0] - ends[1]) / 2e-5, rel=0.02, abs=1e-4
    )


def test_refusals():
    with pytest.raises(RequestError, match="pitches and seconds above 0"):
        voice(pitch=torch.tensor([0.0, 100.0]))
    with pytest.raises(RequestError, match="samples or more"):
        log_mel(torch.zeros(10))
