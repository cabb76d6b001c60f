"""Makes the golden pictures of test/evaluation: what diffusers' StableDiffusionPipeline makes of test/golden/model/pipeline
from our own starting noise, and how transformers' CLIPModel of test/golden/model/clip scores it.

    pip install -r test/golden/requirements.txt
    python test/golden/evaluation/make_pictures.py
"""

import importlib.util
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
GOLDEN = HERE.parent
SEED, STEPS, GUIDANCE = 11, 4, 3.0
PROMPTS = ["a red heart", "cat", "the moon and a face"]


def our_noise():
    spec = importlib.util.spec_from_file_location("diffusion_golden", GOLDEN / "diffusion" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [module.gaussian(SEED, index, 0, 4 * 8 * 8) for index in range(len(PROMPTS))]
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4, 8, 8)


def generate(**options):
    pipe = StableDiffusionPipeline.from_pretrained(GOLDEN / "model" / "pipeline", torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    pictures = pipe(PROMPTS, latents=our_noise(), num_inference_steps=STEPS, output_type="pt", **options).images
    return pipe, (pictures * 2 - 1).contiguous()


def score(pipe, pictures):
    clip = CLIPModel.from_pretrained(GOLDEN / "model" / "clip", torch_dtype=torch.float32).eval()
    size = clip.config.vision_config.image_size
    processor = CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size})
    images = [Image.fromarray(p.astype(np.uint8)) for p in ((pictures + 1) * 127.5).round().permute(0, 2, 3, 1).numpy()]
    ids = pipe.tokenizer(PROMPTS, padding="max_length", truncation=True, return_tensors="pt").input_ids
    with torch.no_grad():
        output = clip(input_ids=ids, pixel_values=processor(images, return_tensors="pt")["pixel_values"])
    return (output.image_embeds * output.text_embeds).sum(-1).tolist()


def main():
    pipe, guided = generate(guidance_scale=GUIDANCE)
    _, unguided = generate(guidance_scale=1.0)
    save_file({"guided": guided, "unguided": unguided}, HERE / "pictures.safetensors")
    facts = {"seed": SEED, "steps": STEPS, "guidanceScale": GUIDANCE, "prompts": PROMPTS, "clipScores": score(pipe, guided)}
    (HERE / "pictures.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
