"""Makes small pipelines of the Stable Diffusion family with random weights: `python make_pipelines.py FOLDER`."""

import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TOKENIZER = Path(__file__).parents[3] / "models" / "emoji" / "tokenizer"
DOWN, UP = "DownBlock2D", "UpBlock2D"
CROSS_DOWN, CROSS_UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"

SD15 = dict(
    block_out_channels=(32, 64, 96, 96),
    down_block_types=(CROSS_DOWN,) * 3 + (DOWN,),
    up_block_types=(UP,) + (CROSS_UP,) * 3,
    layers_per_block=2,
    attention_head_dim=4,
)
SD21 = {**SD15, "attention_head_dim": (2, 4, 6, 6), "use_linear_projection": True, "upcast_attention": True}
BK_SDM_TINY = dict(
    block_out_channels=(32, 64, 96),
    down_block_types=(CROSS_DOWN,) * 3,
    up_block_types=(CROSS_UP,) * 3,
    mid_block_type=None,
    layers_per_block=1,
    attention_head_dim=4,
)
UNEVEN = dict(
    block_out_channels=(32, 64, 96),
    down_block_types=(CROSS_DOWN, CROSS_DOWN, DOWN),
    up_block_types=(UP, CROSS_UP, CROSS_UP),
    layers_per_block=(1, 3, 2),
    transformer_layers_per_block=(1, 2, 1),
    attention_head_dim=(2, 4, 6),
)
SCALED = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)


def ddim(**more):
    return DDIMScheduler(**SCALED, clip_sample=False, set_alpha_to_one=False, **more)


PIPELINES = {
    "sd-1.5-like": (SD15, "quick_gelu", ddim()),
    "sd-2.1-like": (SD21, "gelu", ddim(prediction_type="v_prediction")),
    "bk-sdm-tiny-like": (BK_SDM_TINY, "quick_gelu", ddim()),
    "sd-turbo-like": ({**SD21, "upcast_attention": None}, "gelu", EulerDiscreteScheduler(**SCALED, timestep_spacing="trailing")),
    "uneven-layers": (UNEVEN, "quick_gelu", ddim()),
}


def shake(model):
    """Norms that scale by one and shift by nothing, as they start, would hide mistakes."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return model


def make(folder, unet, activation, scheduler):
    text = CLIPTextConfig(
        vocab_size=1500, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=16, hidden_act=activation, bos_token_id=1498, eos_token_id=1499, projection_dim=64,
    )
    pipeline = StableDiffusionPipeline(
        unet=shake(UNet2DConditionModel(**unet, sample_size=16, cross_attention_dim=64, norm_num_groups=8)),
        vae=shake(
            AutoencoderKL(
                block_out_channels=(16, 32, 64),
                down_block_types=("DownEncoderBlock2D",) * 3,
                up_block_types=("UpDecoderBlock2D",) * 3,
                layers_per_block=1, latent_channels=4, norm_num_groups=8, sample_size=64,
            )
        ),
        text_encoder=shake(CLIPTextModel(text)),
        tokenizer=CLIPTokenizer.from_pretrained(TOKENIZER),
        scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    # transformers 5 writes tokenizer.json alone, which the transformers that Optimum runs on does not read
    shutil.rmtree(folder / "tokenizer")
    shutil.copytree(TOKENIZER, folder / "tokenizer")


if __name__ == "__main__":
    for index, (name, parts) in enumerate(PIPELINES.items()):
        torch.manual_seed(index)
        make(Path(sys.argv[1]) / name, *parts)
