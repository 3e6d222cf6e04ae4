"""Group elements against closed forms, and against the exponentials of scipy that the host is tested with."""

import math
import unittest

import numpy as np

from semola_runs import Run, exponential
from tests import FIXTURES, HERE, InFolder

GOLDEN = HERE.parent.parent / "host" / "src" / "symmetry" / "golden" / "exponential.txt"


class Exponential(unittest.TestCase):
    def close(self, found, expected, tolerance=1e-14):
        expected = np.asarray(expected)
        error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        self.assertLess(error, tolerance, f"{found} for {expected}")

    def test_agrees_with_scipy(self):
        sizes = []
        for line in GOLDEN.read_text().splitlines():
            numbers = [np.array(text.split(), dtype=float) for text in line.split(";")]
            n = math.isqrt(len(numbers[0]))
            matrix, expected = (entries.reshape(n, n) for entries in numbers)
            self.close(exponential(matrix), expected)
            sizes.append(n)
        self.assertEqual(sizes, [3, 3, 3, 3, 4, 4])

    def test_turns_of_any_size(self):
        for angle in (0.0, 1e-9, 0.5, math.pi, 5.37, 5.38, 40.0, -1000.0):
            turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
            self.close(exponential([[0.0, -angle], [angle, 0.0]]), turn, 1e-15 * max(8.0, 4.0 * abs(angle)))

    def test_matrices_that_are_not_normal(self):
        # Nilpotent: the series ends. Eigenvectors do not span the space.
        t = 30.0
        jordan = t * np.eye(4, k=1)
        expected = [[1, t, t**2 / 2, t**3 / 6], [0, 1, t, t**2 / 2], [0, 0, 1, t], [0, 0, 0, 1]]
        self.close(exponential(jordan), expected)
        # exp [[a, b], [0, c]] has b (e^a - e^c) / (a - c) in its corner.
        a, b, c = 1.0, 1e6, -1.0
        corner = b * (math.exp(a) - math.exp(c)) / (a - c)
        self.close(exponential([[a, b], [0.0, c]]), [[math.exp(a), corner], [0.0, math.exp(c)]], 1e-10)

    def test_boosts_and_stretches(self):
        self.close(exponential([[0.0, 3.0], [3.0, 0.0]]), [[math.cosh(3), math.sinh(3)], [math.sinh(3), math.cosh(3)]])
        self.close(exponential([[-100.0]]), [[math.exp(-100.0)]], 1e-12)

    def test_each_of_a_batch_as_if_alone(self):
        random = np.random.default_rng(5)
        batch = random.normal(size=(3, 4, 5, 5)) * np.array([1e-3, 1.0, 30.0])[:, None, None, None]
        found = exponential(batch)
        self.assertEqual(found.shape, batch.shape)
        for index in np.ndindex(3, 4):
            np.testing.assert_array_equal(found[index], exponential(batch[index]))
        self.assertEqual(exponential(np.zeros((0, 3, 3))).shape, (0, 3, 3))

    def test_what_has_none(self):
        for matrices in (np.zeros(3), np.zeros((2, 3)), [[math.nan]], [[math.inf]]):
            with self.assertRaises(ValueError):
                exponential(matrices)


class Elements(InFolder):
    """Of a run with two exact generators that do not commute: a turn and a shear."""

    def setUp(self):
        super().setUp()
        path = self.copy("two-body")
        self.generators = np.array([[[0.0, -1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]])
        np.savez(path / "generators.npz", generators=self.generators, range=np.array([0.5, 2.0]))
        self.run_ = Run(path)

    def test_one_exponential_of_the_sum(self):
        # [[0, 1 - t], [t, 0]] with t = 1/2 is a turn by 1/2 in a sheared metric; with t = 1 the shear takes -1 to 0.
        np.testing.assert_allclose(self.run_.group_element([1.0, 1.0]), [[1.0, 0.0], [1.0, 1.0]], atol=1e-15)
        np.testing.assert_allclose(self.run_.group_element([0.0, 3.0]), [[1.0, 3.0], [0.0, 1.0]], atol=1e-15)
        turn = self.run_.group_element([math.pi / 2, 0.0])
        np.testing.assert_allclose(turn, [[0.0, -1.0], [1.0, 0.0]], atol=1e-15)
        self.assertEqual(self.run_.group_element(np.zeros((4, 3, 2))).shape, (4, 3, 2, 2))
        for wrong in (1.0, [1.0], np.zeros((2, 3))):
            with self.says(ValueError, "has 2 generators", "give [..., 2]"):
                self.run_.group_element(wrong)

    def test_vectors_move(self):
        x = np.arange(24.0).reshape(3, 4, 2)
        moved = self.run_.augment(x, [math.pi / 2, 0.0])
        np.testing.assert_allclose(moved, np.stack([-x[..., 1], x[..., 0]], axis=-1), atol=1e-12)
        np.testing.assert_allclose(self.run_.augment([1, 2], [0.0, 3.0]), [7.0, 2.0])

    def test_each_sample_by_its_own_element(self):
        coefficients = np.array([[0.3, 0.1], [0.0, 0.0], [-1.0, 2.0]])
        for shape in ((3, 2), (3, 4, 2), (3, 5, 4, 2)):
            x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
            moved = self.run_.augment(x, coefficients)
            self.assertEqual((moved.shape, moved.dtype), (shape, np.float32))
            np.testing.assert_array_equal(moved[1], x[1])
            for index in range(3):
                alone = self.run_.augment(x[index], coefficients[index])
                np.testing.assert_allclose(moved[index], alone, rtol=1e-5, atol=1e-6)

    def test_shapes_that_do_not_fit(self):
        for x, coefficients in ((np.zeros((3, 3)), [0, 0]), (1.0, [0, 0])):
            with self.says(ValueError, "generators 2 × 2", "give [..., 2]"):
                self.run_.augment(x, coefficients)
        for shape, coefficients in (((3, 2), (4, 2)), ((2,), (2, 2)), ((3, 2), (3, 1, 2))):
            with self.says(ValueError, f"shape {list(coefficients)} do not go with x of shape {list(shape)}"):
                self.run_.augment(np.zeros(shape), np.zeros(coefficients))

    def test_draws_stay_within_the_ranges(self):
        drawn = self.run_.draw(1000, np.random.default_rng(1))
        self.assertEqual(drawn.shape, (1000, 2))
        for most in (drawn.max(axis=0), -drawn.min(axis=0)):
            self.assertTrue(np.all(most <= [0.5, 2.0]) and np.all(most > [0.49, 1.98]), most)
        np.testing.assert_array_equal(drawn, self.run_.draw(1000, np.random.default_rng(1)))

    def test_so3_keeps_lengths(self):
        run = Run(FIXTURES / "cone")
        random = np.random.default_rng(2)
        x = random.normal(size=(50, 2, 3))
        moved = run.augment(x, run.draw(50, random))
        ratio = np.linalg.norm(moved, axis=-1) / np.linalg.norm(x, axis=-1)
        # The generators were learned: to a few per cent, over turns of up to 180°.
        self.assertLess(np.abs(ratio - 1.0).max(), 0.1)
        self.assertGreater(np.abs(moved - x).max(), 1.0)


if __name__ == "__main__":
    unittest.main()
