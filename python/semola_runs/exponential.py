"""The matrix exponential, with numpy alone: scaling and squaring with the Padé approximant of degree 13.

N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", SIAM J. Matrix Anal. Appl. 26
(2005), algorithm 2.3 without its cases of lower degree. Generators need not be normal (translations and shears are
nilpotent), so an eigendecomposition would not do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Coefficients of the approximant's numerator, from the constant on.
_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
# 1-norm up to which its backward error is below the unit roundoff of doubles.
_LARGEST = 5.371920351148152


def exponential(matrices: ArrayLike) -> NDArray[np.float64]:
    """`exp` of each of `[..., n, n]`, in the same shape and in double precision.

    Raises ValueError for matrices that are not square or not finite. An exponential beyond the doubles is inf or NaN.
    """
    a: NDArray[np.float64] = np.asarray(matrices, dtype=np.float64)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"matrices of shape [..., n, n] are needed, these have {list(a.shape)}")
    if not np.isfinite(a).all():
        raise ValueError("the matrices have entries that are not finite")
    if a.size == 0:
        return a.copy()
    # Each matrix its own number of halvings: one more than needed costs a digit.
    norms = np.abs(a).sum(axis=-2).max(axis=-1)[..., None, None]
    squarings = np.ceil(np.log2(np.maximum(norms / _LARGEST, 1.0))).astype(np.int64)
    a = np.ldexp(a, -squarings)

    b = _PADE
    one = np.eye(a.shape[-1])
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a2 @ a4
    odd = a @ (a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    power = np.linalg.solve(even - odd, even + odd)
    for done in range(int(squarings.max())):
        power = np.where(done < squarings, power @ power, power)
    return np.asarray(power, dtype=np.float64)
