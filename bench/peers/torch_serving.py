"""What the processes that run PyTorch have in common."""

import warnings

import diffusers
import torch
import transformers
from serving import serve

warnings.simplefilter("ignore", FutureWarning)
for library in (diffusers, transformers):
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()


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
