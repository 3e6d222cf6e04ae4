"""Exponentials of fixed matrices by scipy.linalg.expm (Padé approximants, scaling and squaring).

Prints one line a matrix: its entries row by row; those of its exponential.
Run: python exponential.py > exponential.txt   (SciPy 1.17)
"""
import numpy as np
from scipy.linalg import expm

MATRICES = [
    # A rotation by more than half a turn about no axis in particular.
    [[0, -2.5, 1], [2.5, 0, -1.5], [-1, 1.5, 0]],
    # Translation, shear and twist at once, in homogeneous coordinates.
    [[0.5, -1, 2], [1, 0.5, -0.25], [0, 0, 0]],
    # Nilpotent, and a Jordan block that grows.
    [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
    [[1, 1, 0], [0, 1, 1], [0, 0, 1]],
    # A boost with a rotation, of so(1,3).
    [[0, 0.8, -0.3, 0.1], [0.8, 0, -1.2, 0.4], [-0.3, 1.2, 0, 0.7], [0.1, -0.4, -0.7, 0]],
    # No structure at all, of norm 4.
    [[1.1, -0.7, 0.4, 2], [-0.2, 0.3, -1.6, 0.5], [0.9, 1.3, -0.8, -0.6], [0.2, -1.4, 0.7, -0.1]],
]

for matrix in MATRICES:
    matrix = np.array(matrix, dtype=float)
    print(" ".join(map(repr, matrix.ravel().tolist())), " ".join(map(repr, expm(matrix).ravel().tolist())), sep=";")
