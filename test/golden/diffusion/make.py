"""Writes the golden files of test/diffusion with diffusers (versions: ../requirements.txt).

    python test/golden/diffusion/make.py

Everything is float32 on the CPU, as diffusers runs its schedulers. The "model" is a fixed linear function of latents
and timestep, computed in float64 and rounded once, so that two implementations of it agree to the bit.
"""

import base64
import hashlib
import json
import math
import struct
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

HERE = Path(__file__).parent
SHAPE = (2, 1, 2, 3)
CLASSES = {"ddim": DDIMScheduler, "ddpm": DDPMScheduler}
SCHEDULES = {
    "linear": {"beta_schedule": "linear"},
    "scaled_linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    "squaredcos_cap_v2": {"beta_schedule": "squaredcos_cap_v2"},
}
PREDICTIONS = ("epsilon", "v_prediction", "sample")
SPACINGS = ("leading", "trailing", "linspace")
MAX_STEPS = 50


def write(name, value):
    (HERE / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.flatten().tolist()]


def table(tensor):
    return base64.b64encode(tensor.numpy().astype("<f4").tobytes()).decode()


def model(sample, timestep):
    return (0.3 * sample.double() + 0.0004 * int(timestep) - 0.1).float()


def make_schedules():
    tables = []
    trained = [0.01 + 0.002 * i for i in range(25)]
    variants = [{**config, "num_train_timesteps": 1000} for config in SCHEDULES.values()]
    variants += [{**config, "num_train_timesteps": 37} for config in SCHEDULES.values()]
    variants += [{"num_train_timesteps": 25, "trained_betas": trained}]
    for variant in variants:
        for rescale in (False, True):
            config = {**variant, "rescale_betas_zero_snr": rescale}
            scheduler = DDIMScheduler(**config)
            tables.append(
                {
                    "config": {"_class_name": "DDIMScheduler", **config},
                    "betas": table(scheduler.betas),
                    "alphasCumprod": table(scheduler.alphas_cumprod),
                }
            )
    write("schedules.json", tables)


def make_timesteps():
    cases = []
    for spacing in SPACINGS:
        for total, offset in ((1000, 0), (1000, 1), (50, 0)):
            for steps in (1, 2, 3, 4, 7, 8, 16, 20, 30, 33, 37, 48, 50):
                scheduler = DDIMScheduler(
                    num_train_timesteps=total, timestep_spacing=spacing, steps_offset=offset
                )
                scheduler.set_timesteps(steps)
                cases.append(
                    {
                        "spacing": spacing,
                        "trainTimesteps": total,
                        "stepsOffset": offset,
                        "steps": steps,
                        "timesteps": scheduler.timesteps.tolist(),
                    }
                )
    write("timesteps.json", cases)


def make_forward_process(sample, noise):
    cases = []
    timesteps = torch.tensor([3, 871])
    for name, config in SCHEDULES.items():
        scheduler = DDPMScheduler(**config)
        cases.append(
            {
                "config": {"_class_name": "DDPMScheduler", **config},
                "timesteps": timesteps.tolist(),
                "noisy": numbers(scheduler.add_noise(sample, noise, timesteps)),
                "velocity": numbers(scheduler.get_velocity(sample, noise, timesteps)),
            }
        )
    write("forward-process.json", {"sample": numbers(sample), "noise": numbers(noise), "cases": cases})


def make_guidance(unconditional, conditional):
    cases = []
    for scale, rescale in ((1.5, 0.0), (7.5, 0.0), (7.5, 0.7), (3.0, 1.0)):
        guided = unconditional + scale * (conditional - unconditional)
        if rescale > 0:
            guided = rescale_noise_cfg(guided, conditional, rescale)
        cases.append({"scale": scale, "rescale": rescale, "guided": numbers(guided)})
    write(
        "guidance.json",
        {"unconditional": numbers(unconditional), "conditional": numbers(conditional), "cases": cases},
    )


def trajectory(kind, config, steps, eta, start, noise):
    """The latents after each step."""
    scheduler = CLASSES[kind].from_config(config)
    scheduler.set_timesteps(steps)
    latents, visited = start, []
    for i, t in enumerate(scheduler.timesteps):
        output = model(scheduler.scale_model_input(latents, t), t)
        if kind == "ddim":
            given = noise[i] if eta > 0 else None
            latents = scheduler.step(output, t, latents, eta=eta, variance_noise=given).prev_sample
        else:
            with mock.patch(
                "diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *args, **kwargs: noise[i]
            ):
                latents = scheduler.step(output, t, latents).prev_sample
        visited.append(latents)
    return visited


