"""Small random dual encoders of transformers, each with a tokenizer trained on a few captions."""

import pytest

from tests.encode.pictures import CAPTIONS

transformers = pytest.importorskip("transformers")

TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "vocab_size": 400,
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def trained(model, trainer, pre_tokenizer, template, special):
    from tokenizers import Tokenizer, processors

    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CAPTIONS * 20, trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in special if token in template]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ids)
    return tokenizer


def clip(folder):
    from tokenizers import models, pre_tokenizers, trainers

    special = ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = trained(
        models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(
            vocab_size=300, special_tokens=special, end_of_word_suffix="</w>", show_progress=False
        ),
        pre_tokenizers.Whitespace(),
        "<|startoftext|> $A <|endoftext|>",
        special,
    )
    start, end = (tokenizer.token_to_id(token) for token in special)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|startoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        model_max_length=77,
    ).save_pretrained(folder)
    text = TEXT | {"bos_token_id": start, "eos_token_id": end, "pad_token_id": end}
    vision = VISION | {"image_size": 224, "patch_size": 32}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    transformers.CLIPImageProcessorPil().save_pretrained(folder)
    return transformers.CLIPModel(config)


def siglip_tokenizer(folder, names):
    from tokenizers import models, pre_tokenizers, trainers

    special = ["<pad>", "</s>", "<unk>"]
    tokenizer = trained(
        models.Unigram(),
        trainers.UnigramTrainer(
            vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
        pre_tokenizers.Metaspace(),
        "$A </s>",
        special,
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="</s>",
        model_max_length=64,
        model_input_names=names,
    ).save_pretrained(folder)


def siglip(folder):
    siglip_tokenizer(folder, ["input_ids"])
    text = TEXT | {"max_position_embeddings": 64, "projection_size": 32}
    vision = VISION | {"image_size": 224, "patch_size": 32}
    config = transformers.SiglipConfig(text_config=text, vision_config=vision)
    processor = transformers.SiglipImageProcessorPil(size={"height": 224, "width": 224})
    processor.save_pretrained(folder)
    return transformers.SiglipModel(config)


def siglip2(folder):
    siglip_tokenizer(folder, ["input_ids", "attention_mask"])
    text = TEXT | {"max_position_embeddings": 64, "projection_size": 32}
    vision = VISION | {"num_patches": 49, "patch_size": 16}
    config = transformers.Siglip2Config(text_config=text, vision_config=vision)
    transformers.Siglip2ImageProcessorPil(max_num_patches=49, patch_size=16).save_pretrained(folder)
    return transformers.Siglip2Model(config)


def align(folder):
    from tokenizers import models, pre_tokenizers, trainers

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer = trained(
        models.WordPiece(unk_token="[UNK]"),
        trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False),
        pre_tokenizers.Whitespace(),
        "[CLS] $A [SEP]",
        special,
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=512,
    ).save_pretrained(folder)
    vision = {
        "image_size": 64,
        "width_coefficient": 0.25,
        "depth_coefficient": 0.1,
        "hidden_dim": 640,
        "num_hidden_layers": 8,
    }
    config = transformers.AlignConfig(text_config=TEXT, vision_config=vision, projection_dim=80)
    transformers.EfficientNetImageProcessorPil(
        size={"height": 72, "width": 72}, crop_size={"height": 64, "width": 64}
    ).save_pretrained(folder)
    return transformers.AlignModel(config)


def clap(folder, fused=False):
    align(folder)  # for its tokenizer, that of a BERT
    (folder / "preprocessor_config.json").unlink()
    text = TEXT | {"pad_token_id": 0, "max_position_embeddings": 66, "projection_dim": 16}
    audio = {
        "num_mel_bins": 64,
        "spec_size": 256,
        "patch_embeds_hidden_size": 8,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "hidden_size": 16,
        "window_size": 8,
        "enable_fusion": fused,
        "projection_dim": 16,
    }
    config = transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    transformers.ClapFeatureExtractor(
        truncation="fusion" if fused else "rand_trunc", max_length_s=2, top_db=None
    ).save_pretrained(folder)
    return transformers.ClapModel(config)


MODELS = {"clip": clip, "siglip": siglip, "siglip2": siglip2, "align": align}


