"""Makes the golden files of test/training: ten steps of a small UNet with PyTorch's AdamW, gradients clipped by their
global norm, once with every block running and once with blocks left out at random as robust training does.

    pip install -r test/golden/requirements.txt
    python test/golden/training/make.py

Initial weights and batches are exact in float16. What the steps changed is stored, not the weights reached: it is
small, so that float16 holds it to a few millionths.
"""

import copy
import json
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

HERE = Path(__file__).parent
STEPS, BATCH, EXTENT, TOKENS, CONTEXT = 10, 2, 8, 3, 8
CONFIG = dict(
    sample_size=EXTENT,
    block_out_channels=(8, 12),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    layers_per_block=1,
    attention_head_dim=2,
    cross_attention_dim=CONTEXT,
    norm_num_groups=4,
)
OPTIMIZER = dict(betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05)
MAX_NORM = 1.3
RATES = [0.0005, 0.001, 0.002, 0.002, 0.0019, 0.0017, 0.0014, 0.0011, 0.0008, 0.0006]


class Gated(torch.nn.Module):
    """A block that can be left out: the projection of a ResNet that changes its channels stays."""

    def __init__(self, block):
        super().__init__()
        self.block = block
        self.projection = getattr(block, "conv_shortcut", None) or torch.nn.Identity()
        self.on = True

    def forward(self, x, *args, return_dict=True, **kwargs):
        if self.on:
            return self.block(x, *args, **({} if return_dict else {"return_dict": False}), **kwargs)
        result = self.projection(x)
        return result if return_dict else (result,)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = UNet2DConditionModel(**CONFIG)
    for parameter in model.parameters():
        parameter.data = (parameter + 0.1 * torch.randn_like(parameter)).half().float()
    model.save_config(HERE)
    save(HERE / "initial.safetensors", model.state_dict())
    batches = {
        "noisy": torch.randn(STEPS, BATCH, 4, EXTENT, EXTENT),
        "target": torch.randn(STEPS, BATCH, 4, EXTENT, EXTENT),
        "timestep": torch.randint(0, 1000, (STEPS, BATCH)).float(),
        "context": torch.randn(STEPS, BATCH, TOKENS, CONTEXT),
    }
    batches = {name: value.half().float() for name, value in batches.items()}
    save(HERE / "batches.safetensors", batches)
    paths = [name for name, _ in model.named_modules() if is_block(name)]
    gates = (torch.rand(STEPS, len(paths)) >= 0.4).tolist()
    always = [[True] * len(paths)] * STEPS
    facts = {
        "torch": torch.__version__,
        "optimizer": OPTIMIZER | {"maxGradientNorm": MAX_NORM, "learningRates": RATES},
        "whole": train("whole", model, batches, paths, always),
        "robust": {
            "gates": [dict(zip(paths, row)) for row in gates],
            **train("robust", model, batches, paths, gates),
        },
    }
    (HERE / "steps.json").write_text(json.dumps(facts, indent=1) + "\n")


def is_block(name):
    parts = name.split(".")
    return len(parts) > 1 and parts[-2] in ("resnets", "attentions") and parts[-1].isdigit()


def train(name, initial, batches, paths, gates):
    """Ten steps; every parameter has a gradient in every step, of zeros where its block was left out."""
    model = copy.deepcopy(initial)
    names = [parameter for parameter, _ in model.named_parameters()]
    parameters = list(model.parameters())
    gated = [gate(model, path) for path in paths]
    optimizer = torch.optim.AdamW(parameters, foreach=False, **OPTIMIZER)
    losses, norms = [], []
    for step in range(STEPS):
        for module, on in zip(gated, gates[step]):
            module.on = on
        for parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
        noisy, target, timestep, context = (batches[key][step] for key in ("noisy", "target", "timestep", "context"))
        loss = torch.nn.functional.mse_loss(model(noisy, timestep, context).sample, target)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, MAX_NORM).item())
        losses.append(loss.item())
        optimizer.param_groups[0]["lr"] = RATES[step]
        optimizer.step()
    before = dict(initial.named_parameters())
    changes = {key: value.detach() - before[key].detach() for key, value in zip(names, parameters)}
    save(HERE / f"{name}-changes.safetensors", changes)
    return {"losses": losses, "gradientNorms": norms}


def gate(model, path):
    parent, _, index = path.rpartition(".")
    module = Gated(model.get_submodule(path))
    model.get_submodule(parent)[int(index)] = module
    return module


def save(path, tensors):
    save_file({name: tensor.detach().half().contiguous() for name, tensor in tensors.items()}, path)


if __name__ == "__main__":
    main()
