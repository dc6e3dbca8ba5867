#!/usr/bin/env python3
"""Writes the tokenizers, the texts and the ids that src/analysis/embed/tokenizer_golden_test.cc expects.

    pip install -r requirements.txt
    ./make_tokenizers.py                                # small ones, into testdata
    ./make_tokenizers.py --clip FILE --out FOLDER       # CLIP's own; FILE is open_clip's bpe_simple_vocab_16e6.txt.gz
    CALOTYPE_TOKENIZERS=FOLDER build/release/src/analysis/analysis_test --gtest_filter='TokenizerGolden*'

The tokenizers are of the kinds with which text encoders are published. They are trained here on the texts themselves, so
that they are small. The ids come from Hugging Face's tokenizers; a file has the first ones in full, and a checksum
(FNV-1a) of each of the others. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections import Counter
from pathlib import Path

import sentencepiece
from make_golden import TESTDATA, WRITTEN, random_texts
from sentencepiece import sentencepiece_model_pb2
from tokenizers import BertWordPieceTokenizer, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = 5000
IN_FULL = 60
MAX_TOKENS = 77
PIECES = 1200
PUNCTUATION = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""
CLIP_WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


def texts() -> list[str]:
    vocabulary = (TESTDATA / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words = [piece for piece in vocabulary if piece.isalpha() and piece.isascii() and len(piece) > 3]
    return WRITTEN + random_texts(words, TEXTS - len(WRITTEN))


def corpus(samples: list[str]) -> list[str]:
    """The training data: most of the texts, and sentences made of their words."""
    rng = random.Random(20260501)
    words = [word for text in samples for word in text.split() if len(word) < 12]
    return samples[:4000] + [" ".join(rng.choices(words, k=8)) for _ in range(2000)]


def clip(lines: list[str]) -> Tokenizer:
    made = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(CLIP_WORDS), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=PIECES + 500, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False,
        special_tokens=["<|startoftext|>", "<|endoftext|>", *(byte + "</w>" for byte in sorted(alphabet))]))
    return clip_model(json.loads(made.to_str())["model"])


def clip_model(model: dict) -> Tokenizer:
    """Like transformers' CLIPTokenizer, built from vocab.json and merges.txt."""
    merges = [tuple(pair) if isinstance(pair, list) else tuple(pair.split()) for pair in model["merges"]]
    made = Tokenizer(models.BPE(
        vocab=model["vocab"], merges=merges, end_of_word_suffix="</w>", unk_token="<|endoftext|>",
        continuing_subword_prefix=""))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(CLIP_WORDS), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    start, end = model["vocab"]["<|startoftext|>"], model["vocab"]["<|endoftext|>"]
    made.post_processor = processors.RobertaProcessing(("<|endoftext|>", end), ("<|startoftext|>", start), False, False)
    return made


def gpt2(lines: list[str]) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=PIECES, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=["<s>", "<pad>", "</s>"]))
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    made.enable_padding(pad_id=1, pad_token="<pad>")
    return made


def gemma(lines: list[str]) -> Tokenizer:
    """Like SigLIP2's: characters, with unknown ones as bytes."""
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    trained.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    # Only words, since one long line would be one word.
    words = [word for line in lines for word in line.replace(" ", "▁ ").split(" ") if len(word) < 30]
    trained.train_from_iterator(words, trainers.BpeTrainer(
        vocab_size=PIECES + 256, limit_alphabet=300, show_progress=False,
        special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", *bytes_]))
    model = json.loads(trained.to_str())["model"]
    made = Tokenizer(models.BPE(
        vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]], fuse_unk=True, unk_token="<unk>",
        byte_fallback=True))
    made.normalizer = trained.normalizer
    made.pre_tokenizer = trained.pre_tokenizer
    made.add_special_tokens(["<pad>", "<eos>", "<bos>", "<unk>"])
    made.add_tokens(["\n\n", "\n\n\n", "\t\r"])
    made.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    return made


def trained_unigram(lines: list[str], folder: Path, **options) -> sentencepiece_model_pb2.ModelProto:
    # Each character needs a piece, so rare ones are left out; they are unknown in the texts.
    kept = {character for character, _ in Counter("".join(lines)).most_common(400)} - {"\n", "\r", "\x00"}
    source = folder / "lines.txt"
    source.write_text(
        "\n".join("".join(character for character in line if character in kept) for line in lines), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(source), model_prefix=str(folder / "made"), vocab_size=PIECES, model_type="unigram", num_threads=1,
        character_coverage=1.0, minloglevel=2, hard_vocab_limit=False, **options)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString((folder / "made.model").read_bytes())
    return proto


