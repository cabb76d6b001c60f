"""The process that does a round of the search with PyTorch and diffusers, written plainly: `torch_round.py FOLDER THREADS`.

It does what `bench/round/plan.ts` has written of a round of SnapEvo's: the same steps of robust training on the same
draws, the same architectures scored by the same captions and noise. Settings of `prepare`: "channelsLast", "compile",
"optimizer" (fused or foreach), and of a trial "steps" and "scores", the most that are done of each.
"""

import copy
import json
import math
import sys
from pathlib import Path

import torch
from emoji_pipeline import Clip, Pipeline, blocks_of
from safetensors.torch import load_file
from torch_serving import serve_torch


class Round:
    """From the pretrained weights on, each time."""

    def __init__(self, folder, settings):
        self.settings = settings
        self.plan = json.loads((folder / "plan.json").read_text())
        self.draws = load_file(folder / "draws.safetensors")
        self.pipeline = Pipeline(folder, settings, by_blocks=True)
        self.pipe, self.unet = self.pipeline.pipe, self.pipeline.unet
        self.parameters = list(self.unet.parameters())
        self.pretrained = copy.deepcopy(self.unet.state_dict())
        self.skipped = set()
        for name, block in blocks_of(self.unet).items():
            make_skippable(block, name, self.skipped)
        captions = self.pipeline.captions
        self.clip = Clip(self.pipeline.workload["clip"], captions)
        self.prompts = {
            "prompt_embeds": self.pipeline.embed(captions),
            "negative_prompt_embeds": self.pipeline.embed([""] * len(captions)),
        }

    def take(self, count):
        for _ in range(count):
            self.unet.load_state_dict(self.pretrained)
            self.start_training()
            steps, scores = (self.settings.get(name, math.inf) for name in ("steps", "scores"))
            self.losses, self.scores = [], []
            for unit in self.plan["work"]:
                if unit["type"] == "train":
                    for _ in range(min(unit["steps"], steps - len(self.losses))):
                        self.losses.append(self.train(len(self.losses)))
                elif len(self.scores) < scores:
                    self.scores.append(self.score(unit["skipped"], slice(unit["from"], unit["to"])))

    def start_training(self):
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=0,
            weight_decay=self.plan["weightDecay"],
            **{self.settings["optimizer"]: True},
        )
        for parameter in self.parameters:  # moments of a block that is skipped fall, too
            parameter.grad = torch.zeros_like(parameter)

    def train(self, step):
        self.skip(name for name, runs in zip(self.plan["blocks"], self.draws["gates"][step], strict=True) if not runs)
        noisy, target, timesteps, context = self.batch(step)
        self.unet.train()
        prediction = self.unet(noisy, timesteps, context, return_dict=False)[0]
        loss = torch.nn.functional.mse_loss(prediction, target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.plan["maxGradientNorm"], foreach=True)
        self.optimizer.param_groups[0]["lr"] = self.plan["learningRates"][step]
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
        return loss.item()

    @torch.no_grad()
    def batch(self, step):
        vae, scheduler = self.pipe.vae, self.pipe.scheduler
        latents = vae.encode(self.draws["pixels"][step]).latent_dist.mean * vae.config.scaling_factor
        context = self.pipe.text_encoder(self.draws["ids"][step].long())[0]
        noise, timesteps = self.draws["noise"][step], self.draws["timesteps"][step].long()
        noisy = scheduler.add_noise(latents, noise, timesteps)
        return noisy, scheduler.get_velocity(latents, noise, timesteps), timesteps, context

    def score(self, skipped, which):
        self.skip(skipped)
        self.unet.eval()
        prompts = {name: embeds[which] for name, embeds in self.prompts.items()}
        pictures = self.pipeline.pictures(which, "pil", **prompts)
        scores = self.clip.score(pictures, first=which.start)
        return sum(scores) / len(scores)

    def skip(self, names):
        self.skipped.clear()
        self.skipped.update(names)

    def results(self):
        return self.losses + self.scores


def make_skippable(block, name, skipped):
    """A block that is skipped gives what it was given, through the projection of its shortcut if it has one."""
    forward = block.forward
    shortcut = getattr(block, "conv_shortcut", None)
    is_resnet = type(block).__name__ == "ResnetBlock2D"

    def skippable(hidden, *args, **kwargs):
        if name not in skipped:
            return forward(hidden, *args, **kwargs)
        if is_resnet:
            return hidden if shortcut is None else shortcut(hidden)
        return (hidden,)

    block.forward = skippable


def main():
    torch.set_num_threads(int(sys.argv[2]))
    serve_torch(lambda settings: Round(Path(sys.argv[1]), settings))


if __name__ == "__main__":
    main()
