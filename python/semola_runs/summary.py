"""`summary.json`, version 1, as frozen dataclasses: the same names and nesting as in the file.

The host only adds fields within a version, so unknown ones are passed over, and those that older hosts did not write
are None or empty. Matrices are arrays that cannot be written to; a number that was not finite is NaN. Nothing here
judges the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from .document import Value, json_document
from .failure import NewerSchema

SCHEMA = 1
"""The newest version that is read."""

Verdict = Literal["symmetric", "approximate", "partial", "none"]
"""`symmetric`: at least one exact generator; `partial`: at least one that holds for a bounded range only;
`approximate`: only approximate ones; `none`: no symmetry of the kind that was searched for."""


@dataclass(frozen=True, eq=False)
class Generator:
    """One generator of the symmetry."""

    matrix: NDArray[np.float64]
    """`[n, n]`, of norm 1 in the data metric."""
    violation: float
    """Relative violation: 0 for a perfect symmetry."""
    range: float
    """Largest coefficient used in training, which took `[-range, range]`."""
    extent: float | None
    """Coefficient up to which the symmetry holds; None where it holds on the whole range."""
    whole_range: float | None
    """The whole range, beside an extent."""

    @classmethod
    def read(cls, value: Value) -> Generator:
        return cls(
            matrix=value["matrix"].array(2),
            violation=value["violation"].number(),
            range=value["range"].number(),
            extent=value.optional("extent", Value.number),
            whole_range=value.optional("whole_range", Value.number),
        )


@dataclass(frozen=True, eq=False)
class Algebra:
    """What the exact generators span."""

    name: str
    """`so(2)`, `so(1,3)`, `so(3) ⊕ R`, or a description."""
    killing: tuple[int, ...]
    """Signature of the Killing form: positive, negative, zero."""
    closure: float
    """How far brackets leave the span: 0 for a Lie algebra, up to 1."""
    readable: NDArray[np.float64]
    """`[k, n, n]`: a basis of the span made for reading, sparse, of largest entry 1."""
    structure_constants: NDArray[np.float64]
    """`[k, k, k]` in that basis: the bracket of elements i and j is the sum over l of `[i, j, l]` times element l."""

    @classmethod
    def read(cls, value: Value) -> Algebra:
        return cls(
            name=value["name"].text(),
            killing=tuple(count.count() for count in value["killing"].items()),
            closure=value["closure"].number(),
            readable=_array(value, "readable"),
            structure_constants=_array(value, "structure_constants"),
        )


@dataclass(frozen=True)
class Confidence:
    """How much the numbers of generators depend on the samples drawn."""

    agreement: float
    """Part of the resamples, 0 to 1, with the same numbers of exact and approximate generators."""
    resamples: int
    """How many resamples."""
    dimensions: Mapping[str, int]
    """How many gave each pair of numbers: `"3"` exact, or `"3+1"` exact and approximate."""

    @classmethod
    def read(cls, value: Value) -> Confidence:
        return cls(
            agreement=value["agreement"].number(),
            resamples=value["resamples"].count(),
            dimensions={name: count.count() for name, count in value["dimensions"].entries().items()},
        )


@dataclass(frozen=True)
class Candidate:
    """One eigenvalue of the spectrum."""

    rel: float
    """Eigenvalue over the mean of all."""
    s: float
    """Violation over the one that the model's error explains: about 1 or less for an exact symmetry."""

    @classmethod
    def read(cls, value: Value) -> Candidate:
        return cls(rel=value["rel"].number(), s=value["s"].number())


@dataclass(frozen=True, eq=False)
class Component:
    """An element outside the identity component, tested on validation data."""

    name: str
    """`reflection of x1`, `exchange of x1 and x2`, `inversion`."""
    matrix: NDArray[np.float64]
    """`[n, n]`."""
    ratio: float
    """Squared error on data moved by the element over that without: 1 for a symmetry."""
    lower: float
    """Lower end of the ratio's 95 % interval."""
    upper: float
    """Its upper end."""
    distance: float
    """How far moved inputs are from the training data, relative to the inputs themselves: 1 if they are as near."""
    supported: bool
    """Whether that is near 1; if not, a rejection does not mean that the truth lacks the symmetry."""
    accepted: bool
    """Whether it counts as a symmetry."""

    @classmethod
    def read(cls, value: Value) -> Component:
        return cls(
            name=value["name"].text(),
            matrix=value["matrix"].array(2),
            ratio=value["ratio"].number(),
            lower=value["lower"].number(),
            upper=value["upper"].number(),
            distance=value["distance"].number(),
            supported=value["supported"].flag(),
            accepted=value["accepted"].flag(),
        )


@dataclass(frozen=True)
class Reference:
    """Comparison with the algebra that the data set declares."""

    name: str
    """Its name."""
    min_cosine: float
    """Smallest principal cosine between the span found and the known one; 0 when the dimensions differ."""
    principal_cosines: tuple[float, ...]
    """All of them, the largest first."""

    @classmethod
    def read(cls, value: Value) -> Reference:
        cosines = value.find("principal_cosines")
        return cls(
            name=value["name"].text(),
            min_cosine=value["min_cosine"].number(),
            principal_cosines=() if cosines is None else tuple(cosine.number() for cosine in cosines.items()),
        )


