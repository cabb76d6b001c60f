"""The process that makes pictures with PyTorch and diffusers: `torch_pictures.py FOLDER THREADS`.

Settings of `prepare`: "make" (pictures: of one caption a step, always another; scores: of all captions, with CLIP),
"channelsLast", "compile".
"""

import sys
from pathlib import Path

import torch
from emoji_pipeline import Clip, Pipeline
from torch_serving import serve_torch


class Pictures:
    """A picture a step, prompt in, pixels out."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.next = 0

    def take(self, count):
        self.taken = []
        for _ in range(count):
            index = self.next % len(self.pipeline.captions)
            self.next += 1
            prompt = [self.pipeline.captions[index]]
            self.taken.append(self.pipeline.pictures([index], "pt", prompt=prompt))

    def results(self):
        return [number for picture in self.taken for number in size_and_correlation(picture * 2 - 1)]


class Scores:
    """All pictures and their scores a step. What is made of the captions is kept, as it is for candidate after candidate."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        captions = pipeline.captions
        self.clip = Clip(pipeline.workload["clip"], captions)
        self.prompts = {
            "prompt_embeds": pipeline.embed(captions),
            "negative_prompt_embeds": pipeline.embed([""] * len(captions)),
        }

    def take(self, count):
        self.taken = []
        for _ in range(count):
            pictures = self.pipeline.pictures(slice(None), "pil", **self.prompts)
            self.taken += self.clip.score(pictures)

    def results(self):
        return self.taken


def size_and_correlation(picture):
    flat = picture.flatten().double()
    size = flat.square().mean().sqrt()
    wave = torch.arange(len(flat), dtype=torch.float64).cos() * 2**0.5
    return [size.item(), 1 + ((flat * wave).mean() / size).item()]


def main():
    torch.set_num_threads(int(sys.argv[2]))

    def prepare(settings):
        pipeline = Pipeline(Path(sys.argv[1]), settings)
        return Pictures(pipeline) if settings["make"] == "pictures" else Scores(pipeline)

    serve_torch(prepare)


if __name__ == "__main__":
    main()
