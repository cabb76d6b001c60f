"""Makes the golden files of test/model: small random models in the folders that diffusers and transformers save them
in, with inputs and what those libraries compute from them.

    pip install -r test/golden/requirements.txt
    python test/golden/model/make.py

Weights are rounded to float16, so that the folders stay small; outputs are computed from them in float32.
"""

import copy
import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
CONTEXT = 12
VOCABULARY = 60

UNETS = {
    # Stable Diffusion's shape on three levels; the pipeline's own UNet
    "unet-three-levels": dict(
        sample_size=8,
        block_out_channels=(8, 16, 24),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        attention_head_dim=4,
    ),
    # Stable Diffusion 1.5's shape
    "unet-four-levels": dict(sample_size=16, block_out_channels=(8, 8, 16, 16), attention_head_dim=4),
    # what Stable Diffusion 2 and others change, and more than they do
    "unet-linear-projection": dict(
        block_out_channels=(8, 16, 24),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        use_linear_projection=True,
        attention_head_dim=(1, 2, 3),
        transformer_layers_per_block=(2, 1, 1),
        layers_per_block=(1, 2, 1),
        only_cross_attention=(True, False, False),
        upcast_attention=True,
        act_fn="gelu",
        flip_sin_to_cos=False,
        freq_shift=1,
        center_input_sample=True,
        downsample_padding=0,
        time_embedding_dim=20,
        conv_in_kernel=5,
        conv_out_kernel=1,
        norm_eps=1e-4,
    ),
    "unet-resnet-middle": dict(
        block_out_channels=(8, 16),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        mid_block_type="UNetMidBlock2D",
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        attention_head_dim=2,
    ),
    "unet-no-middle": dict(
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type=None,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        attention_head_dim=2,
        in_channels=5,
        out_channels=3,
    ),
}

VAES = {
    "vae-three-levels": dict(block_out_channels=(8, 16, 16), layers_per_block=1, sample_size=16),
    "vae-plain": dict(
        block_out_channels=(8, 16),
        layers_per_block=2,
        latent_channels=3,
        use_quant_conv=False,
        use_post_quant_conv=False,
        mid_block_add_attention=False,
        act_fn="relu",
    ),
}

TEXT = dict(
    vocab_size=VOCABULARY,
    hidden_size=CONTEXT,
    intermediate_size=20,
    num_hidden_layers=2,
    num_attention_heads=3,
    max_position_embeddings=9,
    bos_token_id=VOCABULARY - 2,
    eos_token_id=VOCABULARY - 1,
    pad_token_id=VOCABULARY - 1,
)
VISION = dict(
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=3,
    num_attention_heads=2,
    image_size=14,
    patch_size=4,
    hidden_act="gelu",
)


def main():
    torch.manual_seed(0)
    for folder in HERE.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    unets = {name: make_unet(name, config) for name, config in UNETS.items()}
    make_evolved(unets["unet-four-levels"])
    vaes = {name: make_vae(name, config) for name, config in VAES.items()}
    text = make_text()
    make_clip()
    make_pipeline(unets["unet-three-levels"], vaes["vae-three-levels"], text)
    write_starts()


def settle(model):
    """Random everywhere, norms and biases included, and exact in float16."""
    for parameter in model.parameters():
        noise = torch.randn_like(parameter)
        parameter.data = (parameter + 0.15 * noise).half().float()
    return model.eval()


def save(name, model, tensors):
    """The model's folder, float16, and what goes in and comes out."""
    folder = HERE / name
    copy.deepcopy(model).half().save_pretrained(folder)
    save_tensors(folder / "golden.safetensors", tensors)


def save_tensors(path, tensors):
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, path)


def unet_inputs(model, batch=2, extent=8, tokens=5):
    return {
        "sample": torch.randn(batch, model.config.in_channels, extent, 2 * extent),
        "timestep": torch.tensor([981.0, 3.0]),
        "context": torch.randn(batch, tokens, CONTEXT),
    }


def run_unet(model, inputs):
    with torch.no_grad():
        return model(inputs["sample"], inputs["timestep"], inputs["context"]).sample


def make_unet(name, config):
    shared = dict(cross_attention_dim=CONTEXT, norm_num_groups=4)
    model = settle(UNet2DConditionModel(**(shared | config)))
    inputs = unet_inputs(model)
    save(name, model, inputs | {"output": run_unet(model, inputs)})
    return model


class Skipped(torch.nn.Module):
    """What is left of a block: the projection of a ResNet block that changes its channels, else the identity."""

    def __init__(self, block):
        super().__init__()
        self.projection = getattr(block, "conv_shortcut", None) or torch.nn.Identity()

    def forward(self, x, *args, return_dict=True, **kwargs):
        result = self.projection(x)
        return result if return_dict else (result,)


class Repeated(torch.nn.Module):
    """A block and its copies, one after another."""

    def __init__(self, *blocks):
        super().__init__()
        self.blocks = torch.nn.ModuleList(blocks)

    def forward(self, x, *args, return_dict=True, **kwargs):
        for block in self.blocks:
            result = block(x, *args, **({} if return_dict else {"return_dict": False}), **kwargs)
            x = result[0] if isinstance(result, tuple) else result
        return x if return_dict else (x,)