@dataclass(frozen=True, eq=False)
class Symmetry:
    """What was found."""

    verdict: Verdict
    """In a word."""
    note: str | None
    """Why less is claimed than the spectrum alone would suggest."""
    dimension: int
    """Number of exact generators."""
    algebra: Algebra | None
    """What they span; None when there are none."""
    confidence: Confidence | None
    """None where the generators were given, or no resamples asked for."""
    generators: tuple[Generator, ...]
    """The exact ones."""
    output: NDArray[np.float64] | None
    """`[k, m, m]`: how each acts on all m target numbers side by side, where the output representation is learned."""
    extent_tolerance: float | None
    """δ, the loss above that of the data as they are up to which an extent is borne."""
    approximate: tuple[Generator, ...]
    """Generators that hold only approximately."""
    candidates: tuple[Candidate, ...]
    """The whole spectrum, smallest first."""
    components: tuple[Component, ...]
    """Elements outside the identity component that were tested."""
    group: str | None
    """The group that generators and accepted components make: `SO(3)`, `S_4`; None when components were not tested."""
    reference: Reference | None
    """None where the data set declares no algebra."""

    @classmethod
    def read(cls, value: Value) -> Symmetry:
        verdict = value["verdict"].text()
        if verdict not in get_args(Verdict):
            raise value["verdict"].wrong("one of " + ", ".join(get_args(Verdict)))
        components = value.find("components")
        return cls(
            verdict=cast(Verdict, verdict),
            note=value.optional("note", Value.text),
            dimension=value["dimension"].count(),
            algebra=value.optional("algebra", Algebra.read),
            confidence=value.optional("confidence", Confidence.read),
            generators=tuple(Generator.read(item) for item in value["generators"].items()),
            output=value.optional("output", lambda output: output.array(3)),
            extent_tolerance=value.optional("extent_tolerance", Value.number),
            approximate=tuple(Generator.read(item) for item in value["approximate"].items()),
            candidates=tuple(Candidate.read(item) for item in value["candidates"].items()),
            components=() if components is None else tuple(Component.read(item) for item in components.items()),
            group=value.optional("group", Value.text),
            reference=value.optional("reference", Reference.read),
        )


@dataclass(frozen=True)
class Estimate:
    """A number and how far the draws alone may have moved it."""

    value: float
    """The number."""
    error: float | None
    """Its standard error; None for one draw."""

    @classmethod
    def read(cls, value: Value) -> Estimate:
        return cls(value=value["value"].number(), error=value.optional("error", Value.number))


@dataclass(frozen=True)
class Averaged:
    """Metrics of predictions averaged over the group."""

    draws: int
    """Group elements drawn for each sample."""
    test: Mapping[str, Estimate]
    """On test data."""
    shifted: Mapping[str, Estimate]
    """On shifted data."""

    @classmethod
    def read(cls, value: Value) -> Averaged:
        def estimates(name: str) -> dict[str, Estimate]:
            return {key: Estimate.read(entry) for key, entry in value[name].entries().items()}

        return cls(draws=value["draws"].count(), test=estimates("test"), shifted=estimates("shifted"))


@dataclass(frozen=True, eq=False)
class EquivarianceCurve:
    """The equivariance error under `exp(t L)` over the range of t."""

    matrix: NDArray[np.float64]
    """The generator L, `[n, n]`."""
    coefficients: NDArray[np.float64]
    """`[places]`: values of t from one end of the generator's range to the other; half a turn each way for a rotation."""
    errors: NDArray[np.float64]
    """`[places]`: the error at each of them."""

    @classmethod
    def read(cls, value: Value) -> EquivarianceCurve:
        return cls(
            matrix=value["matrix"].array(2),
            coefficients=value["coefficients"].array(1),
            errors=value["errors"].array(1),
        )


