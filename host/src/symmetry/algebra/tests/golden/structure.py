"""Exact structure of Lie algebras of integer matrices, by rational linear algebra in SymPy.

Prints one line an algebra: name; size; generators (entries row by row, generators separated by '/');
Killing signature (positive negative zero); dimensions of derived algebra, center, radical; the Killing form in
this basis, row by row.
Run: python structure.py > structure.txt   (SymPy 1.14)
"""
from itertools import combinations
from sympy import Matrix, Poly, Symbol, eye, zeros


def unit(n, *entries):
    m = zeros(n, n)
    for i, j, value in entries:
        m[i, j] = value
    return m


def coordinates(basis, m):
    columns = Matrix.hstack(*[b.reshape(len(b), 1) for b in basis])
    return (columns.T * columns).LUsolve(columns.T * m.reshape(len(m), 1))


def span_dimension(vectors, k):
    return Matrix.hstack(*vectors).rank() if vectors else 0


def signature(form):
    # Descartes' rule is exact for a real symmetric matrix: all roots are real.
    x = Symbol("x")
    coefficients = Poly(form.charpoly(x).as_expr(), x).all_coeffs()

    def changes(values):
        signs = [v > 0 for v in values if v != 0]
        return sum(a != b for a, b in zip(signs, signs[1:]))

    degree = len(coefficients) - 1
    positive = changes(coefficients)
    negative = changes([c * (-1) ** (degree - i) for i, c in enumerate(coefficients)])
    return positive, negative, degree - positive - negative


def report(name, basis):
    k, n = len(basis), basis[0].rows
    ad = [Matrix.hstack(*[coordinates(basis, a * b - b * a) for b in basis]) for a in basis]
    for i, j in combinations(range(k), 2):
        rest = basis[i] * basis[j] - basis[j] * basis[i]
        for c, b in zip(ad[i][:, j], basis):
            rest -= c * b
        assert rest == zeros(n, n), name
    killing = Matrix(k, k, lambda i, j: (ad[i] * ad[j]).trace())
    brackets = [ad[i][:, j] for i, j in combinations(range(k), 2)]
    derived = span_dimension(brackets, k)
    center = k - Matrix.vstack(*ad).rank()
    radical = k - (Matrix.hstack(*brackets).T * killing).rank()
    entries = "/".join(" ".join(str(v) for v in b) for b in basis)
    print(f"{name};{n};{entries};{' '.join(map(str, signature(killing)))};{derived} {center} {radical};"
          + " ".join(str(v) for v in killing))


def rotations(n, size):
    return [unit(size, (i, j, -1), (j, i, 1)) for i, j in combinations(range(n), 2)]


boosts = [unit(4, (0, i, 1), (i, 0, 1)) for i in (1, 2, 3)]
spatial = [unit(4, (i, j, -1), (j, i, 1)) for i, j in ((1, 2), (1, 3), (2, 3))]
planar = [unit(3, (0, 2, 1)), unit(3, (1, 2, 1))]
linear = [unit(3, (i, j, 1)) for i in (0, 1) for j in (0, 1)]

report("so(3)", rotations(3, 3))
report("so(4)", rotations(4, 4))
report("sl(2,R)", [unit(2, (0, 1, 1)), unit(2, (1, 0, 1)), unit(2, (0, 0, 1), (1, 1, -1))])
report("so(1,3)", boosts + spatial)
report("se(2)", rotations(2, 3) + planar)
report("sim(2)", rotations(2, 3) + planar + [unit(3, (0, 0, 1), (1, 1, 1))])
report("se(3)", rotations(3, 4) + [unit(4, (i, 3, 1)) for i in range(3)])
report("aff(2)", linear + planar)
report("heisenberg", [unit(3, (0, 1, 1)), unit(3, (1, 2, 1)), unit(3, (0, 2, 1))])
report("aff(1)", [unit(2, (0, 0, 1)), unit(2, (0, 1, 1))])
report("so(3) ⊕ R", rotations(3, 3) + [eye(3)])
report("gl(3,R)", [unit(3, (i, j, 1)) for i in range(3) for j in range(3)])
