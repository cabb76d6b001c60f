"""Writes the golden gradients of test/autodiff with PyTorch (versions: ../requirements.txt).

    python test/golden/autodiff/make.py

Every case is a function of some tensors and a gradient of its output; its file holds these, the output and the gradients
of the tensors, computed in float64 from inputs that are exact in float32.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

HERE = Path(__file__).parent


def record(tensor):
    elements = tensor.detach().flatten().tolist()
    if tensor.dtype == torch.int64:
        return {"shape": list(tensor.shape), "data": elements}
    return {"shape": list(tensor.shape), "data": [float(f"{x:.7g}") for x in elements]}


def draw(*shape):
    """Normal numbers in steps of 1/256: exact in float32, short in JSON."""
    return (torch.randn(shape, dtype=torch.float64) * 256).round() / 256


def case(function, **operands):
    for operand in operands.values():
        operand.requires_grad_(operand.dtype == torch.float64)
    output = function(**operands)
    seed = draw(*output.shape)
    output.backward(seed)
    gradients = {name: record(operand.grad) for name, operand in operands.items() if operand.grad is not None}
    return {
        "operands": {name: record(operand) for name, operand in operands.items()},
        "seed": record(seed),
        "output": record(output),
        "gradients": gradients,
    }


def attention(query, key, value):
    """Two heads; operands are [batch, tokens, channels]."""

    def split(x):
        return x.unflatten(-1, (2, -1)).transpose(1, 2)

    mixed = F.scaled_dot_product_attention(split(query), split(key), split(value))
    return mixed.transpose(1, 2).flatten(2)


def resnet_block(x, scale1, shift1, weight1, bias1, time, scale2, shift2, weight2, bias2):
    hidden = F.conv2d(F.silu(F.group_norm(x, 2, scale1, shift1, 1e-5)), weight1, bias1, padding=1)
    hidden = F.silu(F.group_norm(hidden + time[:, :, None, None], 2, scale2, shift2, 1e-5))
    return x + F.conv2d(hidden, weight2, bias2, padding=1)


CASES = {
    "conv 3x3": lambda: case(
        lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1),
        x=draw(2, 3, 5, 4), weight=draw(4, 3, 3, 3), bias=draw(4),
    ),
    "conv 3x3, stride 2": lambda: case(
        lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1, stride=2),
        x=draw(2, 3, 6, 5), weight=draw(2, 3, 3, 3), bias=draw(2),
    ),
    "conv 3x3, stride 2, padded right and below": lambda: case(
        lambda x, weight, bias: F.conv2d(F.pad(x, (0, 1, 0, 1)), weight, bias, stride=2),
        x=draw(2, 3, 6, 6), weight=draw(2, 3, 3, 3), bias=draw(2),
    ),
    "conv 1x1": lambda: case(
        lambda x, weight, bias: F.conv2d(x, weight, bias),
        x=draw(2, 3, 4, 3), weight=draw(4, 3, 1, 1), bias=draw(4),
    ),
    "group norm": lambda: case(
        lambda x, scale, shift: F.group_norm(x, 2, scale, shift, 1e-5),
        x=draw(2, 4, 3, 3), scale=draw(4), shift=draw(4),
    ),
    "layer norm": lambda: case(
        lambda x, scale, shift: F.layer_norm(x, (6,), scale, shift, 1e-5),
        x=draw(2, 3, 6), scale=draw(6), shift=draw(6),
    ),
    "linear": lambda: case(
        lambda x, weight, bias: F.linear(x, weight, bias),
        x=draw(2, 3, 4), weight=draw(5, 4), bias=draw(5),
    ),
    "attention": lambda: case(
        attention, query=draw(2, 3, 4), key=draw(2, 5, 4), value=draw(2, 5, 4)
    ),
    "gelu": lambda: case(lambda x: F.gelu(x), x=draw(4, 5)),
    "gelu, tanh": lambda: case(lambda x: F.gelu(x, approximate="tanh"), x=draw(4, 5)),
    "silu": lambda: case(lambda x: F.silu(x), x=draw(4, 5)),
    "cross entropy": lambda: case(
        lambda logits, targets: F.cross_entropy(logits, targets.softmax(-1)),
        logits=draw(4, 5), targets=draw(4, 5),
    ),
    "embedding": lambda: case(
        lambda table, indices: F.embedding(indices, table),
        table=draw(5, 3), indices=torch.tensor([[1, 4, 1], [0, 1, 4]]),
    ),
    "nearest upsampling": lambda: case(
        lambda x: F.interpolate(x, scale_factor=2.0, mode="nearest"), x=draw(2, 2, 3, 2)
    ),
    "resnet block": lambda: case(
        resnet_block,
        x=draw(2, 4, 4, 3), scale1=draw(4), shift1=draw(4), weight1=draw(4, 4, 3, 3), bias1=draw(4), time=draw(2, 4),
        scale2=draw(4), shift2=draw(4), weight2=draw(4, 4, 3, 3), bias2=draw(4),
    ),
}


def main():
    torch.manual_seed(20260704)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(make())}" for name, make in CASES.items())
    (HERE / "gradients.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
