"""Vectors of patches in the joint space: the last attention of a ViT, without its mixing.

A tower makes one vector of a picture by letting patches attend to each other and pooling. In its
last attention every patch can be taken alone: what it would give if it were all that is attended
to. Query and key have no part in that (MaskCLIP). Where the pooling is an attention (SigLIP, CoCa),
that is the last one; where it takes a class token (CLIP), the last block's is.

Source: Zhou et al. 2022, Extract Free Dense Labels from CLIP, section 3.2. As in its code, what is
around the attention in its block (the sum with what came in, the two layers after it) stays.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from isthmus.encode.within.framing import Boxes, tiles

if TYPE_CHECKING:
    import torch

    Look = Callable[[Mapping[str, torch.Tensor]], tuple[Boxes, torch.Tensor]]
    """Inputs of one picture to boxes of what is shown, and the vectors (p, d) of these."""


def of_transformers(model: Any) -> "dict[str, Look]":
    """How the patches of a dual encoder of transformers are looked at; empty where they are not.

    Towers that pool by a class token and project, as CLIP's, and such that pool by an attention.
    """
    vision = getattr(model, "vision_model", None)
    layers = getattr(getattr(vision, "encoder", None), "layers", None)
    if vision is None or not layers or not hasattr(vision, "post_layernorm"):
        return {}
    head, block = getattr(vision, "head", None), layers[-1]
    simple = all(hasattr(block, x) for x in ("layer_norm1", "self_attn", "layer_norm2", "mlp"))
    if hasattr(head, "attention"):
        made = _one_by_one(head, lambda pooled: pooled)
    elif simple and hasattr(block.self_attn, "out_proj") and hasattr(model, "visual_projection"):
        made = _masked(block, _alone, lambda x: model.visual_projection(vision.post_layernorm(x)))
    else:
        return {}

    def look(inputs: "Mapping[str, torch.Tensor]") -> "tuple[Boxes, torch.Tensor]":
        found = made(lambda: model.get_image_features(**inputs))
        if "spatial_shapes" in inputs:  # SigLIP 2 keeps a picture's shape, and pads its patches
            rows, columns = (int(x) for x in inputs["spatial_shapes"][0])
            return tiles(rows, columns), found[: rows * columns]
        return _on_grid(found, tuple(inputs["pixel_values"].shape), _pair(vision.config.patch_size))

    return {"tokens": look}


def of_open_clip(model: Any) -> "dict[str, Look]":
    """The patches of open_clip's ViTs, and of those of timm that pool by an attention."""
    visual = model.visual
    trunk: Any = getattr(visual, "trunk", None)
    if getattr(trunk, "attn_pool", None) is not None:
        patch = getattr(trunk.patch_embed, "patch_size", None)
        made = _one_by_one(
            trunk.attn_pool, lambda x: visual.head(trunk.head(trunk.head_drop(trunk.fc_norm(x))))
        )
    elif getattr(visual, "attn_pool", None) is not None and hasattr(visual, "ln_post"):
        patch = visual.patch_size
        made = _one_by_one(visual.attn_pool, lambda x: visual.ln_post(x)[:, 0] @ visual.proj)
        if visual.attn_pool_contrastive is not None:
            return {}
    elif hasattr(visual, "transformer") and hasattr(visual, "ln_post"):
        block, patch = visual.transformer.resblocks[-1], visual.patch_size
        if getattr(getattr(block, "attn", None), "in_proj_weight", None) is None:
            return {}
        made = _masked(block, _alone_in_open_clip, lambda x: visual.ln_post(x) @ visual.proj)
    else:
        return {}

    def look(inputs: "Mapping[str, torch.Tensor]") -> "tuple[Boxes, torch.Tensor]":
        found = made(lambda: model.encode_image(inputs["image"]))
        return _on_grid(found, tuple(inputs["image"].shape), _pair(patch))

    return {"tokens": look}


Made = Callable[[Callable[[], Any]], Any]
"""Of a call that runs a tower over one picture: the vectors (t, d) of its tokens."""


def _one_by_one(pool: Any, finish: Callable[[Any], Any]) -> Made:
    """A pooling by attention, given one token at a time."""

    def made(run: Callable[[], Any]) -> Any:
        tokens = _entering(pool, run)[0]
        return finish(pool(tokens[:, None]))

    return made


def _masked(block: Any, alone: Callable[[Any, Any], Any], finish: Callable[[Any], Any]) -> Made:
    """The last block, each token attending to itself alone."""
    return lambda run: finish(alone(block, _entering(block, run)[0]))


def _entering(part: Any, run: Callable[[], Any]) -> Any:
    """What goes into a part of a model while a call runs the model."""
    caught = list[Any]()

    def catch(_: Any, given: Any, named: Any) -> None:
        caught.append(given[0] if given else named["hidden_states"])

    handle = part.register_forward_pre_hook(catch, with_kwargs=True)
    try:
        run()
    finally:
        handle.remove()
    return caught[-1]


def _alone(block: Any, x: Any) -> Any:
    attention = block.self_attn
    x = x + attention.out_proj(attention.v_proj(block.layer_norm1(x)))
    return x + block.mlp(block.layer_norm2(x))


def _alone_in_open_clip(block: Any, x: Any) -> Any:
    from torch.nn.functional import linear

    attention, width = block.attn, x.shape[-1]
    bias = None if attention.in_proj_bias is None else attention.in_proj_bias[2 * width :]
    value = linear(block.ln_1(x), attention.in_proj_weight[2 * width :], bias)
    x = x + block.ls_1(attention.out_proj(value))
    return x + block.ls_2(block.mlp(block.ln_2(x)))


def _pair(patch: Any) -> tuple[int, int]:
    """Height and width of a patch."""
    return (patch, patch) if isinstance(patch, int) else (int(patch[0]), int(patch[1]))


def _on_grid(found: Any, shape: tuple[int, ...], patch: tuple[int, int]) -> tuple[Boxes, Any]:
    """Boxes and vectors of the patches, which come last of all tokens."""
    height, width = shape[-2:]
    rows, columns = height // patch[0], width // patch[1]
    covered = (columns * patch[1] / width, rows * patch[0] / height)
    return tiles(rows, columns, covered), found[len(found) - rows * columns :]
