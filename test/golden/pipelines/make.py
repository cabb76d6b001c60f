"""Makes the golden files of test/evaluation/family.test.ts: small pipelines of the shapes of the Stable Diffusion family, and the pictures that
diffusers' StableDiffusionPipeline makes with them, from a prompt and given latents.

    pip install -r test/golden/requirements.txt
    python test/golden/pipelines/make.py

Weights are not stored: a rule of whole-number arithmetic gives them by name and index, here and in test/evaluation/ruled-weights.ts.
"""

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
TOKENIZER = HERE.parent / "data" / "tokenizer"
CONTEXT = 24
PROMPT = "a red panda riding a bicycle, 4k 😀"

THREE_LEVELS = dict(
    down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
)
BETAS = dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1)
PIPELINES = {
    "sd-1.5": dict(
        unet=dict(block_out_channels=(32, 64, 64, 64), attention_head_dim=8),
        text=dict(hidden_act="quick_gelu"),
        scheduler=DPMSolverMultistepScheduler(**BETAS),
        steps=5,
        guidance=7.5,
    ),
    "sd-2.1": dict(
        unet=dict(
            block_out_channels=(32, 64, 64, 64),
            attention_head_dim=(2, 4, 8, 8),
            use_linear_projection=True,
            upcast_attention=True,
        ),
        text=dict(hidden_act="gelu", num_hidden_layers=3),
        pad_token="!",
        scheduler=DDIMScheduler(**BETAS, prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False),
        steps=5,
        guidance=5.0,
    ),
    "bk-sdm-tiny": dict(
        unet=dict(
            block_out_channels=(32, 64, 64),
            down_block_types=("CrossAttnDownBlock2D",) * 3,
            mid_block_type=None,
            up_block_types=("CrossAttnUpBlock2D",) * 3,
            layers_per_block=1,
            attention_head_dim=8,
        ),
        # The file is PNDM's; the pictures are made by what stands in for it.
        file={"_class_name": "PNDMScheduler", **BETAS, "set_alpha_to_one": False, "skip_prk_steps": True, "clip_sample": False},
        scheduler=DDIMScheduler(**BETAS, clip_sample=False, set_alpha_to_one=False),
        steps=4,
        guidance=7.5,
    ),
    "sd-turbo": dict(
        unet=dict(
            block_out_channels=(32, 64, 64, 64), attention_head_dim=(2, 4, 8, 8), use_linear_projection=True
        ),
        text=dict(hidden_act="gelu"),
        pad_token="!",
        scheduler=EulerDiscreteScheduler(**BETAS, timestep_spacing="trailing"),
        steps=1,
        guidance=0.0,
    ),
    "uneven-layers": dict(
        unet=dict(
            **THREE_LEVELS,
            block_out_channels=(32, 64, 96),
            layers_per_block=(1, 3, 2),
            transformer_layers_per_block=(1, 2, 1),
            attention_head_dim=(4, 8, 8),
        ),
        scheduler=EulerDiscreteScheduler(**BETAS, timestep_spacing="leading"),
        steps=4,
        guidance=3.0,
    ),
}


def diffusion_goldens():
    spec = importlib.util.spec_from_file_location("diffusion", HERE.parent / "diffusion" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def ruled(name, shape):
    """Uniform by a hash of name and index (MurmurHash3's finalizer), of about unit gain."""
    x = np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint32) * np.uint32(0x9E3779B1) ^ np.uint32(fnv1a(name))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    uniform = x.astype(np.float64) / 2**31 - 1
    if len(shape) == 1:
        values = 0.2 * uniform + (1 if name.endswith("weight") else 0)
    else:
        values = uniform * np.sqrt(3 / np.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def fill(model, prefix=""):
    for name, parameter in model.named_parameters():
        full = name if name.startswith(prefix) else prefix + name
        parameter.data = ruled(full, tuple(parameter.shape))
    return model.eval()


def make(name, spec, gaussian):
    folder = HERE / name
    unet = fill(UNet2DConditionModel(sample_size=8, cross_attention_dim=CONTEXT, **spec["unet"]))
    vae = fill(
        AutoencoderKL(
            block_out_channels=(32, 64),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            sample_size=16,
        )
    )
    text_config = CLIPTextConfig(
        vocab_size=1500,
        hidden_size=CONTEXT,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=24,
        bos_token_id=1498,
        eos_token_id=1499,
    )
    text_config.update(spec.get("text", {}))
    text = fill(CLIPTextModel(text_config), "text_model.")
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(TOKENIZER, scratch, dirs_exist_ok=True)
        config = json.loads((TOKENIZER / "tokenizer_config.json").read_text())
        config["pad_token"] = spec.get("pad_token", config["pad_token"])
        (folder / "tokenizer").mkdir(parents=True)
        for target in (Path(scratch) / "tokenizer_config.json", folder / "tokenizer" / "tokenizer_config.json"):
            target.write_text(json.dumps(config, indent=2) + "\n")
        (Path(scratch) / "special_tokens_map.json").unlink()
        tokenizer = CLIPTokenizer.from_pretrained(scratch)
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=spec["scheduler"],
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    latents = torch.tensor(gaussian(7, 0, 0, 4 * 8 * 8), dtype=torch.float32).reshape(1, 4, 8, 8)
    with torch.no_grad():
        images = pipeline(
            PROMPT,
            latents=latents,
            num_inference_steps=spec["steps"],
            guidance_scale=spec["guidance"],
            output_type="pt",
        ).images
    unet.save_config(folder / "unet")
    vae.save_config(folder / "vae")
    text.config.save_pretrained(folder / "text_encoder")
    spec["scheduler"].save_config(folder / "scheduler")
    if "file" in spec:
        (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(spec["file"], indent=2) + "\n")
    save_file({"picture": images[0].contiguous()}, folder / "picture.safetensors")
    print(name, "deviation", images.std().item(), "clipped", ((images == 0) | (images == 1)).float().mean().item())
    return {"steps": spec["steps"], "guidanceScale": spec["guidance"]}


def main():
    for folder in HERE.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    gaussian = diffusion_goldens().gaussian
    cases = {name: make(name, spec, gaussian) for name, spec in PIPELINES.items()}
    golden = {"prompt": PROMPT, "seed": 7, "cases": cases}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
