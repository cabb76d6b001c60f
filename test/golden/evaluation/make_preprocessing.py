"""Makes the golden files of test/evaluation: pictures resized by Pillow and prepared by transformers.

    pip install -r test/golden/requirements.txt
    python test/golden/evaluation/make_preprocessing.py
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(0)


def rounded(array):
    return [round(float(value), 7) for value in np.asarray(array).ravel()]


def resized(height, width, new_height, new_width):
    """Of noise, so that the kernel overshoots both ends."""
    values = RANDOM.integers(0, 256, (height, width), dtype=np.uint8)
    image = Image.fromarray(values).resize((new_width, new_height), Image.Resampling.BICUBIC)
    whole = [np.asarray(each).ravel().tolist() for each in (values, image)]
    return {"from": [height, width], "values": whole[0], "to": [new_height, new_width], "resized": whole[1]}


def prepared(height, width, **options):
    pixels = RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)
    processor = CLIPImageProcessorPil(**options)
    result = processor(Image.fromarray(pixels), return_tensors="np")["pixel_values"][0]
    return {
        "height": height,
        "width": width,
        "pixels": pixels.ravel().tolist(),
        "config": processor.to_dict(),
        "prepared": rounded(result),
    }


def main():
    golden = {
        "resized": [resized(*extents) for extents in [(7, 5, 4, 3), (4, 3, 9, 8), (6, 6, 6, 2), (16, 16, 5, 7), (37, 91, 24, 59)]],
        "prepared": [
            prepared(17, 11, size={"shortest_edge": 6}, crop_size={"height": 6, "width": 6}),
            prepared(5, 5, size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8}, image_mean=[0.5, 0.5, 0.5],
                     image_std=[0.5, 0.5, 0.5]),
            prepared(8, 12, size={"shortest_edge": 8}, crop_size={"height": 6, "width": 6}),
        ],
    }
    (HERE / "preprocessing.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
