"""CMMD of small sets, by the formula of the reference code (google-research/cmmd, distance.py) in NumPy and float64.

Run: python make_cmmd.py   (writes cmmd.json beside it)
"""

import json
from pathlib import Path

import numpy as np


def mmd(x, y, sigma=10.0, scale=1000.0):
    """Biased estimator, as in the reference: x and y are [count, width], rows of unit length."""
    gamma = 1.0 / (2.0 * sigma**2)
    x_sq, y_sq = np.diag(x @ x.T), np.diag(y @ y.T)
    k_xx = np.mean(np.exp(-gamma * (-2 * x @ x.T + x_sq[:, None] + x_sq[None, :])))
    k_xy = np.mean(np.exp(-gamma * (-2 * x @ y.T + x_sq[:, None] + y_sq[None, :])))
    k_yy = np.mean(np.exp(-gamma * (-2 * y @ y.T + y_sq[:, None] + y_sq[None, :])))
    return scale * (k_xx + k_yy - 2 * k_xy)


def rows(generator, count, shift):
    x = generator.normal(size=(count, 6)) + shift
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


generator = np.random.default_rng(3)
cases = []
for counts, shift in [((5, 5), 0.0), ((7, 4), 0.5), ((3, 9), 2.0)]:
    one, other = rows(generator, counts[0], 0.0), rows(generator, counts[1], shift)
    expected = float(mmd(one.astype(np.float64), other.astype(np.float64)))
    cases.append({"one": one.tolist(), "other": other.tolist(), "cmmd": expected})
Path(__file__).with_name("cmmd.json").write_text(json.dumps(cases))
