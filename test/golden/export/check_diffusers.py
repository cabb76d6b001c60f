"""Loads exported folders with diffusers and compares with SnapEvo: `python check_diffusers.py EXPORTS`. Prints lines of docs/export-log.md."""

import sys

import torch
from comparison import cases
from diffusers import StableDiffusionPipeline
from diffusers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()


def check(case, dtype):
    """In float32 whatever the weights are stored as: half precision is slow on a CPU, and its rounding is not what is compared."""
    pipeline = StableDiffusionPipeline.from_pretrained(
        case.folder / f"diffusers-{dtype}", trust_remote_code=True, torch_dtype=torch.float32, safety_checker=None
    )
    pipeline.set_progress_bar_config(disable=True)
    with torch.no_grad():
        prediction = pipeline.unet(
            case.tensors["sample"], case.about["timestep"], encoder_hidden_states=case.tensors["context"]
        ).sample
    return case.row(type(pipeline.unet).__name__, dtype, prediction, case.pictures(pipeline))


if __name__ == "__main__":
    fit = [check(case, dtype) for case in cases(sys.argv[1]) for dtype in ("fp32", "fp16")]
    sys.exit(0 if all(fit) else 1)
