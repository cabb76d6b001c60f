"""Makes the safetensors golden files with the reference implementation.

Run from this folder: python make_safetensors.py (versions in ../requirements.txt).
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
VALUES = [0.0, -0.0, 1.0, -1.5, 1 / 3, 65504.0, 6e-8, 2.98e-8, 6.1e-5, 1e-3, 3.14159265, 1 + 2**-11, 1 + 3 * 2**-11]

floats = torch.tensor(VALUES + [float("inf"), float("-inf")], dtype=torch.float32)
halves = {"half": floats.half(), "brain": floats.bfloat16()}

save_file(
    {
        "float": floats.reshape(3, 5),
        "long": torch.tensor([-(2**63), 0, 2**53 + 1]),
        "int": torch.tensor([[-5, 7]], dtype=torch.int32),
        "byte": torch.tensor([0, 255, 3], dtype=torch.uint8),
        "flag": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "é.weight": torch.tensor([7.0]),
        **halves,
    },
    HERE / "mixed.safetensors",
    metadata={"format": "pt"},
)
(HERE / "mixed.json").write_text(
    json.dumps(
        {
            "values": [str(v) for v in floats.tolist()],
            **{name: [str(v) for v in t.float().tolist()] for name, t in halves.items()},
        },
        indent=1,
    )
    + "\n"
)
