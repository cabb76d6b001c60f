"""The process that steps with PyTorch and diffusers: `torch_unet_step.py UNET_FOLDER INPUT_FOLDER THREADS`.

Settings of `prepare`: "channelsLast", "compile".
"""

import re
import sys
import threading
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file
from torch_serving import serve_torch


class Stepping:
    """A network and what it is fed with."""

    def __init__(self, unet_folder, input_folder, settings):
        inputs = load_file(input_folder / "inputs.safetensors")
        self.probe = inputs["sample"].flatten()
        self.model = UNet2DConditionModel.from_pretrained(unet_folder, torch_dtype=torch.float32).eval()
        self.sample, self.timestep, self.context = inputs["sample"], inputs["timestep"], inputs["context"]
        if settings["channelsLast"]:
            self.model.to(memory_format=torch.channels_last)
            self.sample = self.sample.contiguous(memory_format=torch.channels_last)
        self.forward = torch.compile(self.model) if settings["compile"] else self.model

    def step(self):
        with torch.inference_mode():
            return self.forward(self.sample, self.timestep, self.context, return_dict=False)[0]

    def take(self, count):
        self.predictions = [self.step() for _ in range(count)]

    def results(self):
        return [number for each in self.predictions for number in self.summarize(each)]

    def summarize(self, prediction):
        flat = prediction.contiguous().flatten()
        size = flat.double().square().mean().sqrt()
        return [size.item(), 1 + ((flat.double() * self.probe.double()).mean() / size).item()]


def private_memory_mb():
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty:\s+(\d+)", rollup, re.MULTILINE).group(1)) / 1024


def highest_private_memory_mb(work):
    """Has work done and watches the memory meanwhile."""
    highest, done = [private_memory_mb()], threading.Event()

    def watch():
        while not done.wait(0.05):
            highest.append(private_memory_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return max(highest)


def main():
    unet_folder, input_folder = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(int(sys.argv[3]))
    serve_torch(
        lambda settings: Stepping(unet_folder, input_folder, settings),
        lambda stepping: {"privateMemoryMb": highest_private_memory_mb(stepping.step)},
    )


if __name__ == "__main__":
    main()
