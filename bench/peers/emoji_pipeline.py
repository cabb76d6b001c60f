"""The shipped pipeline in diffusers and its scorer in transformers, as the peers run them."""

import json

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file
from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel


class Pipeline:
    """Makes pictures of the workload's captions, each from its own noise. Settings: "channelsLast", "compile"; the UNet is
    compiled whole, or block by block, so that any of them can be left out without compiling anew."""

    def __init__(self, folder, settings, by_blocks=False):
        self.workload = json.loads((folder / "settings.json").read_text())
        self.captions = self.workload["captions"]
        self.noise = load_file(folder / "noise.safetensors")["noise"]
        self.pipe = StableDiffusionPipeline.from_pretrained(
            self.workload["pipeline"], torch_dtype=torch.float32, local_files_only=True, safety_checker=None
        )
        self.pipe.set_progress_bar_config(disable=True)
        self.unet = self.pipe.unet
        if settings["channelsLast"]:
            for model in (self.pipe.unet, self.pipe.vae):
                model.to(memory_format=torch.channels_last)
        if settings["compile"]:
            for module in blocks_of(self.unet).values() if by_blocks else [self.unet]:
                module.forward = torch.compile(module.forward)
            self.pipe.vae.decoder.compile()

    def pictures(self, indices, output, **prompts):
        with torch.inference_mode():
            return self.pipe(
                num_inference_steps=self.workload["steps"],
                guidance_scale=self.workload["guidanceScale"],
                latents=self.noise[indices].clone(),
                output_type=output,
                **prompts,
            ).images

    def embed(self, captions):
        """What the text encoder makes of captions, to be asked for once."""
        with torch.inference_mode():
            return self.pipe.encode_prompt(captions, "cpu", 1, False)[0]


class Clip:
    """Scores pictures of captions that stay the same."""

    def __init__(self, folder, captions):
        self.model = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
        self.processor = CLIPImageProcessor.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        with torch.inference_mode():
            ids = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
            self.texts = unit(self.model.get_text_features(input_ids=ids))

    def score(self, pictures, first=0):
        with torch.inference_mode():
            pixels = self.processor(pictures, return_tensors="pt").pixel_values
            images = unit(self.model.get_image_features(pixel_values=pixels))
            return (images * self.texts[first : first + len(pictures)]).sum(-1).tolist()


def unit(features):
    embeds = features if isinstance(features, torch.Tensor) else features.pooler_output
    return embeds / embeds.norm(dim=-1, keepdim=True)


def blocks_of(unet):
    """The UNet's ResNets and transformers by name: what a search takes out."""
    kinds = ("ResnetBlock2D", "Transformer2DModel")
    return {name: module for name, module in unet.named_modules() if type(module).__name__ in kinds}
