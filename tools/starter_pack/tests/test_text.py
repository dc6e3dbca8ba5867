import math
import unittest

import numpy as np

from packer import bert, label_vectors
from packer.wordpiece import WordPiece, split_words

VOCABULARY = "[PAD] [UNK] [CLS] [SEP] cat un ##aff ##able cafe ' s 中 ##s $ 5".split()


class WordPieceTest(unittest.TestCase):
    def test_splits_words(self):
        cases = {
            "A  Cat\tsat\n": ["a", "cat", "sat"],
            "Grandma's": ["grandma", "'", "s"],
            "Café NAÏVE Ångström": ["cafe", "naive", "angstrom"],
            "$5+~x": ["$", "5", "+", "~", "x"],
            "中文cat": ["中", "文", "cat"],
            "zero\u200bwidth\ufffd\0": ["zerowidth"],
            "no\u00a0break": ["no", "break"],
            "«quoted»—dash…": ["«", "quoted", "»", "—", "dash", "…"],
            "": [],
        }
        for text, words in cases.items():
            with self.subTest(text):
                self.assertEqual(list(split_words(text)), words)

    def test_encodes(self):
        tokenizer = WordPiece(VOCABULARY)
        cases = {
            "": [2, 3],
            "Cat": [2, 4, 3],
            "unaffable cats": [2, 5, 6, 7, 4, 12, 3],
            "unaffordable": [2, 1, 3],  # one unknown piece makes the whole word unknown
            "Café's $5": [2, 8, 9, 10, 13, 14, 3],
            "cat " + "a" * 101: [2, 4, 1, 3],
        }
        for text, ids in cases.items():
            with self.subTest(text):
                self.assertEqual(tokenizer.encode(text), ids)

    def test_cuts_between_first_and_last(self):
        self.assertEqual(WordPiece(VOCABULARY).encode("cat " * 300, 6), [2, 4, 4, 4, 4, 3])


class BertTest(unittest.TestCase):
    def test_erf(self):
        x = np.linspace(-6, 6, 2001)
        np.testing.assert_allclose(bert.erf(x), [math.erf(value) for value in x], rtol=0, atol=1.5e-7)
        self.assertEqual(bert.erf(np.array([40.0])), 1)

    def test_gelu(self):
        np.testing.assert_allclose(bert.gelu(np.array([-20.0, 0, 1, 20])), [0, 0, 0.841345, 20], atol=1e-6)

    def test_a_sentence_does_not_depend_on_its_batch(self):
        model = bert.Bert(_tiny_weights())
        sentences = [[2, 5, 3], [2, 5, 6, 3], [2, 7, 3], [2, 3], [2, 5, 3]]
        together = model.embed(sentences)
        alone = np.concatenate([model.embed([sentence]) for sentence in sentences])
        np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1)
        self.assertGreater(np.abs(together[0] - together[2]).max(), 1e-3)


class LabelVectorsTest(unittest.TestCase):
    def test_rounding_hides_what_cpus_differ_by(self):
        values = np.random.default_rng(1).normal(0, 0.05, (100, 384))
        first = label_vectors.on_grid(values)
        np.testing.assert_array_equal(first, label_vectors.on_grid(values + 1e-14))
        np.testing.assert_allclose(first, values, rtol=0, atol=label_vectors.GRID / 2 + 1e-7)


def _tiny_weights(width: int = 24) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)

    def dense(name: str, out: int, into: int) -> dict[str, np.ndarray]:
        return {f"{name}.weight": random.normal(0, 0.3, (out, into)), f"{name}.bias": random.normal(0, 0.1, out)}

    def norm(name: str) -> dict[str, np.ndarray]:
        return {f"{name}.weight": np.ones(width), f"{name}.bias": np.zeros(width)}

    weights = norm("embeddings.LayerNorm")
    for name, rows in (("word", 10), ("position", 16), ("token_type", 2)):
        weights[f"embeddings.{name}_embeddings.weight"] = random.normal(0, 1, (rows, width))
    for layer in range(6):
        prefix = f"encoder.layer.{layer}."
        for name in ("query", "key", "value"):
            weights |= dense(f"{prefix}attention.self.{name}", width, width)
        weights |= dense(f"{prefix}attention.output.dense", width, width) | norm(f"{prefix}attention.output.LayerNorm")
        weights |= dense(f"{prefix}intermediate.dense", 4 * width, width)
        weights |= dense(f"{prefix}output.dense", width, 4 * width) | norm(f"{prefix}output.LayerNorm")
    return weights


if __name__ == "__main__":
    unittest.main()
