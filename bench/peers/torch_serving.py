"""What the processes that run PyTorch have in common."""

import diffusers
import torch
import transformers
from serving import serve


def serve_torch(prepare, facts=lambda it: {}):
    """As `serve`, with the versions of what is run."""
    serve(prepare, lambda it: {"versions": versions(), **facts(it)})


def versions():
    return {
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "mkl": str(torch.backends.mkl.is_available()).lower(),
        "oneDNN": str(torch.backends.mkldnn.is_available()).lower(),
    }