def trajectory_cases():
    """(sampler, configuration, steps, eta)"""
    runs = (("ddim", 0.0), ("ddim", 0.5), ("ddpm", 0.0))
    for schedule in SCHEDULES.values():
        for prediction in PREDICTIONS:
            for spacing in SPACINGS:
                config = {
                    **schedule,
                    "prediction_type": prediction,
                    "timestep_spacing": spacing,
                    "clip_sample": False,
                }
                for kind, eta in runs:
                    yield kind, config, 6, eta
    scaled = SCHEDULES["scaled_linear"]
    stable_diffusion = {**scaled, "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}
    for kind, eta in (*runs, ("ddim", 1.0)):
        yield kind, {}, 8, eta
        yield kind, {"clip_sample_range": 0.4, "beta_schedule": "squaredcos_cap_v2"}, 8, eta
        yield kind, stable_diffusion, 30, eta
        yield kind, {**stable_diffusion, "prediction_type": "v_prediction"}, 8, eta
        zero_snr = {**scaled, "clip_sample": False, "rescale_betas_zero_snr": True}
        yield kind, {**zero_snr, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}, 8, eta
        yield kind, {**zero_snr, "prediction_type": "sample", "timestep_spacing": "linspace"}, 8, eta
        yield kind, {**zero_snr, "prediction_type": "epsilon"}, 8, eta
        yield kind, {"trained_betas": [0.01 + 0.002 * i for i in range(25)], "num_train_timesteps": 25}, 25, eta
    for variance in ("fixed_small", "fixed_small_log", "fixed_large"):
        yield "ddpm", {"variance_type": variance, **stable_diffusion}, 8, 0.0
    yield "ddim", SCHEDULES["squaredcos_cap_v2"], MAX_STEPS, 0.0
    yield "ddpm", {}, MAX_STEPS, 0.0


def make_trajectories(start, noise):
    cases = []
    for kind, config, steps, eta in trajectory_cases():
        visited = trajectory(kind, config, steps, eta, start, noise)
        assert all(torch.isfinite(latents).all() for latents in visited), (kind, config)
        # Long ones only at their first, middle and last steps.
        kept = range(steps) if steps <= 8 else (0, steps // 2, steps - 1)
        cases.append(
            {
                "config": {"_class_name": CLASSES[kind].__name__, **config},
                "steps": steps,
                "eta": eta,
                "latents": {i: numbers(visited[i]) for i in kept},
            }
        )
    write(
        "trajectories.json",
        {"start": numbers(start), "noise": [numbers(step) for step in noise], "cases": cases},
    )


def rotate(x, k):
    return ((x << k) | (x >> (64 - k))) & (2**64 - 1)


def xoroshiro128plus(s0, s1):
    """Low 32 bits of each output, after Blackman and Vigna's 2018 reference (24, 16, 37)."""
    while True:
        yield (s0 + s1) & (2**32 - 1)
        s1 ^= s0
        s0, s1 = rotate(s0, 24) ^ s1 ^ ((s1 << 16) & (2**64 - 1)), rotate(s1, 37)


def gaussian(seed, index, stream, length):
    digest = hashlib.sha256(f"snapevo:{seed}:{index}:{stream}".encode()).digest()
    high0, low0, high1, low1 = struct.unpack("<4I", digest[:16])
    bits = xoroshiro128plus(high0 << 32 | low0, high1 << 32 | low1)

    def uniform():
        return (next(bits) & (2**26 - 1)) * 2.0**-26 + (next(bits) & (2**27 - 1)) * 2.0**-53

    noise = []
    while len(noise) < length:
        radius, angle = math.sqrt(-2 * math.log(1 - uniform())), 2 * math.pi * uniform()
        noise += [radius * math.cos(angle), radius * math.sin(angle)]
    return noise[:length]


def make_gaussian():
    keys = ((0, 0, 0), (0, 1, 0), (42, 7, 3), (2**53 - 1, 2**33, 1))
    write(
        "gaussian.json",
        [
            {"seed": s, "index": i, "stream": r, "noise": [float(f"{x:.9g}") for x in gaussian(s, i, r, 9)]}
            for s, i, r in keys
        ],
    )


def main():
    rng = np.random.default_rng(20230601)
    draw = lambda: torch.tensor(rng.standard_normal(SHAPE).round(4), dtype=torch.float32)
    make_schedules()
    make_timesteps()
    make_forward_process(draw(), draw())
    make_guidance(draw(), draw())
    make_trajectories(draw(), [draw() for _ in range(MAX_STEPS)])
    make_gaussian()


if __name__ == "__main__":
    main()
