"""The process that steps with PyTorch and diffusers: `torch_unet_step.py UNET_FOLDER INPUT_FOLDER THREADS`.

Reads a JSON object a line from its standard input and answers each with one; bench/unet-step/run.ts is the other
end. Settings of `prepare`: "channelsLast", "compile".
"""

import json
import re
import resource
import sys
import threading
import time
from pathlib import Path

import diffusers
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file


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

    def steps(self, count):
        cpu, started = time.process_time(), time.perf_counter()
        predictions = [self.step() for _ in range(count)]
        ms = (time.perf_counter() - started) * 1e3
        cpu_ms = (time.process_time() - cpu) * 1e3
        return {"ms": ms, "cpuMs": cpu_ms, "results": [x for each in predictions for x in self.summarize(each)]}

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


def facts(stepping):
    return {
        "versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "mkl": str(torch.backends.mkl.is_available()).lower(),
            "oneDNN": str(torch.backends.mkldnn.is_available()).lower(),
        },
        "privateMemoryMb": highest_private_memory_mb(stepping.step),
        "peakMemoryMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main():
    unet_folder, input_folder = Path(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(int(sys.argv[3]))
    stepping = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                stepping = None
                stepping = Stepping(unet_folder, input_folder, request["settings"])
                answer = {}
            elif request["do"] == "steps":
                answer = stepping.steps(request["count"])
            else:
                answer = facts(stepping)
        except Exception as error:  # said to the other end, which knows what to do without
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
