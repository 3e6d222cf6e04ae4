"""Numbers and tables as text, rounded as in the host's own report. Texts that come from files are escaped for HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

INTEGER = 0.02
"""Entries of matrices this near to an integer are shown as such; learned ones err by a per cent or less."""


def number(value: float | None, error: float | None = None) -> str:
    """Three significant digits, with the standard error if there is one; a dash for None."""
    if value is None:
        return "-"
    if error is not None:
        return f"{number(value)} ± {number(error)}"
    if value == 0.0 or not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:g}"
    if not 1e-4 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    decimals = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{min(max(decimals, 0), 6)}f}"


def entry(value: float) -> str:
    """An entry of a matrix."""
    near = math.isfinite(value) and abs(value - round(value)) <= INTEGER
    return str(round(value)) if near else f"{value:.2f}"


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def html_matrix(rows: Sequence[Sequence[float]]) -> str:
    """A matrix between bars, to stand beside others."""
    cell = '<td style="text-align:right">'
    body = "".join("<tr>" + "".join(f"{cell}{entry(value)}</td>" for value in row) + "</tr>" for row in rows)
    style = "display:inline-table;margin:0 1em 0.5em 0;border-left:1px solid;border-right:1px solid"
    return f'<table style="{style}"><tbody>{body}</tbody></table>'
