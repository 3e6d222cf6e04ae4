#!/usr/bin/env python3
"""Writes bead.npz: 600 samples of a force in the plane that no rotation changes, and that has no other symmetry.

A bead at q with velocity v on a stiffening spring, with quadratic drag and a magnetic field across the plane:
F = -(1 + |q|^2) q - 0.3 |v| v + 0.5 J v, with J the quarter turn. `object_id` numbers the
60 experiments of ten samples each.

Usage: python3 make.py    (NumPy; writes beside itself)
"""
import pathlib

import numpy as np

random = np.random.default_rng(0)
samples, objects = 600, 60
q, v = random.uniform(-1.2, 1.2, (2, samples, 2))
norm = lambda x: np.linalg.norm(x, axis=1, keepdims=True)
force = -(1 + norm(q) ** 2) * q - 0.3 * norm(v) * v + 0.5 * np.stack([-v[:, 1], v[:, 0]], axis=1)
np.savez(
    pathlib.Path(__file__).with_name("bead.npz"),
    q=q.astype("f4"),
    v=v.astype("f4"),
    force=force.astype("f4"),
    object_id=np.repeat(np.arange(objects), samples // objects).astype("i4"),
)
