"""Loads exported folders with Optimum and compares with SnapEvo: `python check_optimum.py EXPORTS`. Prints lines of docs/export-log.md."""

import sys

import torch
from comparison import cases
from diffusers.utils import logging
from optimum.onnxruntime import ORTStableDiffusionPipeline

logging.set_verbosity_error()
logging.disable_progress_bar()


def check(case, dtype):
    pipeline = ORTStableDiffusionPipeline.from_pretrained(case.folder / f"onnx-{dtype}")
    pipeline.set_progress_bar_config(disable=True)
    prediction = pipeline.unet(
        case.tensors["sample"].clone(),
        torch.tensor(float(case.about["timestep"])),
        encoder_hidden_states=case.tensors["context"].clone(),
        return_dict=False,
    )[0]
    return case.row("ORTStableDiffusionPipeline", dtype, prediction, case.pictures(pipeline))


if __name__ == "__main__":
    fit = [check(case, dtype) for case in cases(sys.argv[1]) for dtype in ("fp32", "fp16")]
    sys.exit(0 if all(fit) else 1)