def make_evolved(original):
    """The four-level UNet with blocks skipped and copied; the copies' weights differ from what they were copied from."""
    model = copy.deepcopy(original)
    skipped = [
        "down_blocks.0.attentions.0",
        "down_blocks.1.resnets.1",
        "down_blocks.2.resnets.0",
        "mid_block.resnets.1",
        "mid_block.attentions.0",
        "up_blocks.1.resnets.2",
        "up_blocks.3.attentions.1",
    ]
    copied = {"down_blocks.0.resnets.1": 1, "up_blocks.2.attentions.0": 2}
    weights = {}
    for path in skipped:
        replace(model, path, Skipped(model.get_submodule(path)))
    for path, number in copied.items():
        block = model.get_submodule(path)
        copies = [settle(copy.deepcopy(block)) for _ in range(number)]
        for i, each in enumerate(copies):
            weights |= {f"{path}+{i + 1}.{name}": value for name, value in each.state_dict().items()}
        replace(model, path, Repeated(block, *copies))
    inputs = unet_inputs(model)
    folder = HERE / "unet-evolved"
    folder.mkdir()
    (folder / "evolution.json").write_text(json.dumps({"skipped": skipped, "copied": copied}, indent=2) + "\n")
    save_tensors(folder / "copies.safetensors", {name: value.half() for name, value in weights.items()})
    save_tensors(folder / "golden.safetensors", inputs | {"output": run_unet(model, inputs)})


def replace(model, path, module):
    parent, _, name = path.rpartition(".")
    model.get_submodule(parent)[int(name)] = module


def make_vae(name, config):
    levels = len(config["block_out_channels"])
    model = settle(
        AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * levels,
            up_block_types=("UpDecoderBlock2D",) * levels,
            norm_num_groups=4,
            **config,
        )
    )
    image = torch.rand(2, 3, 16, 24) * 2 - 1
    with torch.no_grad():
        distribution = model.encode(image).latent_dist
        decoded = model.decode(distribution.mean).sample
    tensors = {"image": image, "mean": distribution.mean, "logvar": distribution.logvar, "decoded": decoded}
    save(name, model, tensors)
    return model


def token_ids():
    """Texts of different lengths, padded with the end token; the last has none, so its first token counts."""
    begin, end = VOCABULARY - 2, VOCABULARY - 1
    return torch.tensor(
        [
            [begin, 5, 7, end, end, end, end],
            [begin, 1, 2, 3, 50, 49, end],
            [begin, end, end, end, end, end, end],
            [4, 11, 57, 30, 9, 8, 1],
        ]
    )


def make_text():
    model = settle(CLIPTextModel(CLIPTextConfig(**TEXT)))
    ids = token_ids()
    with torch.no_grad():
        outputs = model(ids)
        legacy = copy.deepcopy(model)
        legacy.eos_token_id = 2
        legacy_pooled = legacy(ids).pooler_output
    save(
        "clip-text",
        model,
        {
            "input_ids": ids,
            "last_hidden_state": outputs.last_hidden_state,
            "pooled": outputs.pooler_output,
            "legacy_pooled": legacy_pooled,
        },
    )
    return model


def make_clip():
    model = settle(CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=10)))
    ids, pixels = token_ids(), torch.randn(3, 3, 14, 14)
    with torch.no_grad():
        outputs = model(input_ids=ids, pixel_values=pixels)
    tensors = {
        "input_ids": ids,
        "pixels": pixels,
        "text_embeds": outputs.text_embeds,
        "image_embeds": outputs.image_embeds,
        "logits_per_text": outputs.logits_per_text,
    }
    save("clip", model, tensors)


def make_pipeline(unet, vae, text):
    """A whole folder as StableDiffusionPipeline saves it; its weights are those of the single models."""
    folder = HERE / "pipeline"
    pipeline = StableDiffusionPipeline(
        unet=copy.deepcopy(unet).half(),
        vae=copy.deepcopy(vae).half(),
        text_encoder=copy.deepcopy(text).half(),
        tokenizer=make_tokenizer(),
        scheduler=DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)


def make_tokenizer():
    letters = "abcdefghijklmnopqrstuvwxyz012"
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    assert len(words) == VOCABULARY
    return CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[], model_max_length=9)


def write_starts():
    """How spread the values of a model are before training, for parameters with enough elements to tell."""
    shared = dict(cross_attention_dim=48, norm_num_groups=4)
    wide = {"block_out_channels": (32, 48, 64, 64), "attention_head_dim": 4}
    unet = UNet2DConditionModel(**(shared | wide))
    tower = dict(hidden_size=48, intermediate_size=80, num_attention_heads=3, num_hidden_layers=2)
    clip = CLIPModel(CLIPConfig(text_config=TEXT | tower, vision_config=VISION | tower, projection_dim=40))
    starts = {"unet": describe(unet, shared | wide), "clip": describe(clip, clip.config.to_dict())}
    (HERE / "starts.json").write_text(json.dumps(starts, indent=1) + "\n")


def describe(model, config):
    spread = {
        name: [round(float(value.abs().max()), 6), round(float(value.std()), 6), round(float(value.mean()), 6)]
        for name, value in model.state_dict().items()
        if value.numel() >= 32
    }
    return {"config": config, "spread": spread}


main()