@dataclass(frozen=True)
class Metrics:
    """How well a model does."""

    test: Mapping[str, float]
    """On test data: `rmse` (over the standard deviation of what is predicted) or `accuracy`, `loss`."""
    shifted: Mapping[str, float]
    """The same on test data moved by the whole group; empty when the data set has none."""
    equivariance_error: float | None
    """Root mean square of `f(gx) − ρ(g) f(x)` in units of the targets' standard deviation; None without a group."""
    lie_derivative: float | None
    """The same for generators in place of group elements."""
    equivariance_curves: tuple[EquivarianceCurve, ...]
    """The equivariance error along each generator, six at most; empty for a run of an older version."""
    averaged: Averaged | None
    """Metrics of predictions averaged over the group; None when not asked for."""
    validation: Mapping[str, float] = field(default_factory=dict)
    """The same as `test` on validation data, by which sweeps rank; empty where an older host left it out."""

    @property
    def measure(self) -> str:
        """The figure that is shown first: `rmse`, `accuracy`, `loss`, or whatever there is."""
        return next((name for name in ("rmse", "accuracy", "loss", *self.test) if name in self.test), "rmse")

    @classmethod
    def read(cls, value: Value) -> Metrics:
        def numbers(name: str) -> dict[str, float]:
            return {key: entry.number() for key, entry in value[name].entries().items()}

        def curves(value: Value) -> tuple[EquivarianceCurve, ...]:
            return tuple(EquivarianceCurve.read(entry) for entry in value.items())

        return cls(
            test=numbers("test"),
            shifted=numbers("shifted"),
            equivariance_error=value.optional("equivariance_error", Value.number),
            lie_derivative=value.optional("lie_derivative", Value.number),
            equivariance_curves=value.optional("equivariance_curves", curves) or (),
            averaged=value.optional("averaged", Averaged.read),
            validation=numbers("validation") if value.find("validation") else {},
        )


@dataclass(frozen=True)
class Field:
    """One input or target of the data set."""

    name: str
    shape: tuple[int, ...]
    """Of one sample; -1 where it varies."""
    representation: str
    """How the group moves it: `scalar`, `vector`, …"""
    offset: float
    """What the model sees is (value − offset) / scale."""
    scale: float

    @classmethod
    def read(cls, value: Value) -> Field:
        return cls(
            name=value["name"].text(),
            shape=tuple(length.whole() for length in value["shape"].items()),
            representation=value["representation"].text(),
            offset=value["offset"].number(),
            scale=value["scale"].number(),
        )


@dataclass(frozen=True)
class Fields:
    """The fields of the data set."""

    inputs: tuple[Field, ...]
    """In the order in which the model takes them."""
    targets: tuple[Field, ...]
    """In the order in which it predicts them."""

    @classmethod
    def read(cls, value: Value) -> Fields:
        inputs, targets = (tuple(Field.read(item) for item in value[name].items()) for name in ("inputs", "targets"))
        return cls(inputs=inputs, targets=targets)


@dataclass(frozen=True)
class PluginRecord:
    """A plugin that took part."""

    id: str
    version: str
    sha256: str
    """Of its file, hexadecimal."""

    @classmethod
    def read(cls, value: Value) -> PluginRecord:
        return cls(id=value["id"].text(), version=value["version"].text(), sha256=value["sha256"].text())


@dataclass(frozen=True, eq=False)
class Summary:
    """`summary.json`: the result of a run."""

    schema: int
    """Version of the file's form."""
    plugin: str
    """The plugin whose experiment was run."""
    seed: int
    wall_s: float
    """Seconds from start to summary, baselines included."""
    steps: int
    """Optimiser steps taken by the run itself."""
    steps_per_s: float
    """Steps a second of the run itself."""
    peak_rss_mib: float
    """Peak resident memory, MiB."""
    symmetry: Symmetry
    """What was found."""
    metrics: Metrics | None
    """How well the trained model does; None after `discover`."""
    baselines: Mapping[str, Metrics]
    """Metrics of the baselines asked for, `plain` and `oracle`."""
    fields: Fields | None
    """The data's inputs and targets, and the units in which the model sees them; None in a run of an older version."""
    libtorch: str
    """libtorch's version."""
    host: str
    """semola-host's version."""
    plugins: tuple[PluginRecord, ...]
    """Plugins that took part."""

    @classmethod
    def read(cls, value: Value) -> Summary:
        return cls(
            schema=value["schema"].count(),
            plugin=value["plugin"].text(),
            seed=value["seed"].count(),
            wall_s=value["wall_s"].number(),
            steps=value["steps"].count(),
            steps_per_s=value["steps_per_s"].number(),
            peak_rss_mib=value["peak_rss_mib"].number(),
            symmetry=Symmetry.read(value["symmetry"]),
            metrics=value.optional("metrics", Metrics.read),
            baselines={name: Metrics.read(entry) for name, entry in value["baselines"].entries().items()},
            fields=value.optional("fields", Fields.read),
            libtorch=value["libtorch"].text(),
            host=value["host"].text(),
            plugins=tuple(PluginRecord.read(item) for item in value["plugins"].items()),
        )


def read_summary(run: Path) -> Summary:
    """The summary of the run in that directory.

    Raises `Unfinished` while there is none, `NewerSchema` or `Damaged`.
    """
    path = run / "summary.json"
    document = json_document(path, run)
    schema = document["schema"].count()
    if schema > SCHEMA:
        raise NewerSchema(
            f"{path} has schema {schema}, and this semola_runs reads schemas up to {SCHEMA}: "
            "install the semola_runs that came with the semola-host of that run"
        )
    if schema == 0:
        raise document["schema"].wrong("a number from 1 on")
    return Summary.read(document)


def _array(value: Value, name: str) -> NDArray[np.float64]:
    found = value.find(name)
    return np.zeros((0, 0, 0)) if found is None else found.array(3)
