"""Reads the run directories of semola-host: the symmetries found, the course of training, the errors.

`Run(path)` is one run, `runs(folder)` all of a folder, `table(...)` their errors beside the baselines',
`read_sweep(folder)` the trials of a sweep. Nothing is ever written, and nothing is computed that the run did not compute, apart from group elements.
"""

from .course import Course, Step
from .event_file import Event, Histogram, Image, Scalar
from .events import Events
from .exponential import exponential
from .failure import Damaged, MissingPackage, NewerSchema, NotARun, RunError, Unfinished
from .run import Run, runs
from .summary import (
    SCHEMA,
    Algebra,
    Averaged,
    Candidate,
    Component,
    Confidence,
    EquivarianceCurve,
    Estimate,
    Field,
    Fields,
    Generator,
    Metrics,
    PluginRecord,
    Reference,
    Summary,
    Symmetry,
    Verdict,
)
from .sweep import Sweep, Trial, read_sweep
from .table import Row, Table, table

__all__ = [
    "SCHEMA",
    "Algebra",
    "Averaged",
    "Candidate",
    "Component",
    "Confidence",
    "Course",
    "Damaged",
    "EquivarianceCurve",
    "Estimate",
    "Event",
    "Events",
    "Field",
    "Fields",
    "Generator",
    "Histogram",
    "Image",
    "Metrics",
    "MissingPackage",
    "NewerSchema",
    "NotARun",
    "PluginRecord",
    "Reference",
    "Row",
    "Run",
    "RunError",
    "Scalar",
    "Step",
    "Summary",
    "Sweep",
    "Symmetry",
    "Table",
    "Trial",
    "Unfinished",
    "Verdict",
    "exponential",
    "read_sweep",
    "runs",
    "table",
]
