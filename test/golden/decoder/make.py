"""Makes the golden files of the small image decoder: a VAE whose decoder is narrower than its encoder, what diffusers computes from it, and the gradient of
the distillation's loss against a teacher as PyTorch has it.

    pip install -r test/golden/requirements.txt
    python test/golden/decoder/make.py

Weights are rounded to float16, so that the folders stay small; outputs are computed from them in float32.
"""

import copy
import json
import shutil
from pathlib import Path

import torch
from diffusers import AsymmetricAutoencoderKL, AutoencoderKL
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).parent
EMOJI = HERE.parents[2] / "models" / "emoji" / "vae"
STAGES = dict(
    down_block_types=("DownEncoderBlock2D",) * 3,
    up_block_types=("UpDecoderBlock2D",) * 3,
    norm_num_groups=4,
    sample_size=16,
)


def main():
    torch.manual_seed(7)
    teacher = settle(AutoencoderKL(block_out_channels=(8, 16, 16), layers_per_block=1, **STAGES))
    student = settle(
        AsymmetricAutoencoderKL(
            down_block_out_channels=(8, 16, 16),
            layers_per_down_block=1,
            up_block_out_channels=(4, 8, 8),
            layers_per_up_block=2,
            **STAGES,
        )
    )
    image = torch.rand(2, 3, 16, 24) * 2 - 1
    latents = torch.randn(2, 4, 3, 5)
    save("teacher", teacher, {"latents": latents, "decoded": decode(teacher, latents)})
    with torch.no_grad():
        distribution = student.encode(image).latent_dist
    outputs = {"image": image, "mean": distribution.mean, "logvar": distribution.logvar}
    save("student", student, outputs | {"latents": latents, "decoded": decode(student, latents)})
    save_gradients(teacher, student, latents)
    count_operations(teacher, student)


def settle(model):
    """Random everywhere, norms and biases included, and exact in float16."""
    for parameter in model.parameters():
        parameter.data = (parameter + 0.15 * torch.randn_like(parameter)).half().float()
    return model.eval()


def decode(model, latents):
    with torch.no_grad():
        return model.decode(latents).sample


def save(name, model, tensors):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    copy.deepcopy(model).half().save_pretrained(folder)
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "golden.safetensors")


def save_gradients(teacher, student, latents):
    """Of the mean squared error between the two pictures, for every parameter of the student's decoder."""
    with torch.enable_grad():
        loss = torch.nn.functional.mse_loss(student.decode(latents).sample, decode(teacher, latents))
        loss.backward()
    gradients = {
        name: parameter.grad.contiguous() for name, parameter in student.named_parameters() if parameter.grad is not None
    }
    save_file(gradients | {"loss": loss.detach().reshape(1)}, HERE / "gradients.safetensors")


def count_operations(teacher, student):
    """Multiply-adds of decoding one picture, as torch.utils.flop_counter has them: it counts two operations for each."""
    emoji = AutoencoderKL.from_pretrained(EMOJI, torch_dtype=torch.float32)
    counts = {
        "emoji": count(emoji, torch.zeros(1, 4, 16, 16)),
        "teacher": count(teacher, torch.zeros(2, 4, 3, 5)),
        "student": count(student, torch.zeros(2, 4, 3, 5)),
    }
    (HERE / "operations.json").write_text(json.dumps(counts, indent=2) + "\n")


def count(model, latents):
    with FlopCounterMode(display=False) as counter:
        decode(model, latents)
    return counter.get_total_flops() // 2


main()
