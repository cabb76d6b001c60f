"""Makes the golden files of test/evaluation/clip-family.test.ts: CLIP models of the layouts that are published, narrow, with transformers' embeddings of
captions and of pictures of odd sizes.

    pip install -r test/golden/requirements.txt
    python test/golden/clip/make.py

Layers, heads, activations, sizes of pictures and patches are the real ones, and the files of a configuration are laid out as published: with what old
transformers wrote into them, with `..._dict`s that take precedence, with what differs from the defaults alone, or as transformers 5 writes a processor.
Weights are not stored: the rule of test/golden/pipelines/make.py gives them. Nor are pictures: see `picture`.
"""

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
TOKENIZER = HERE.parent / "data" / "tokenizer"
CAPTIONS = ["a red panda riding a bicycle, 4k 😀", "cat", "", "the moon and the sun and " * 10]
SIZES = [(224, 224), (300, 225), (37, 91), (513, 260)]

NAMES = dict(vocab_size=1500, max_position_embeddings=24)
# What PretrainedConfig wrote of itself in transformers 4.16, as far as it is of one kind each.
OLD = {
    "_name_or_path": "",
    "add_cross_attention": False,
    "architectures": None,
    "attention_dropout": 0.0,
    "bad_words_ids": None,
    "bos_token_id": 0,
    "chunk_size_feed_forward": 0,
    "do_sample": False,
    "dropout": 0.0,
    "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
    "initializer_factor": 1.0,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-05,
    "length_penalty": 1.0,
    "max_length": 20,
    "output_attentions": False,
    "pad_token_id": 1,
    "pruned_heads": {},
    "temperature": 1.0,
    "tie_word_embeddings": True,
    "torchscript": False,
    "transformers_version": "4.16.0.dev0",
    "use_bfloat16": False,
}
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
NORMALIZED = {"do_normalize": True, "image_mean": MEAN, "image_std": STD}
# Integers, and the class's former name.
FORMER = {
    "crop_size": 224,
    "do_center_crop": True,
    **NORMALIZED,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "resample": 3,
    "size": 224,
}
WITH_SIZES = {
    **FORMER,
    "crop_size": {"height": 224, "width": 224},
    "do_convert_rgb": True,
    "do_rescale": True,
    "image_processor_type": "CLIPFeatureExtractor",
    "rescale_factor": 0.00392156862745098,
    "size": {"shortest_edge": 224},
}


def tower(width, layers, heads, **more):
    return dict(hidden_size=width, intermediate_size=2 * width, num_hidden_layers=layers, num_attention_heads=heads, **more)


def model(projection, text, vision, **more):
    return {"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": projection, "text_config": text, "vision_config": vision, **more}


MODELS = {
    # openai/clip-vit-base-patch32
    "vit-b-32": (
        model(
            24,
            {**OLD, **NAMES, **tower(32, 12, 8), "eos_token_id": 2, "hidden_act": "quick_gelu", "model_type": "clip_text_model"},
            {**OLD, **tower(48, 12, 12), "eos_token_id": None, "hidden_act": "quick_gelu", "image_size": 224, "patch_size": 32, "model_type": "clip_vision_model"},
            initializer_factor=1.0,
            logit_scale_init_value=2.6592,
            text_config_dict=None,
            vision_config_dict=None,
            torch_dtype="float32",
            transformers_version=None,
        ),
        {"preprocessor_config.json": FORMER},
    ),
    # openai/clip-vit-large-patch14: the dictionaries hold what differs from the defaults, and so take the place of the eos_token_id beside them
    "vit-l-14": (
        model(
            32,
            {**OLD, **NAMES, **tower(36, 12, 12), "eos_token_id": 2, "hidden_act": "gelu", "projection_dim": 768},
            {**OLD, **tower(32, 24, 16), "eos_token_id": None, "patch_size": 14, "projection_dim": 768},
            text_config_dict={**NAMES, **tower(36, 12, 12), "eos_token_id": 1499, "projection_dim": 32},
            vision_config_dict={**tower(32, 24, 16), "patch_size": 14, "projection_dim": 32},
        ),
        {"preprocessor_config.json": WITH_SIZES},
    ),
    # laion/CLIP-ViT-H-14-laion2B-s32B-b79K
    "vit-h-14": (
        model(
            32,
            {**NAMES, **tower(32, 24, 16), "eos_token_id": 1499, "hidden_act": "gelu"},
            {**tower(32, 32, 16), "hidden_act": "gelu", "patch_size": 14},
        ),
        {"preprocessor_config.json": FORMER},
    ),
    # laion/CLIP-ViT-g-14-laion2B-s12B-b42K, saved again by transformers 5
    "vit-g-14": (
        model(
            32,
            {**NAMES, **tower(32, 24, 16), "eos_token_id": 2, "hidden_act": "gelu"},
            {**tower(48, 40, 16), "intermediate_size": 208, "hidden_act": "gelu", "patch_size": 14},
        ),
        {"processor_config.json": {"image_processor": {**WITH_SIZES, "data_format": "channels_first", "image_processor_type": "CLIPImageProcessor"}, "processor_class": "CLIPProcessor"}},
    ),
}


def pipeline_goldens():
    spec = importlib.util.spec_from_file_location("pipelines", HERE.parent / "pipelines" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def picture(height, width):
    """Ramps with edges where their bits meet, others for each width, whole numbers alone: [height, width, 3]."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    ramps = (x * (3 + c) * 255 // width) ^ (y * (2 + c) * 255 // height)
    return ((ramps & 255) * ((width + c) % 3 + 1) // 3).astype(np.uint8)


def unit(embeddings):
    return embeddings / embeddings.norm(dim=-1, keepdim=True)


def make(name, config, files, goldens):
    folder = HERE / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content, indent=2) + "\n")
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(TOKENIZER, scratch, dirs_exist_ok=True)
        (Path(scratch) / "special_tokens_map.json").unlink()
        tokenizer = CLIPTokenizer.from_pretrained(scratch)
    clip = goldens.fill(CLIPModel(CLIPConfig.from_pretrained(folder)))
    ids = tokenizer(CAPTIONS, padding="max_length", truncation=True, return_tensors="pt").input_ids
    images = [Image.fromarray(picture(*size)) for size in SIZES]
    pixels = CLIPImageProcessorPil.from_pretrained(folder)(images, return_tensors="pt").pixel_values
    with torch.no_grad():
        output = clip(input_ids=ids, pixel_values=pixels)
    texts, pictures = unit(output.text_embeds), unit(output.image_embeds)
    print(name, "of texts", spread(texts), "of pictures", spread(pictures))
    return {key: [[round(float(value), 7) for value in row] for row in rows] for key, rows in [("texts", texts), ("pictures", pictures)]}


def spread(rows):
    """Cosines of every two: goldens that are all alike would prove nothing."""
    cosines = (rows @ rows.T)[~torch.eye(len(rows), dtype=bool)]
    return f"cosines {cosines.min().item():.3f} to {cosines.max().item():.3f}"


def main():
    for folder in HERE.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    goldens = pipeline_goldens()
    cases = {name: make(name, config, files, goldens) for name, (config, files) in MODELS.items()}
    golden = {"captions": CAPTIONS, "sizes": SIZES, "cases": cases}
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
