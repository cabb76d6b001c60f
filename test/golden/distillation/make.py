"""Makes the golden files of test/training/distillation: losses of SnapFusion's step distillation (arXiv 2306.00980, section 4) and their gradients with respect to
the student's weights, by PyTorch, the teacher's two DDIM steps taken by diffusers' scheduler.

    pip install -r test/golden/requirements.txt
    python test/golden/distillation/make.py

Weights and inputs are exact in float16; all is computed in float64.
"""

import json
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file

HERE = Path(__file__).parent
EXTENT, TOKENS, CONTEXT, GAMMA = 4, 2, 4, 0.2
COMMON = dict(
    sample_size=EXTENT,
    layers_per_block=1,
    attention_head_dim=2,
    cross_attention_dim=CONTEXT,
    norm_num_groups=2,
)
NETWORKS = {
    "student": dict(
        block_out_channels=(4,), down_block_types=("CrossAttnDownBlock2D",), up_block_types=("CrossAttnUpBlock2D",), **COMMON
    ),
    "teacher": dict(
        block_out_channels=(4, 6),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **COMMON,
    ),
}
# Each with the student's steps: an item of the batch is at each of them.
CASES = {
    "trailing": (4, dict(beta_schedule="squaredcos_cap_v2", timestep_spacing="trailing", set_alpha_to_one=False)),
    "leading": (5, dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1)),
}


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    student, teacher = (make_network(name) for name in NETWORKS)
    facts = {"torch": torch.__version__, "gamma": GAMMA, "cases": {}}
    gradients = {}
    for name, (steps, scheduler) in CASES.items():
        config = dict(clip_sample=False, prediction_type="v_prediction", **scheduler)
        inputs = {
            "latents": exact(torch.randn(steps, 4, EXTENT, EXTENT)),
            "noise": exact(torch.randn(steps, 4, EXTENT, EXTENT)),
            "context": exact(torch.randn(steps, TOKENS, CONTEXT)),
            "unconditional": exact(torch.randn(1, TOKENS, CONTEXT)),
            "guidance": exact(2 + 12 * torch.rand(steps)),
        }
        case = {"steps": steps, "scheduler": {"_class_name": "DDIMScheduler", **config}}
        for loss in ("vanilla", "cfg", "velocity"):
            student.zero_grad()
            case[loss] = LOSSES[loss](student, teacher, config, steps, inputs)
            for parameter, value in student.named_parameters():
                gradients[f"{name}/{loss}/{parameter}"] = value.grad.float()
        facts["cases"][name] = case | {key: value.flatten().tolist() for key, value in inputs.items()}
    save_file(gradients, HERE / "gradients.safetensors")
    (HERE / "losses.json").write_text(json.dumps(facts, indent=1) + "\n")


def make_network(name):
    model = UNet2DConditionModel(**NETWORKS[name])
    for parameter in model.parameters():
        parameter.data = exact(parameter + 0.1 * torch.randn_like(parameter)).float()
    save_file({key: value.half() for key, value in model.state_dict().items()}, HERE / f"{name}.safetensors")
    (HERE / f"{name}.json").write_text(model.to_json_string())
    return model.double()


def exact(tensor):
    return tensor.half().double()


def distillation(is_guided):
    def loss(student, teacher, config, steps, inputs):
        latents, noise, context = inputs["latents"], inputs["noise"], inputs["context"]
        coarse, fine = DDIMScheduler(**config), DDIMScheduler(**config)
        coarse.set_timesteps(steps)
        fine.set_timesteps(2 * steps)
        t = coarse.timesteps
        z = coarse.add_noise(latents, noise, t)
        w = inputs["guidance"].reshape(-1, 1, 1, 1)

        def predict(model, sample, timesteps):
            conditional = model(sample, timesteps, context).sample
            if not is_guided:
                return conditional, conditional
            empty = model(sample, timesteps, inputs["unconditional"].expand_as(context)).sample
            return w * conditional - (w - 1) * empty, conditional

        with torch.no_grad():
            grid = fine.timesteps.tolist()
            middle = torch.tensor([grid[grid.index(at) + 1] if at != grid[-1] else -1 for at in t.tolist()])
            between = ddim(fine, predict(teacher, z, t)[0], t, z)
            after = ddim(fine, predict(teacher, between, middle.clamp(min=0))[0], middle, between)
        alpha_bar, alpha_bar_after = products(coarse, t), products(coarse, t - 1000 // steps)
        alpha, sigma = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
        ratio = (1 - alpha_bar_after).sqrt() / sigma
        target = (after - ratio * z) / (alpha_bar_after.sqrt() - ratio * alpha)
        prediction, conditional = predict(student, z, t)
        x = alpha * z - sigma * prediction
        distil = (torch.clamp(alpha**2 / sigma**2, min=1) * (x - target) ** 2).mean()
        original = ((conditional - coarse.get_velocity(latents, noise, t)) ** 2).mean()
        total = distil + GAMMA * (distil / original).detach() * original
        total.backward()
        return {"total": total.item(), "distillation": distil.item(), "original": original.item()}

    return loss


def velocity(student, teacher, config, steps, inputs):
    scheduler = DDIMScheduler(**config)
    latents, noise = inputs["latents"], inputs["noise"]
    t = torch.linspace(0, 999, steps).round().long()
    prediction = student(scheduler.add_noise(latents, noise, t), t, inputs["context"]).sample
    loss = ((prediction - scheduler.get_velocity(latents, noise, t)) ** 2).mean()
    loss.backward()
    return {"total": loss.item(), "timesteps": t.tolist()}


def ddim(scheduler, predictions, timesteps, samples):
    """Each item's own step; one whose grid has ended stays where it is."""
    stepped = [
        z if t < 0 else scheduler.step(v, t, z).prev_sample for v, t, z in zip(predictions, timesteps, samples)
    ]
    return torch.stack(stepped)


def products(scheduler, timesteps):
    values = [
        scheduler.alphas_cumprod[t].double() if t >= 0 else scheduler.final_alpha_cumprod.double() for t in timesteps.tolist()
    ]
    return torch.stack(values).reshape(-1, 1, 1, 1)


LOSSES = {"vanilla": distillation(False), "cfg": distillation(True), "velocity": velocity}

if __name__ == "__main__":
    main()