def chinese_clip(folder):
    align(folder)  # for its tokenizer, that of a BERT
    text = TEXT | {"max_position_embeddings": 64, "pad_token_id": 0}
    vision = VISION | {"image_size": 224, "patch_size": 32}
    config = transformers.ChineseCLIPConfig(
        text_config=text, vision_config=vision, projection_dim=24
    )
    transformers.ChineseCLIPImageProcessorPil().save_pretrained(folder)
    return transformers.ChineseCLIPModel(config)


def metaclip2(folder):
    ids = clip(folder).config.text_config
    text = TEXT | {key: getattr(ids, key) for key in ("bos_token_id", "eos_token_id")}
    vision = VISION | {"image_size": 224, "patch_size": 32}
    config = transformers.MetaClip2Config(
        text_config=text | {"pad_token_id": ids.pad_token_id},
        vision_config=vision,
        projection_dim=24,
    )
    return transformers.MetaClip2Model(config)


def groupvit(folder):
    ids = clip(folder).config.text_config
    text = TEXT | {key: getattr(ids, key) for key in ("bos_token_id", "eos_token_id")}
    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 2,
        "depths": [1, 1, 1],
        "image_size": 224,
        "patch_size": 32,
        "num_group_tokens": [8, 4, 0],
        "num_output_groups": [8, 4, 4],
    }
    config = transformers.GroupViTConfig(
        text_config=text | {"pad_token_id": ids.pad_token_id},
        vision_config=vision,
        projection_dim=24,
        projection_intermediate_dim=32,
    )
    return transformers.GroupViTModel(config)


def pe_audio(folder):
    align(folder)
    (folder / "preprocessor_config.json").unlink()
    text = TEXT | {"model_type": "modernbert", "max_position_embeddings": 64, "pad_token_id": 0}
    ends = {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    dac = {
        "model_type": "dac",
        "encoder_hidden_size": 4,
        "codebook_dim": 8,
        "n_codebooks": 1,
        "decoder_hidden_size": 16,
        "downsampling_ratios": [2, 8, 10, 12],
    }
    audio = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "head_dim": 16,
        "num_attention_heads": 2,
        "dac_config": dac,
    }
    config = transformers.PeAudioConfig(text_config=text | ends, audio_config=audio)
    transformers.PeAudioFeatureExtractor().save_pretrained(folder)
    return transformers.PeAudioModel(config)


MODELS |= {"chinese_clip": chinese_clip, "metaclip2": metaclip2, "groupvit": groupvit}


def video_prism(folder):
    siglip_tokenizer(folder, ["input_ids", "attention_mask"])
    vision = VISION | {
        "image_size": 32,
        "num_frames": 4,
        "tubelet_size": [1, 16, 16],
        "num_spatial_layers": 1,
        "num_temporal_layers": 1,
        "num_auxiliary_layers": 1,
    }
    config = transformers.VideoPrismConfig(
        text_config=TEXT | {"max_position_embeddings": 64}, vision_config=vision
    )
    return transformers.VideoPrismClipModel(config)


def pe_video_parts(folder):
    """Text and clip sides of PE with a picture tower of transformers instead of timm's."""
    text = pe_audio(folder).config.text_config
    picture = transformers.ViTConfig(
        **(VISION | {"num_hidden_layers": 1, "image_size": 32, "patch_size": 16}), num_labels=24
    )
    side = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
    side |= {"head_dim": 16, "num_attention_heads": 2}
    return text, side, transformers.PeVideoEncoderConfig(**side, vision_config=picture)


def pe_video(folder):
    text, _, video = pe_video_parts(folder)
    (folder / "preprocessor_config.json").unlink()
    return transformers.PeVideoModel(
        transformers.PeVideoConfig(text_config=text, video_config=video)
    )


def pe_audio_video(folder):
    text, side, video = pe_video_parts(folder)
    audio = pe_audio(folder).config.audio_config
    both = transformers.PeAudioVideoEncoderConfig(**side, audio_config=audio, video_config=video)
    config = transformers.PeAudioVideoConfig(text_config=text, audio_video_config=both)
    return transformers.PeAudioVideoModel(config)
