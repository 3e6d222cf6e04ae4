"""Wavefront OBJ meshes: vertices and faces as triangles; texture, normals, groups, lines and materials are skipped."""

from import_data.failure import Failure


def read(text, what):
    """Vertices `[(x, y, z)]` and triangles `[(i, j, k)]`, indices from 0.

    Polygons become fans around their first corner. Faces of one or two corners, which some exporters write, have no
    area and are left out. Errors name the line. A mesh without a triangle is an error.
    """
    vertices, triangles = [], []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.startswith("v "):
                x, y, z = line.split()[1:4]
                vertices.append((float(x), float(y), float(z)))
            elif line.startswith("f "):
                corners = [int(corner.split("/", 1)[0]) for corner in line.split()[1:]]
                # Negative indices count back from the latest vertex.
                corners = [corner - 1 if corner > 0 else len(vertices) + corner for corner in corners]
                if not corners:
                    raise ValueError("a face without corners")
                if min(corners) < 0 or max(corners) >= len(vertices):
                    raise ValueError(f"a face names a vertex that is not among the {len(vertices)} before it")
                first = corners[0]
                triangles += [(first, second, third) for second, third in zip(corners[1:], corners[2:])]
        except ValueError as error:
            raise Failure(f"{what}, line {number} ('{line.strip()[:60]}'): {error}") from error
    if not triangles:
        raise Failure(f"{what} holds no face")
    return vertices, triangles
