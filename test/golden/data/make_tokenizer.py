"""Writes the token ids that transformers' CLIPTokenizer gives for odd texts, from the folder tokenizer/ beside this file.

Run from this folder: python make_tokenizer.py (versions in ../requirements.txt). The folder itself is what
src/data/train-bpe.ts learns; test/data/train-bpe.test.ts says when it has changed.
"""

import json
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
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🇩🇪 \U0010ffff",
]

tokenizer = CLIPTokenizer.from_pretrained(HERE / "tokenizer")
length = tokenizer.model_max_length
cases = [
    {"text": text, "ids": tokenizer(text, padding="max_length", truncation=True, max_length=length).input_ids}
    for text in TEXTS
]
facts = {
    "length": length,
    "bos": tokenizer.bos_token_id,
    "eos": tokenizer.eos_token_id,
    "pad": tokenizer.pad_token_id,
    "vocab": len(tokenizer),
}
lines = ",\n".join(json.dumps(case) for case in cases)
(HERE / "tokens.json").write_text(f'{{"facts": {json.dumps(facts)},\n"cases": [\n{lines}\n]}}\n')
