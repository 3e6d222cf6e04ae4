"""One module a data set: which packages it needs, what is true of it, and how its arrays are made."""

import typing


class Field(typing.NamedTuple):
    """One array, as the card tells it. `shape` is that of one sample; entries `"train"` and the like do not occur."""

    dtype: str
    shape: tuple
    representation: str  # how it moves under the group: scalar, vector, image, label, index, custom
    units: str
    about: str


class Made(typing.NamedTuple):
    """What a set's `make` hands over: tensors of each split, and what only reading the data tells."""

    splits: dict  # split: {field: Tensor}
    facts: dict  # JSON values that join the card


class DataSet(typing.NamedTuple):
    """A set that can be imported."""

    name: str
    title: str
    packages: tuple
    recipe: int  # grows when `make` changes what it writes: finished sets of an older recipe are made anew
    megabytes: int  # of the finished set
    licence: str
    attribution: str
    expected_group: str
    made_by: str  # what was done to the source's numbers, and what was not
    objects: str  # what a split never divides
    fields: dict  # name: Field
    make: typing.Callable  # (paths of the packages, subset or None, progress) -> Made
    refusal: typing.Callable = lambda: None  # why the set cannot be made on this machine, or None
