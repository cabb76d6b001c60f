"""Proves that diffusers and Optimum run what SnapEvo exports, and writes docs/export-log.md. From the root of the repository:

    python test/golden/export/prove.py WORK --optimum PYTHON

This Python has test/golden/requirements.txt; PYTHON, another environment's, has test/golden/export/requirements-optimum.txt. WORK is a folder to work in.
"""

import argparse
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
HEAD = """# What diffusers and Optimum make of exports

Written by `python test/golden/export/prove.py WORK --optimum PYTHON`, which makes small random pipelines of the Stable Diffusion family, exports them and the
shipped one with `src/export`, as they are and evolved, loads the folders and compares with what SnapEvo itself computes in float32: one prediction of the
UNet on a batch of two, and two whole pictures (text encoder, guided denoising, VAE decoder; three steps from the same noise; from -1 to 1). Largest absolute
differences; at most 1e-3 is wanted of fp32, and 5e-2 of fp16, where every weight is rounded to half precision.

`evolved` of the emoji model is without the attentions of a stage and all but one block of the middle, which diffusers' own class can express. All other
evolved ones are without every third block, some of which leave projections, and with two copies of a block, which have weights of their own: diffusers loads
those with the module that travels in the folder. `small decoder` has half the channels of the VAE's decoder as well, the first of each normalisation group, untrained; diffusers
loads it as `AsymmetricAutoencoderKL`.

"""
VERSIONS = "import importlib.metadata as m, sys; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"


def run(*command):
    """The lines of the log a check prints; what it says besides goes to the terminal."""
    print(*command, file=sys.stderr, flush=True)
    done = subprocess.run([str(each) for each in command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return done.returncode == 0, "".join(line + "\n" for line in done.stdout.splitlines() if line.startswith("|"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--optimum", required=True)
    given = parser.parse_args()
    pipelines, exports = given.work / "pipelines", given.work / "exports"
    made, _ = run(sys.executable, HERE / "make_pipelines.py", pipelines)
    written, _ = run("npx", "tsx", HERE / "write-exports.ts", pipelines, exports)
    if not (made and written):
        sys.exit("could not make the exports")
    stock, by_diffusers = run(sys.executable, HERE / "check_diffusers.py", exports)
    onnx, by_optimum = run(given.optimum, HERE / "check_optimum.py", exports)
    packages = ["optimum-onnx", "onnxruntime", "diffusers", "transformers", "torch"]
    theirs = subprocess.run([given.optimum, "-c", VERSIONS, *packages], stdout=subprocess.PIPE, text=True).stdout.strip()
    own = ", ".join(f"{package} {version(package)}" for package in packages[2:])
    table = "| pipeline | weights | loaded by | prediction | pictures | within |\n| --- | --- | --- | --- | --- | --- |\n"
    log = f"{HEAD}diffusers: {own}. Optimum: {theirs}.\n\n{table}{by_diffusers}{by_optimum}"
    (ROOT / "docs" / "export-log.md").write_text(log)
    sys.exit(0 if stock and onnx else "some differences are too large")


if __name__ == "__main__":
    main()
