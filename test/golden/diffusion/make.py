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
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
)
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

HERE = Path(__file__).parent
SHAPE = (2, 1, 2, 3)
CLASSES = {
    "ddim": DDIMScheduler,
    "ddpm": DDPMScheduler,
    "euler": EulerDiscreteScheduler,
    "dpm-solver++": DPMSolverMultistepScheduler,
}
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
    return (0.3 * sample.double() + 0.0004 * float(timestep) - 0.1).float()


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


# As published: Stable Diffusion 1.5, 2.1 and SD-Turbo, and configurations as other pipelines of the family have them.
PNDM_OF_15 = {
    "_class_name": "PNDMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}
EULER_OF_TURBO = {
    "_class_name": "EulerDiscreteScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "interpolation_type": "linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 1.0,
    "set_alpha_to_one": False,
    "sigma_max": None,
    "sigma_min": None,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "timestep_spacing": "trailing",
    "timestep_type": "discrete",
    "trained_betas": None,
    "use_karras_sigmas": False,
}


def sigma_cases():
    """(sampler, file, steps) of the samplers that go by noise levels, and of files swapped between classes"""
    for name, schedule in SCHEDULES.items():
        for spacing in SPACINGS:
            for kind in ("euler", "dpm-solver++"):
                base = {"_class_name": CLASSES[kind].__name__, **schedule, "timestep_spacing": spacing}
                predictions = PREDICTIONS if name == "scaled_linear" else ("v_prediction",)
                for prediction in predictions:
                    yield kind, {**base, "prediction_type": prediction}, 6
                yield kind, {**base, "use_karras_sigmas": True, "prediction_type": "v_prediction"}, 5
    for kind in ("euler", "dpm-solver++"):
        base = {"_class_name": CLASSES[kind].__name__, **SCHEDULES["scaled_linear"]}
        yield kind, {**base, "timestep_spacing": "leading", "steps_offset": 1}, 20
        yield kind, {**base, "final_sigmas_type": "sigma_min", "prediction_type": "v_prediction"}, 7
        yield kind, {**base, "use_karras_sigmas": True, "sigma_min": 0.1, "sigma_max": 10.0}, 8
        for prediction in ("v_prediction", "sample"):
            zero_snr = {"rescale_betas_zero_snr": True, "prediction_type": prediction, "timestep_spacing": "trailing"}
            yield kind, {**base, **zero_snr}, 8
        yield kind, {**base, "trained_betas": [0.01 + 0.002 * i for i in range(25)], "num_train_timesteps": 25}, 5
    euler = {"_class_name": "EulerDiscreteScheduler", **SCHEDULES["scaled_linear"]}
    yield "euler", {**euler, "interpolation_type": "log_linear"}, 6
    yield "euler", EULER_OF_TURBO, 1
    yield "euler", EULER_OF_TURBO, 4
    yield "euler", {**EULER_OF_TURBO, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}, 1
    solver = {"_class_name": "DPMSolverMultistepScheduler", **SCHEDULES["scaled_linear"]}
    for changes, steps in (
        ({"solver_order": 1}, 6),
        ({"solver_type": "heun"}, 6),
        ({"solver_type": "bh2"}, 6),
        ({"final_sigmas_type": "sigma_min", "lower_order_final": False}, 8),
        ({"final_sigmas_type": "sigma_min"}, 20),
        ({"final_sigmas_type": "sigma_min", "euler_at_final": True}, 20),
        ({"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1}, 8),
        ({"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1, "timestep_spacing": "trailing"}, 8),
    ):
        yield "dpm-solver++", {**solver, **changes}, steps
    for kind in CLASSES:
        yield kind, PNDM_OF_15, 8
        yield kind, EULER_OF_TURBO, 8
    yield "ddim", {**PNDM_OF_15, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}, 8
    for name in ("LMSDiscreteScheduler", "EulerAncestralDiscreteScheduler"):
        yield "euler", {"_class_name": name, **SCHEDULES["scaled_linear"], "clip_sample": False}, 8
        yield "euler", {"_class_name": name, "use_karras_sigmas": True, "timestep_spacing": "leading"}, 8


def swapped_trajectory(kind, file, steps, start, noise):
    scheduler = CLASSES[kind].from_config(dict(file))
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        # Else it starts at the second where rounding has made two timesteps the same, and runs out of them.
        scheduler.set_begin_index(0)
    latents, visited = start * scheduler.init_noise_sigma, []
    for i, t in enumerate(scheduler.timesteps):
        output = model(scheduler.scale_model_input(latents, t), t)
        with mock.patch("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *args, **kwargs: noise[i]):
            latents = scheduler.step(output, t, latents).prev_sample
        visited.append(latents)
    return scheduler, visited


def make_swaps(start, noise):
    cases = []
    for kind, file, steps in sigma_cases():
        scheduler, visited = swapped_trajectory(kind, file, steps, start, noise)
        assert all(torch.isfinite(latents).all() for latents in visited), (kind, file)
        kept = range(len(visited)) if steps <= 8 else (0, steps // 2, steps - 1)
        cases.append(
            {
                "sampler": kind,
                "file": file,
                "steps": steps,
                "timesteps": [float(f"{x:.9g}") for x in scheduler.timesteps.tolist()],
                "initNoiseSigma": float(f"{float(scheduler.init_noise_sigma):.9g}"),
                "latents": {i: numbers(visited[i]) for i in kept},
            }
        )
    write("swaps.json", {"start": numbers(start), "noise": [numbers(step) for step in noise[:8]], "cases": cases})


# What each class writes when it saves itself: the fields that a file may have.
def make_saved_files():
    classes = (*CLASSES.values(), PNDMScheduler, LMSDiscreteScheduler, EulerAncestralDiscreteScheduler)
    write("saved-schedulers.json", {each.__name__: each().to_json_string() for each in classes})


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
    start, noise = draw(), [draw() for _ in range(MAX_STEPS)]
    make_trajectories(start, noise)
    make_swaps(start, noise)
    make_saved_files()
    make_gaussian()


if __name__ == "__main__":
    main()
