"""A run for notebooks: verdict, algebra, generators, errors, in the words of the host's own report."""

from __future__ import annotations

from html import escape

import numpy as np

from .summary import Reference, Summary, Symmetry
from .table import rows_of
from .text import html_matrix, html_table, number

LARGEST_MATRIX = 8
"""Larger matrices are left to `Run.generators`."""
LONGEST_BASIS = 10
"""And so are longer bases."""


def verdict_sentence(summary: Summary) -> str:
    """What was found, in a sentence."""
    symmetry = summary.symmetry
    algebra = "a group of unknown name" if symmetry.algebra is None else symmetry.algebra.name
    approximate = len(symmetry.approximate)
    beside = f", and {approximate} that hold{'s' if approximate == 1 else ''} approximately" if approximate else ""
    exact = _generators(symmetry.dimension)
    if symmetry.verdict == "symmetric":
        return f"Symmetric under {algebra}: {exact}{beside}."
    if symmetry.verdict == "partial":
        return f"Symmetric under a bounded part of {algebra}: {exact}{beside}."
    if symmetry.verdict == "approximate":
        return f"Approximately symmetric: {_generators(approximate)}, none exact."
    consequence = "" if summary.metrics is None else "; the model was trained without augmentation"
    return f"No symmetry of the kind searched for was found{consequence}."


def run_html(name: str, found: Summary | str) -> str:
    """The run of that name: its result, or what there is to say without one."""
    if isinstance(found, str):
        return f"<div><strong>{escape(name)}</strong><p>{escape(found)}</p></div>"
    symmetry = found.symmetry
    lines = [verdict_sentence(found)]
    if symmetry.note is not None:
        lines.append(f"Note: {symmetry.note}.")
    if symmetry.reference is not None:
        lines.append(f"Known symmetry of the data: {symmetry.reference.name}; {_cosine(symmetry.reference)}.")
    if symmetry.group is not None:
        accepted = [component.name for component in symmetry.components if component.accepted]
        beside = f", with {', '.join(accepted)}" if accepted else ""
        lines.append(f"Group with its components: {symmetry.group}{beside}.")
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<div><strong>{escape(name)}</strong>{paragraphs}{_basis(symmetry)}{_errors(found)}</div>"


def _generators(count: int) -> str:
    return "1 generator" if count == 1 else f"{count} generators"


def _cosine(reference: Reference) -> str:
    cosines = reference.principal_cosines
    # Another number of generators: whether they are a part of what is known.
    if reference.min_cosine == 0.0 and cosines:
        return f"of {len(cosines)} principal cosines the smallest is {cosines[-1]:.4f}"
    return f"smallest principal cosine {reference.min_cosine:.4f}"


def _basis(symmetry: Symmetry) -> str:
    """The exact generators, in the basis made for reading where there is one."""
    if not symmetry.generators:
        return ""
    matrices = [generator.matrix for generator in symmetry.generators]
    count, n = len(matrices), len(matrices[0])
    readable = np.array([]) if symmetry.algebra is None else symmetry.algebra.readable
    fits = readable.shape == (count, *matrices[0].shape)
    shown = list(readable) if fits else matrices
    if n > LARGEST_MATRIX or count > LONGEST_BASIS:
        return f"<p>{_generators(count)}, {n} × {n}, see <code>Run.generators</code>.</p>"
    blocks = "".join(html_matrix(matrix.tolist()) for matrix in shown)
    if count == 1:
        # Coefficients of the matrix as it is shown.
        unit = abs(float(np.vdot(shown[0], matrices[0]))) / max(float(np.vdot(shown[0], shown[0])), 1e-300)
        return f"<p>Generator ({_described(symmetry, 0, unit)}):</p>{blocks}"
    described = "".join(f"<li>{_described(symmetry, index, 1.0)}</li>" for index in range(count))
    title = "Generators, in a basis made for reading" if fits else "Generators"
    return f"<p>{title}:</p>{blocks}<p>One by one, as in <code>Run.generators</code>:</p><ol>{described}</ol>"


def _described(symmetry: Symmetry, index: int, unit: float) -> str:
    """Violation and range, or extent, of a generator divided by `unit`."""
    generator = symmetry.generators[index]
    violation = f"violation {number(generator.violation)}"
    if generator.extent is None:
        return f"{violation}, range ±{number(generator.range * unit)}"
    whole = "" if generator.whole_range is None else f" of ±{number(generator.whole_range * unit)}"
    tolerance = "" if symmetry.extent_tolerance is None else f", δ = {symmetry.extent_tolerance:g}"
    return f"{violation}, holds up to ±{number(generator.extent * unit)}{whole}{tolerance}"


def _errors(summary: Summary) -> str:
    """The models' errors; nothing where none were measured."""
    rows = [row for row in rows_of("", summary) if row.measure]
    cells = [
        (
            row.model,
            number(row.test, row.test_error),
            number(row.shifted, row.shifted_error),
            number(row.equivariance_error),
        )
        for row in rows
    ]
    header = ["", f"test {rows[0].measure}", f"shifted {rows[0].measure}", "equivariance error"] if rows else []
    return html_table(header, cells) if rows else ""
