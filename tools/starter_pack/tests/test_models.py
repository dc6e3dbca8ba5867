"""Tests the parts added around networks, each on a tiny graph compared with plain NumPy."""

import unittest

import numpy as np
from onnx.reference import ReferenceEvaluator

from packer import centernet, efficientnet, face_chip, image
from packer.onnx_graph import GraphBuilder, l2_normalised, to_bytes


class GraphBuilderTest(unittest.TestCase):
    def _graph(self) -> bytes:
        graph = GraphBuilder("test")
        rows = graph.input("rows", ["N", 2])
        graph.output(l2_normalised(graph, graph.node("Mul", [rows, graph.floats(2)])), "out", ["N", 2])
        return to_bytes(graph.model())

    def test_the_same_graph_gives_the_same_bytes(self):
        self.assertEqual(self._graph(), self._graph())

    def test_normalises(self):
        seen = ReferenceEvaluator(self._graph()).run(None, {"rows": np.array([[3, 4]], np.float32)})[0]
        np.testing.assert_allclose(seen, [[0.6, 0.8]], atol=1e-6)

    def test_equal_constants_are_one(self):
        graph = GraphBuilder("test")
        self.assertEqual(graph.ints(1, 2), graph.ints(1, 2))
        self.assertNotEqual(graph.ints(1), graph.index(1))
        self.assertNotEqual(graph.constant(np.zeros(1, np.int64)), graph.constant(np.zeros(2, np.float32)))


class CenternetTest(unittest.TestCase):
    def test_decodes_peaks(self):
        heat = np.zeros((1, 3, 7, 7), np.float32)
        heat[0, 2, 3, 5], heat[0, 2, 3, 6] = 0.9, 0.8  # the second is not a peak, because it is next to the first
        heat[0, 0, 6, 0] = 0.7
        sides = np.zeros((1, 4, 7, 7), np.float32)
        sides[0, :, 3, 5], sides[0, :, 6, 0] = (8, 4, 16, 12), (0, 1, 2, 3)
        graph = GraphBuilder("test")
        maps = [graph.input("heat", ["N", 3, 7, 7]), graph.input("sides", ["N", 4, 7, 7])]
        graph.output(centernet.decoded(graph, *maps, classes=3, grid=7), "out", ["N", 100, 6])
        rows = ReferenceEvaluator(graph.model()).run(None, {"heat": heat, "sides": sides})[0][0]
        np.testing.assert_allclose(rows[0], [12, 8, 36, 24, 0.9, 2], atol=1e-5)
        np.testing.assert_allclose(rows[1], [0, 23, 2, 27, 0.7, 0], atol=1e-5)
        self.assertEqual(rows[2, 4], 0)


class EfficientNetTest(unittest.TestCase):
    def test_folding_a_batch_norm_changes_nothing(self):
        random = np.random.default_rng(0)
        kernel, x = random.normal(0, 1, (4, 3, 1, 1)), random.normal(0, 1, 3)
        gamma, beta, mean, variance = random.uniform(0.5, 2, (4, 4))
        folded, bias = efficientnet.fold_batch_norm(kernel, gamma, beta, mean, variance)
        expected = gamma * (kernel[:, :, 0, 0] @ x - mean) / np.sqrt(variance + 1e-3) + beta
        np.testing.assert_allclose(folded[:, :, 0, 0] @ x + bias, expected, atol=1e-5)


class ConseTest(unittest.TestCase):
    def test_mixes_the_ten_likeliest(self):
        random = np.random.default_rng(0)
        vectors = random.normal(0, 1, (30, 8)).astype(np.float32)
        probabilities = random.dirichlet(np.ones(30), 2).astype(np.float32)
        graph = GraphBuilder("test")
        graph.output(image.mixture(graph, graph.input("p", ["N", 30]), vectors), "out", ["N", 8])
        seen = ReferenceEvaluator(graph.model()).run(None, {"p": probabilities})[0]
        kept = np.where(probabilities >= np.sort(probabilities, axis=1)[:, -10:-9], probabilities, 0)
        expected = kept @ vectors
        np.testing.assert_allclose(seen, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-5)


class FaceChipTest(unittest.TestCase):
    def test_template(self):
        np.testing.assert_allclose(face_chip.template(224, 0.5)[0], (81.25, 80.19), atol=0.01)

    def test_finds_a_similarity(self):
        turn = np.array([[0.6, -0.8], [0.8, 0.6]]) * 2
        points = face_chip.template(224, 0.5)
        matrix = face_chip.similarity(points, points @ turn.T + (5, -7))
        np.testing.assert_allclose(matrix, np.column_stack([turn, (5, -7)]), atol=1e-9)


if __name__ == "__main__":
    unittest.main()
