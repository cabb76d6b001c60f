"""Writes the token ids that transformers' CLIPTokenizer gives for odd texts, from the folder tokenizer/ beside this file.

Run from this folder: python make_tokenizer.py (versions in ../requirements.txt). The folder itself is what
src/data/train-bpe.ts learns; test/data/train-bpe.test.ts says when it has changed.
"""

import json
import shutil
import tempfile
from pathlib import Path

from transformers import CLIPTokenizer

HERE = Path(__file__).parent
TEXTS = [
    "",
    " ",
    "a",
    "grinning face with smiling eyes",
    "Red Apple, FRUIT!",
    "  many \t\n spaces  ",
    "it's we'll they've o'clock don't",
    "one-thirty #1 100% 2nd",
    "😀",
    "👩‍🚀 and 👍🏽",
    "猫が好き",
    "한국어 학교",
    "Ελλάδος ΟΔΟΣ",
    "STRASSE straße İstanbul ǅ",
    "cafe\u0301 café naïve piñata",
    "nbsp\u00a0nel\u0085thin\u2009bom\ufeffzwsp\u200bline\u2028end",
    "\u0000\u0001\u007f",
    "مرحبا بالعالم हिन्दी",
    "x² ½ Ⅷ ①",
    "<|endoftext|>",
    "a <|startoftext|> b <|endoftext|>",
    "an <|EndOfText|> in capitals",
    "<|endoftext|",
    "snake_case don't''s 's",
    "\"quoted\" …dots... !!! ?!",
    "a red panda riding a very small bicycle through the rain while an old woman with white hair watches from a window",
    "tab\tvertical\u000bfeed\u000cescape\u001bsoft\u00adhyphen\u200d\u2060joined\ufffd\u0085",
    "e\u0301\u0323 a\u0328\u0301 Å \u1112\u1161\u11ab \u0f71\u0f72 ﬁ ﬀ",
    "1️⃣ #️⃣ 🏳️‍🌈 👨‍👩‍👧‍👦 🧑🏿‍🦰☠️",
    "漢字かな交じり文、全角！ＡＢＣ１２３ 繁體中文 简体",
    " ".join(f"a {word} number {i}, and" for i, word in enumerate(["Cat", "dog's", "été", "山", "😺"] * 8)),
    "word" * 200,
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🇩🇪 \U0010ffff",
]

tokenizer = CLIPTokenizer.from_pretrained(HERE / "tokenizer")
length = tokenizer.model_max_length
cases = [
    {
        "text": text,
        "ids": tokenizer(text, padding="max_length", truncation=True, max_length=length).input_ids,
        "count": len(tokenizer(text).input_ids),
    }
    for text in TEXTS
]
# The same in one file, as newer folders have it.
with tempfile.TemporaryDirectory() as scratch:
    tokenizer.save_pretrained(scratch)
    (HERE / "single-file").mkdir(exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(Path(scratch) / name, HERE / "single-file" / name)

# Stable Diffusion 2 pads with "!", whose id is 0; longer than a caption of Stable Diffusion 1 may be.
padded = CLIPTokenizer.from_pretrained(HERE / "tokenizer", pad_token="!", model_max_length=77)
padded_ids = [padded(text, padding="max_length", truncation=True, max_length=77).input_ids for text in TEXTS]

facts = {
    "length": length,
    "bos": tokenizer.bos_token_id,
    "eos": tokenizer.eos_token_id,
    "pad": tokenizer.pad_token_id,
    "vocab": len(tokenizer),
}
lines = ",\n".join(json.dumps(case) for case in cases)
(HERE / "tokens.json").write_text(f'{{"facts": {json.dumps(facts)},\n"padded": {json.dumps(padded_ids, separators=(",", ":"))},\n"cases": [\n{lines}\n]}}\n')
