"""What the checks of exported folders share: SnapEvo's reference, and lines of the log."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

TOLERANCE = {"fp32": 1e-3, "fp16": 5e-2}


class Case:
    """A folder that write-exports.ts wrote."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.about = json.loads((self.folder / "reference.json").read_text())
        self.tensors = load_file(self.folder / "reference.safetensors")

    def pictures(self, pipeline):
        """Made by a pipeline of diffusers' interface from the reference's noise: [pictures, 3, height, width], from -1 to 1."""
        made = pipeline(
            self.about["prompts"],
            num_inference_steps=self.about["steps"],
            guidance_scale=self.about["guidanceScale"],
            latents=self.tensors["latents"].clone(),
            output_type="np",
        ).images
        return torch.from_numpy(made).permute(0, 3, 1, 2) * 2 - 1

    def row(self, loaded_by, dtype, prediction, pictures):
        """A line of the log: the largest differences; asserts them small."""
        apart = [
            (found.float() - self.tensors[name]).abs().max().item()
            for name, found in [("prediction", prediction), ("pictures", pictures)]
        ]
        fits = all(each <= TOLERANCE[dtype] for each in apart)
        line = f"| {self.folder.name} | {dtype} | {loaded_by} | {apart[0]:.1e} | {apart[1]:.1e} | {'yes' if fits else 'NO'} |"
        print(line, flush=True)
        return fits


def cases(folder):
    return [Case(each) for each in sorted(Path(folder).iterdir())]
