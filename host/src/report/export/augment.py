"""Augmentation by the symmetry that semola-host found: {name}.

    augment = Augment()
    moved_positions, g = augment(positions)   # [batch, ..., n], one element of the group for each sample
    moved_forces, _ = augment(forces, g)      # what transforms alike moves alike

Elements are g = exp(sum_i u_i r_i L_i), u uniform in [-1, 1], as in training. Scalars stay as they are; covectors move by
the transposed inverse of g, matrices A by g A g^-1. Needs PyTorch alone.
"""

import torch

# [k, n, n], as in generators.npz, and the largest coefficient of each, [k].
GENERATORS = torch.tensor(
    [
{generators}    ],
    dtype=torch.float64,
)
RANGES = torch.tensor({ranges}, dtype=torch.float64)


def element(coefficients):
    """Group elements [batch, n, n] of coefficients [batch, k], in units of the ranges."""
    scaled = coefficients.to(GENERATORS.device, torch.float64) * RANGES
    return torch.matrix_exp(torch.einsum("bk,kij->bij", scaled, GENERATORS))


def act(g, x):
    """g x for vectors x [batch, ..., n]."""
    return torch.einsum("bij,b...j->b...i", g.to(x.device, x.dtype), x)


class Augment(torch.nn.Module):
    """Moves each sample by an element of its own; in evaluation mode by none."""

    def forward(self, x, g=None):
        """The moved vectors [batch, ..., n] and the elements [batch, n, n], to move others alike."""
        if g is None:
            batch, k = x.shape[0], GENERATORS.shape[0]
            u = 2 * torch.rand(batch, k, dtype=torch.float64) - 1 if self.training else torch.zeros(batch, k)
            g = element(u)
        return act(g, x), g