def siglip(lines: list[str], folder: Path) -> Tokenizer:
    """Like T5's, with SigLIP's canonical text in the normalizer and a table of SentencePiece."""
    rules = {"\ufb01": "fi", "\ufb02": "fl", "\u2103": "\u00b0C", "\u2116": "No", "\u00bd": "1/2", "\u2460": "1",
             "\u338f": "kg", "\u212b": "\u00e5", "\u3000": " ", "\u00a0": " ", "\u2003": " ", "e\u0301": "\u00e9",
             "n\u0303": "\u00f1", "\u304b\u3099": "\u304c", "\u200b": "", "\u00ad": ""}
    rules |= {chr(0xFEE0 + code): chr(code).lower() for code in range(0x21, 0x7F)}
    table = folder / "rules.tsv"
    table.write_text("".join(
        " ".join(f"{ord(c):X}" for c in old) + "\t" + " ".join(f"{ord(c):X}" for c in new) + "\n"
        for old, new in rules.items()), encoding="utf-8")
    return siglip_from(trained_unigram(
        lines, folder, normalization_rule_tsv=str(table), eos_id=1, unk_id=2, pad_id=0, bos_id=-1))


def nmt_nfkc(lines: list[str], folder: Path) -> Tokenizer:
    """The same with SentencePiece's default table, as in T5 and SigLIP."""
    return siglip_from(trained_unigram(
        lines, folder, normalization_rule_name="nmt_nfkc", eos_id=1, unk_id=2, pad_id=0, bos_id=-1))


def siglip_from(proto) -> Tokenizer:
    made = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in proto.pieces], unk_id=2))
    made.normalizer = normalizers.Sequence([
        normalizers.Lowercase(),
        normalizers.Replace(Regex(PUNCTUATION), ""),
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(Regex(r"\s+"), " "),
        normalizers.Strip(),
        normalizers.Replace(Regex(" {2,}"), "▁"),
    ])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return made


def bytes_unigram(lines: list[str], folder: Path) -> Tokenizer:
    proto = trained_unigram(lines, folder, byte_fallback=True, unk_id=0, bos_id=1, eos_id=2, pad_id=3)
    made = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in proto.pieces], unk_id=0, byte_fallback=True))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return made


def checksum(ids: list[int]) -> str:
    value = 0x811C9DC5
    for byte in b"".join(number.to_bytes(4, "little") for number in ids):
        value = (value ^ byte) * 0x01000193 % 2**32
    return f"{value:08x}"


def write_ids(out: Path, name: str, files: list[str], made, samples: list[str]) -> None:
    made.no_padding()
    made.enable_truncation(max_length=MAX_TOKENS)
    ids = [made.encode(text).ids for text in samples]
    golden = {
        "files": files,
        "max_tokens": MAX_TOKENS,
        "ids": ids[:IN_FULL],
        "checksums": "".join(checksum(row) for row in ids),
    }
    (out / f"{name}.ids.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{name}: {len(ids)} texts, {made.get_vocab_size()} pieces")


def write_clip(out: Path, model: dict) -> None:
    merges = [" ".join(pair) if isinstance(pair, (list, tuple)) else pair for pair in model["merges"]]
    folder = out / "clip"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(
        json.dumps(model["vocab"], ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")


def write_texts(out: Path, samples: list[str]) -> None:
    lines = ",\n".join(json.dumps(text, ensure_ascii=False) for text in samples)
    (out / "texts.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def whole_clip(source: Path) -> dict:
    """Numbers the pieces like open_clip's SimpleTokenizer."""
    merges = gzip.open(source).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    codes = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    order = [chr(code) for code in codes] + [chr(256 + index) for index in range(256 - len(codes))]
    pieces = order + [piece + "</w>" for piece in order] + ["".join(merge.split()) for merge in merges]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    return {"vocab": {piece: index for index, piece in enumerate(pieces)}, "merges": merges}


def small(out: Path, samples: list[str]) -> None:
    lines = corpus(samples)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = {"gpt2": gpt2(lines), "gemma": gemma(lines), "siglip": siglip(lines, folder),
                "nmt_nfkc": nmt_nfkc(lines, folder),
                "bytes": bytes_unigram(lines, folder), "clip": clip(lines)}
    for name, tokenizer in made.items():
        # Without white space between values, the file has a third of the size.
        compact = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
        if name == "clip":
            write_clip(out, json.loads(compact)["model"])
        (out / f"{name}.json").write_text(compact + "\n", encoding="utf-8")
        write_ids(out, name, [f"{name}.json"] + (["clip/vocab.json"] if name == "clip" else []), tokenizer, samples)
    bert = BertWordPieceTokenizer(str(TESTDATA / "vocab.txt"), lowercase=True)
    write_ids(out, "bert", ["../vocab.txt"], bert, samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--out", type=Path, default=TESTDATA / "tokenizers")
    args = parser.parse_args()
    samples = texts()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.clip:
        model = whole_clip(args.clip)
        write_clip(args.out, model)
        write_texts(args.out, samples)
        write_ids(args.out, "clip", ["clip/vocab.json"], clip_model(model), samples)
    else:
        write_texts(args.out, samples)
        small(args.out, samples)


if __name__ == "__main__":
    main()
