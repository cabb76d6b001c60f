"""Loads what SnapEvo writes with diffusers and transformers, and checks that it computes the golden outputs there.

    python test/golden/model/check_written.py > test/golden/model/written.log

Needs what make.py needs, and SnapEvo's development packages.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from safetensors.torch import load_file
from transformers import CLIPModel, CLIPTextModel
from transformers.utils import logging as transformers_logging

TOLERANCE = 1e-5
ROOT = Path(__file__).parents[3]

diffusers_logging.set_verbosity_error()
transformers_logging.set_verbosity_error()
diffusers_logging.disable_progress_bar()
transformers_logging.disable_progress_bar()


def unet(model, golden):
    return {"output": model(golden["sample"], golden["timestep"], golden["context"]).sample}


def vae(model, golden):
    distribution = model.encode(golden["image"]).latent_dist
    return {
        "mean": distribution.mean,
        "logvar": distribution.logvar,
        "decoded": model.decode(golden["mean"]).sample,
    }


def text(model, golden):
    outputs = model(golden["input_ids"])
    return {"last_hidden_state": outputs.last_hidden_state, "pooled": outputs.pooler_output}


def clip(model, golden):
    outputs = model(input_ids=golden["input_ids"], pixel_values=golden["pixels"])
    return {"text_embeds": outputs.text_embeds, "image_embeds": outputs.image_embeds}


CLASSES = {
    "unet": (UNet2DConditionModel, unet),
    "vae": (AutoencoderKL, vae),
    "clip-text": (CLIPTextModel, text),
    "clip": (CLIPModel, clip),
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        script = "test/golden/model/write-models.ts"
        subprocess.run(["npx", "tsx", script, folder], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
        folders = sorted(Path(folder).iterdir())
        print(f"torch {torch.__version__}, {len(folders)} folders")
        failed = [path.name for path in folders if not check(path)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def check(path):
    if path.name == "pipeline":
        return check_pipeline(path)
    kind = "clip-text" if path.name.startswith("clip-text") else path.name.split("-")[0]
    model_class, run = CLASSES[kind]
    model, info = model_class.from_pretrained(path, output_loading_info=True, dtype=torch.float32)
    problems = {name: found for name, found in info.items() if found}
    difference = compare(path, model.eval(), run)
    good = not problems and difference < TOLERANCE
    note = "as loaded" if path.name.endswith("-fresh") else f"largest difference {difference:.1e}"
    print(f"{'ok' if good else 'FAILED'} {path.name} with {model_class.__name__}: {note} {problems or ''}".rstrip())
    return good


def compare(path, model, run):
    if path.name.endswith("-fresh"):
        return 0.0
    golden = load_file(path / "golden.safetensors")
    with torch.no_grad():
        outputs = run(model, golden)
    return max(float((golden[name] - value).abs().max()) for name, value in outputs.items())


def check_pipeline(path):
    pipeline = StableDiffusionPipeline.from_pretrained(path, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    images = pipeline("abc", num_inference_steps=2, height=32, width=32, output_type="np").images
    print(f"ok pipeline with StableDiffusionPipeline: two steps make a picture {images.shape}")
    return images.shape == (1, 32, 32, 3)


main()
