"""An evolved Stable Diffusion UNet for diffusers (0.30 or newer). This file travels with the model; it needs nothing of SnapEvo.

    pipeline = StableDiffusionPipeline.from_pretrained(folder, trust_remote_code=True)

or, the UNet alone, with this file on the path:

    unet = EvolvedUNet2DConditionModel.from_pretrained(folder, subfolder="unet")

`config.json` is that of the pretrained UNet, and its field `_snapevo.architecture` says in lines what became of every block, in the order they run:

    stage down_blocks.0
      present resnet down_blocks.0.resnets.0
      skipped cross-attention down_blocks.0.attentions.0
      present resnet down_blocks.0.resnets.1
      present resnet down_blocks.0.resnets.1+1 copy-of down_blocks.0.resnets.1

A skipped block passes its input on; a skipped ResNet block that changes the number of channels keeps its 1x1 `conv_shortcut`. A copy runs right
after the block before it in the list and has weights of its own, under its own name.
"""

import copy

from diffusers import UNet2DConditionModel
from torch import nn

FIELD = "_snapevo"
KINDS = {"resnet": "resnets", "cross-attention": "attentions"}


class SkippedResnet(nn.Module):
    """What is left of a ResNet block: the projection of its input, where it has one."""

    def __init__(self, block):
        super().__init__()
        self.conv_shortcut = block.conv_shortcut

    def forward(self, hidden_states, *args, **kwargs):
        return hidden_states if self.conv_shortcut is None else self.conv_shortcut(hidden_states)


class SkippedAttention(nn.Module):
    """What is left of a cross-attention block: nothing."""

    def forward(self, hidden_states, *args, **kwargs):
        return (hidden_states,)


class Chain:
    """A block and its copies, called as one block is."""

    def __init__(self, blocks, is_attention):
        self.blocks, self.is_attention = blocks, is_attention

    def __call__(self, hidden_states, *args, **kwargs):
        for block in self.blocks:
            output = block(hidden_states, *args, **kwargs)
            hidden_states = output[0] if self.is_attention else output
        return (hidden_states,) if self.is_attention else hidden_states


class BlockList(nn.ModuleList):
    """The blocks of a stage: copies are modules of their own ("1+1" of "1"), but a block and its copies count, and run, as one."""

    def __init__(self, blocks, is_attention):
        super().__init__()
        self.is_attention = is_attention
        for name, block in blocks:
            self.add_module(name, block)

    def _chains(self):
        chains = {}
        for name, block in self._modules.items():
            chains.setdefault(name.split("+")[0], []).append(block)
        return [blocks[0] if len(blocks) == 1 else Chain(blocks, self.is_attention) for blocks in chains.values()]

    def __len__(self):
        return len(self._chains())

    def __iter__(self):
        return iter(self._chains())

    def __getitem__(self, index):
        return self._chains()[index]


def parse_architecture(text):
    """By (stage, name of the list): presence, number (`1`, `1+1`) and the number of the source for every block, in order."""
    lists = {}
    for line in text.splitlines():
        words = line.split()
        if words[0] in ("present", "skipped"):
            presence, kind, block = words[:3]
            stage, number = block.removesuffix("." + block.split(".")[-1]).rpartition(".")[0], block.split(".")[-1]
            source = words[words.index("copy-of") + 1].split(".")[-1] if "copy-of" in words else None
            lists.setdefault((stage, KINDS[kind]), []).append((presence, number, source))
    return lists


def evolve(unet, text):
    """Makes of the pretrained architecture of a UNet the evolved one, in place."""
    for (stage, name), blocks in parse_architecture(text).items():
        parent, is_attention = unet.get_submodule(stage), name == "attentions"
        known = dict(getattr(parent, name).named_children())
        for _, number, source in blocks:
            if source is not None:
                known[number] = copy.deepcopy(known[source])
        skipped = SkippedAttention if is_attention else SkippedResnet
        evolved = [
            (number, known[number] if presence == "present" else skipped(*([] if is_attention else [known[number]])))
            for presence, number, _ in blocks
        ]
        setattr(parent, name, BlockList(evolved, is_attention))


class EvolvedUNet2DConditionModel(UNet2DConditionModel):
    """A `UNet2DConditionModel` whose blocks are those of `_snapevo.architecture` in its configuration."""

    @classmethod
    def from_config(cls, config=None, return_unused_kwargs=False, **kwargs):
        made = super().from_config(config, return_unused_kwargs, **kwargs)
        evolve(made[0] if return_unused_kwargs else made, config[FIELD]["architecture"])
        return made
