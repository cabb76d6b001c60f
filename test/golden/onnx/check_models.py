"""Lets ONNX's own checker judge the models that SnapEvo writes, shapes included.

    python test/golden/onnx/check_models.py > test/golden/onnx/checked.txt

Needs onnx as in ../requirements.txt, and SnapEvo's development packages.
"""

import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import onnx

ROOT = Path(__file__).parents[3]


def nodes_of(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes_of(attribute.g)


def main():
    print(f"onnx {onnx.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npx", "tsx", "test/golden/onnx/write-models.ts", folder], cwd=ROOT, check=True)
        for path in sorted(Path(folder).glob("*.onnx")):
            onnx.checker.check_model(str(path), full_check=True)
            model = onnx.load(path)
            kinds = Counter(node.op_type for node in nodes_of(model.graph))
            found = f"{sum(kinds.values())} nodes of {len(kinds)} kinds, {kinds['If']} If, {kinds['Loop']} Loop"
            print(f"ok {path.stem}: opset {model.opset_import[0].version}, {found}")


if __name__ == "__main__":
    main()
