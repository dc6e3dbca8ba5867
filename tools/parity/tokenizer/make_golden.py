#!/usr/bin/env python3
"""Writes the token ids that src/analysis/embed/wordpiece_test.cc expects, made with Hugging Face's tokenizers.

    pip install -r requirements.txt
    ./make_golden.py --vocab ~/.cache/calotype/models/starter/vocab.txt

The test's vocabulary is a part of BERT's (which has 231 KB): every piece of the texts below, every single character, and
every 7th other piece, so that greedy matching can still go wrong. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path

from tokenizers import BertWordPieceTokenizer

TESTDATA = Path(__file__).resolve().parents[3] / "src/analysis/embed/testdata"
MAX_TOKENS = 64
EVERY_NTH_PIECE = 7

WRITTEN = [
    "",
    " ",
    "\t\r\n",
    "a",
    "flowers",
    "a rocket launch",
    "a photo of a cat",
    "A CAT ON A SOFA",
    "the quick brown fox jumps over the lazy dog near the river bank",
    "don't stop, can't stop: it's 5 o'clock!",
    "e-mail me at someone@example.com (or not)...",
    "$100 + 20% = 120^1 `code` ~tilde~ |pipe| <tag> {x} [y] \\back/ _under_",
    "Crème brûlée, naïve façade, Ångström, Łódź, Đà Nẵng, İstanbul, ΑΘΗΝΑ, Éire",
    "cafe\u0301 vs café; A\u030angstro\u0308m; n\u0303; \u0301 alone",
    "straße STRASSE ﬁne ﬂow œuvre Æsir ΣΊΣΥΦΟΣ ǅ ǆ",
    "東京タワー と 富士山",
    "北京市的照片 photo 照片",
    "한국어 문장 입니다",
    "Привет, мир! Ёлка й Й",
    "مرحبا بالعالم، كيف الحال؟",
    "שלום עולם! בְּרֵאשִׁית",
    "नमस्ते दुनिया।",
    "สวัสดีชาวโลก",
    "Việt Nam ơi",
    "emoji 😀 in 🚀 the 🐱 middle👍end",
    "👨‍👩‍👧‍👦 family 🏳️‍🌈 flag 🇩🇪",
    "zero\u200bwidth\u200cjoin\u200der\ufeffbom\u00adsoft",
    "bidi \u202eabc\u202c \u2066x\u2069",
    "null\x00byte bell\x07 escape\x1b[0m delete\x7f nel\x85 vt\x0bff\x0c",
    "\ufffd replacement \ufffd\ufffd",
    "private \ue000 use \U000f0000",
    "spaces\u00a0nbsp\u2003em\u3000ideographic\u2028line\u2029paragraph\u1680ogham",
    "“curly” ‘quotes’ – en — em … « guillemets » ¿qué? ¡hola! 、。「」・",
    "½ ² ™ © ° µ № ℃ Ω Å K",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "é" * 100,
    "é" * 101,
    "unaffable" * 11,
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "word " * 200,
    "," * 300,
    "界" * 200,
    "ab" * 5000,
    "\U00020000\U0002a6df\U0002b740\U0002b820\U0002ceaf\uf900\ufaff\U0002f800 extensions",
    "ＡＢＣ　１２３ full width ｶﾀｶﾅ",
    "ⅷ Ⅷ ① ㎏ ﷺ",
    "12345 1,234.56 3.14e-10 0xFF 2024-05-01T12:34:56+02:00",
    "##ing ##s # ## [ UNK ] [ ]",
]

# Ranges that were complete in Unicode 8; tokenizers does not support later versions.
POOLS = {
    "ascii": [(0x20, 0x7E)],
    "lower": [(0x61, 0x7A)],
    "control": [(0x00, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x202A, 0x202E)],
    "latin": [(0xA0, 0x24F), (0x1E00, 0x1EFF)],
    "marks": [(0x61, 0x7A), (0x300, 0x36F)],
    "greek": [(0x3B1, 0x3C9), (0x391, 0x3A1), (0x3A3, 0x3A9), (0x1F00, 0x1F15)],
    "cyrillic": [(0x400, 0x4FF)],
    "hebrew": [(0x5D0, 0x5EA), (0x591, 0x5C7)],
    "arabic": [(0x621, 0x65F), (0x660, 0x669)],
    "devanagari": [(0x904, 0x94D), (0x958, 0x96F)],
    "bengali": [(0x995, 0x9A8), (0x9BE, 0x9C4), (0x9DC, 0x9DD)],
    "thai": [(0xE01, 0xE3A), (0xE40, 0xE5B)],
    "kana": [(0x3041, 0x3096), (0x3099, 0x30FF)],
    "hangul": [(0xAC00, 0xD7A3), (0x1100, 0x11FF)],
    "han": [(0x4E00, 0x9FD5), (0x3400, 0x4DB5), (0xF900, 0xFA6D)],
    "punctuation": [(0x2010, 0x2027), (0x2030, 0x205E), (0x3001, 0x3011), (0x21, 0x2F)],
    "symbols": [(0x20A0, 0x20BE), (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2600, 0x26FF)],
    "emoji": [(0x1F300, 0x1F579), (0x1F600, 0x1F64F), (0x1F680, 0x1F6CF)],
    "astral": [(0x10400, 0x1044F), (0x1D400, 0x1D454), (0x1D15E, 0x1D172), (0x20000, 0x20100)],
}


def random_texts(words: list[str], count: int) -> list[str]:
    rng = random.Random(20240501)
    pools = {name: [chr(c) for first, last in ranges for c in range(first, last + 1)] for name, ranges in POOLS.items()}
    texts = []
    for index in range(count):
        names = [list(pools)[index % len(pools)], *rng.choices(list(pools), k=index % 3)]
        parts = []
        for _ in range(rng.randint(1, 6)):
            if rng.random() < 0.4:
                parts.append(rng.choice(words))
            else:
                parts.append("".join(rng.choices(pools[rng.choice(names)], k=rng.randint(1, 7))))
        texts.append(rng.choice([" ", " ", "", ", "]).join(parts))
    return texts


def tokenizer(vocabulary: list[str]) -> BertWordPieceTokenizer:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(vocabulary) + "\n")
        file.flush()
        made = BertWordPieceTokenizer(file.name, lowercase=True)
    made.enable_truncation(max_length=MAX_TOKENS)
    return made


def reduced(vocabulary: list[str], texts: list[str]) -> list[str]:
    whole = tokenizer(vocabulary)
    used = {token for text in texts for token in whole.encode(text).tokens}
    return [
        piece
        for index, piece in enumerate(vocabulary)
        if piece in used
        or piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
        or len(piece.removeprefix("##")) == 1
        or (index % EVERY_NTH_PIECE == 0 and not piece.startswith("[unused"))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocab", type=Path, required=True, help="vocab.txt of the starter pack")
    parser.add_argument("--out", type=Path, default=TESTDATA)
    args = parser.parse_args()
    vocabulary = args.vocab.read_text(encoding="utf-8").split("\n")[:-1]
    words = [piece for piece in vocabulary if piece.isalpha() and piece.isascii() and len(piece) > 3]
    texts = WRITTEN + random_texts(words, 500)
    small = reduced(vocabulary, texts)
    golden = tokenizer(small)
    cases = [{"text": text, "ids": golden.encode(text).ids} for text in texts]
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "vocab.txt").write_text("\n".join(small) + "\n", encoding="utf-8")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    (args.out / "wordpiece_golden.json").write_text(
        f'{{"max_tokens": {MAX_TOKENS}, "cases": [\n{lines}\n]}}\n', encoding="utf-8"
    )
    print(f"{len(cases)} texts, {len(small)} pieces in {args.out}")


if __name__ == "__main__":
    main()
