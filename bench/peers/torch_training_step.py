"""The process that trains with PyTorch and diffusers: `torch_training_step.py FOLDER THREADS`.

Settings of `prepare`: "optimizer" (fused or foreach), "channelsLast", "compile".
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file
from torch_serving import serve_torch


class Training:
    """A network, its optimizer, and the batches they go through."""

    def __init__(self, folder, settings):
        workload = json.loads((folder / "settings.json").read_text())
        files, self.max_norm = workload["files"], workload["maxGradientNorm"]
        self.batches = load_batches(folder / files["batches"], settings["channelsLast"])
        self.model = UNet2DConditionModel.from_config(workload["unet"])
        self.model.load_state_dict(load_file(folder / files["weights"]), strict=True)
        self.model.train()
        if settings["channelsLast"]:
            self.model.to(memory_format=torch.channels_last)
        self.parameters = list(self.model.parameters())
        adamw = workload["optimizer"]
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=workload["learningRate"],
            betas=(adamw["beta1"], adamw["beta2"]),
            eps=adamw["epsilon"],
            weight_decay=adamw["weightDecay"],
            **{settings["optimizer"]: True},
        )
        self.loss = torch.compile(self.plain_loss) if settings["compile"] else self.plain_loss
        self.next = 0

    def plain_loss(self, batch):
        prediction = self.model(batch["noisy"], batch["timestep"], batch["context"], return_dict=False)[0]
        return torch.nn.functional.mse_loss(prediction, batch["target"])

    def step(self):
        batch = self.batches[self.next % len(self.batches)]
        self.next += 1
        loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.max_norm, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def take(self, count):
        self.losses = [self.step() for _ in range(count)]

    def results(self):
        return [loss.item() for loss in self.losses]


def load_batches(path, channels_last):
    tensors = load_file(path)
    batches = [{name: value[i].clone() for name, value in tensors.items()} for i in range(len(tensors["noisy"]))]
    if channels_last:
        for batch in batches:
            for name in ("noisy", "target"):
                batch[name] = batch[name].contiguous(memory_format=torch.channels_last)
    return batches


def main():
    torch.set_num_threads(int(sys.argv[2]))
    serve_torch(lambda settings: Training(Path(sys.argv[1]), settings))


if __name__ == "__main__":
    main()
