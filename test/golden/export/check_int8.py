"""Compares an int8 export with one in fp32 of the same model, both for ONNX Runtime, as stock ONNX Runtime runs them, after ONNX's own checker:

    npx snapevo export models/emoji --format onnx --out FP32
    npx snapevo export models/emoji --format onnx --dtype int8 --out INT8
    python test/golden/export/check_int8.py FP32 INT8

Needs onnx, onnxruntime and numpy.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

SIZES = {
    "batch_size": 2,
    "sequence_length": 16,
    "height": 16,
    "width": 16,
    "latent_height": 16,
    "latent_width": 16,
    "sample_height": 64,
    "sample_width": 64,
}


def feeds(session, random):
    for each in session.get_inputs():
        shape = [SIZES.get(size, size) for size in each.shape]
        if each.name == "timestep":
            yield each.name, np.array(300, np.float32)
        elif "int64" in each.type:
            yield each.name, random.integers(0, 256, shape)
        else:
            yield each.name, random.standard_normal(shape).astype(np.float32)


def main(fp32, int8):
    random = np.random.default_rng(0)
    print("| part | int8 tensors | bytes | of fp32 | cosine | SNR in dB |\n| --- | --- | --- | --- | --- | --- |")
    for part in ["text_encoder", "unet", "vae_encoder", "vae_decoder"]:
        paths = [folder / part / "model.onnx" for folder in (fp32, int8)]
        onnx.checker.check_model(str(paths[1]), full_check=True)
        count = sum(each.data_type == onnx.TensorProto.INT8 for each in onnx.load(paths[1]).graph.initializer)
        sessions = [onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in paths]
        given = dict(feeds(sessions[0], random))
        one, other = (session.run(None, given)[0].astype(np.float64) for session in sessions)
        cosine = np.vdot(one, other) / np.linalg.norm(one) / np.linalg.norm(other)
        decibels = 20 * np.log10(np.linalg.norm(one) / np.linalg.norm(one - other))
        sizes = [path.stat().st_size for path in paths]
        print(f"| {part} | {count} | {sizes[1]} | {sizes[1] / sizes[0]:.0%} | {cosine:.6f} | {decibels:.1f} |")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
