"""BERT's uncased tokenizer: lower case, no accents, words split greedily into the longest known pieces."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

_LONGEST_WORD = 100  # a longer one is unknown, as in BERT
_CJK = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    def __init__(self, vocabulary: list[str]) -> None:
        self._ids = {piece: index for index, piece in enumerate(vocabulary)}
        self._unknown = self._ids["[UNK]"]
        self._first, self._last = self._ids["[CLS]"], self._ids["[SEP]"]

    @staticmethod
    def from_file(path: Path) -> WordPiece:
        return WordPiece(path.read_text(encoding="utf-8").splitlines())

    def encode(self, text: str, max_tokens: int = 256) -> list[int]:
        """Returns the ids from [CLS] to [SEP], truncated to `max_tokens` between them."""
        pieces = [piece for word in split_words(text) for piece in self._pieces(word)]
        return [self._first, *pieces[: max_tokens - 2], self._last]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        pieces: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            prefix = "##" if start else ""
            while end > start and prefix + word[start:end] not in self._ids:
                end -= 1
            if end == start:  # one unknown piece makes the whole word unknown
                return [self._unknown]
            pieces.append(self._ids[prefix + word[start:end]])
            start = end
        return pieces


def split_words(text: str) -> Iterator[str]:
    """Returns the words, punctuation marks and CJK characters of the text, in lower case and without accents."""
    word = ""
    for char in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(char)
        if char.isspace():
            separator, alone = True, ""
        elif category in ("Mn", "Cc", "Cf") or char in "\0\ufffd":
            continue  # accents, control characters
        else:
            separator = alone = _stands_alone(char, category)
        if separator:
            if word:
                yield word
            word = ""
            if alone:
                yield char
        else:
            word += char
    if word:
        yield word


def _stands_alone(char: str, category: str) -> bool:
    code = ord(char)
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True  # all of ASCII's punctuation, including what Unicode calls symbols, like $ and +
    return category.startswith("P") or any(first <= code <= last for first, last in _CJK)
