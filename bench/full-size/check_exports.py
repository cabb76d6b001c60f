"""Runs the UNets that trained-weights.ts exported and compares with SnapEvo: `python check_exports.py WORK diffusers|onnx`. Needs bench/peers/requirements.txt, onnx
and onnxruntime."""

import json
import resource
import sys
import time
from pathlib import Path

from safetensors.torch import load_file

work, which = Path(sys.argv[1]), sys.argv[2]
inputs = load_file(work / "reference.safetensors")
timestep = json.loads((work / "reference.json").read_text())["timestep"]
sizes = lambda folder: {str(f.relative_to(folder)): f.stat().st_size for f in sorted(folder.rglob("*")) if f.stat().st_size > 2**26}
start = time.time()

if which == "diffusers":
    import torch
    from diffusers import StableDiffusionPipeline

    # in float32 whatever the weights are stored as: half precision is slow on a CPU
    folder = work / "diffusers-fp16"
    pipeline = StableDiffusionPipeline.from_pretrained(folder, trust_remote_code=True, torch_dtype=torch.float32, safety_checker=None)
    loaded = time.time()
    with torch.no_grad():
        prediction = pipeline.unet(inputs["sample"], timestep, encoder_hidden_states=inputs["context"]).sample.numpy()
else:
    import numpy
    import onnx
    import onnxruntime

    folder = work / "onnx-fp32"
    for part in ("text_encoder", "vae_encoder", "vae_decoder", "unet"):
        onnx.checker.check_model(str(folder / part / "model.onnx"))
        session = onnxruntime.InferenceSession(str(folder / part / "model.onnx"), providers=["CPUExecutionProvider"])
    loaded = time.time()
    feeds = {"sample": inputs["sample"].numpy(), "encoder_hidden_states": inputs["context"].numpy(), "timestep": numpy.float32(timestep)}
    (prediction,) = session.run(None, {name: numpy.asarray(value) for name, value in feeds.items()})

expected = inputs["prediction"].numpy()
print(sizes(folder))
print(f"loaded in {loaded - start:.0f} s, run in {time.time() - loaded:.0f} s, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")
print(f"largest difference {abs(prediction - expected).max():.1e} of {abs(expected).max():.3f}")
