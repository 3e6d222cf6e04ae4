#!/usr/bin/env python3
"""Draws a 2 x 2 generator of a run as a picture: how it moves points of the plane, and its entries.

    python3 docs/generator.py RUN > docs/generator.svg
"""

import json
import math
import pathlib
import sys

SIZE = 300  # of each panel, in user units


def arrows(matrix):
    """The vector field x -> L x on rings around the origin."""
    (a, b), (c, d) = matrix
    shapes = []
    for ring, radius in enumerate((0.25, 0.5, 0.75, 1.0)):
        count = 6 + 6 * ring
        for k in range(count):
            angle = 2 * math.pi * (k + 0.5 * (ring % 2)) / count
            x, y = radius * math.cos(angle), radius * math.sin(angle)
            dx, dy = 0.24 * (a * x + b * y), 0.24 * (c * x + d * y)
            scale = SIZE * 0.42
            start = (SIZE / 2 + scale * x, SIZE / 2 - scale * y)
            end = (start[0] + scale * dx, start[1] - scale * dy)
            shapes.append(
                f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
                'class="arrow" marker-end="url(#head)"/>'
            )
    return shapes


def entries(matrix):
    """The matrix as coloured cells: blue below zero, red above, and the numbers."""
    largest = max(abs(entry) for row in matrix for entry in row)
    cell, left, top = SIZE * 0.36, SIZE + 40, SIZE * 0.14
    shapes = []
    for i, row in enumerate(matrix):
        for j, entry in enumerate(row):
            x, y = left + j * cell, top + i * cell
            colour = "#c0392b" if entry > 0 else "#2c6fbb"
            shapes.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{cell:.1f}" fill="{colour}" '
                f'fill-opacity="{0.85 * abs(entry) / largest:.3f}" class="cell"/>'
            )
            dark = abs(entry) > 0.5 * largest
            shapes.append(
                f'<text x="{x + cell / 2:.1f}" y="{y + cell / 2 + 7:.1f}" class="{"light" if dark else "plain"}">'
                f"{entry:+.3f}</text>"
            )
    return shapes


def main():
    summary = json.loads((pathlib.Path(sys.argv[1]) / "summary.json").read_text())
    symmetry = summary["symmetry"]
    matrix = symmetry["generators"][0]["matrix"]
    name = symmetry["algebra"]["name"]
    width, height = 2 * SIZE, SIZE + 30
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="The generator found: {name}" font-family="sans-serif">'
    )
    print(
        "<style>.arrow{stroke:#1f6f5c;stroke-width:1.8}.cell{stroke:#888}"
        "text{text-anchor:middle;font-size:20px;fill:#222}.light{fill:#fff}.caption{font-size:14px;fill:#555}</style>"
        '<defs><marker id="head" viewBox="0 0 6 6" refX="4" refY="3" markerWidth="5" markerHeight="5" '
        'orient="auto"><path d="M0 0 6 3 0 6z" fill="#1f6f5c"/></marker></defs>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
    )
    print("\n".join(arrows(matrix) + entries(matrix)))
    print(f'<text x="{SIZE / 2}" y="{SIZE + 18}" class="caption">how it moves the plane</text>')
    print(f'<text x="{1.5 * SIZE + 20}" y="{SIZE + 18}" class="caption">its entries: {name}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
