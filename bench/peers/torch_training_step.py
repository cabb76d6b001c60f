"""The process that trains with PyTorch and diffusers: `torch_training_step.py FOLDER THREADS`.

Reads a JSON object a line from its standard input and answers each with one; bench/training-step/side.ts is the other
end. Settings of `prepare`: "optimizer" (fused or foreach), "channelsLast", "compile".
"""

import json
import resource
import sys
import time
from pathlib import Path

import diffusers
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file


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

    def steps(self, count):
        cpu, started = time.process_time(), time.perf_counter()
        losses = [self.step() for _ in range(count)]
        ms = (time.perf_counter() - started) * 1e3
        cpu_ms = (time.process_time() - cpu) * 1e3
        return {"ms": ms, "cpuMs": cpu_ms, "results": [loss.item() for loss in losses]}


def load_batches(path, channels_last):
    tensors = load_file(path)
    batches = [{name: value[i].clone() for name, value in tensors.items()} for i in range(len(tensors["noisy"]))]
    if channels_last:
        for batch in batches:
            for name in ("noisy", "target"):
                batch[name] = batch[name].contiguous(memory_format=torch.channels_last)
    return batches


def facts():
    return {
        "versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "mkl": str(torch.backends.mkl.is_available()).lower(),
            "oneDNN": str(torch.backends.mkldnn.is_available()).lower(),
        },
        "peakMemoryMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main():
    folder = Path(sys.argv[1])
    torch.set_num_threads(int(sys.argv[2]))
    training = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                training = Training(folder, request["settings"])
                answer = {}
            elif request["do"] == "steps":
                answer = training.steps(request["count"])
            else:
                answer = facts()
        except Exception as error:  # said to the other end, which knows what to do without
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
