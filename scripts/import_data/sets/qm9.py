"""QM9: small organic molecules with geometry and properties, from the tables of the qm9pack wheel."""

import array
import csv
import io
import math
import zipfile
import zlib

from import_data import splits
from import_data.failure import Failure
from import_data.packages import Package
from import_data.sets import DataSet, Field, Made
from import_data.tensors import Tensor, take, tensor

MOLECULES = 130831
ATOMS = 29  # the largest molecule
CHARGES = {"H": 1, "C": 6, "N": 7, "O": 8, "F": 9}
COMPONENTS = ("A_xx", "A_xy", "A_xz", "A_yy", "A_yz", "A_zz")
# Our name: the table's column, units, what it is.
PROPERTIES = {
    "gap": ("HOMO_LUMO_gap_au", "hartree", "energy gap between HOMO and LUMO"),
    "homo": ("HOMO_au", "hartree", "energy of the highest occupied orbital"),
    "lumo": ("LUMO_au", "hartree", "energy of the lowest unoccupied orbital"),
    "dipole": ("Dipole_debye", "debye", "magnitude of the dipole moment"),
    "polarizability": ("Polarizability_bohr3", "bohr^3", "isotropic polarisability"),
    "extent": ("R2_bohr2", "bohr^2", "spatial extent of the electrons, <R^2>"),
    "zpve": ("ZPVE_au", "hartree", "zero-point vibrational energy"),
    "u0": ("InternalEnergy_0K_au", "hartree", "internal energy at 0 K"),
    "u298": ("InternalEnergy_298K_au", "hartree", "internal energy at 298.15 K"),
    "h298": ("Enthalphy_298K_au", "hartree", "enthalpy at 298.15 K"),
    "g298": ("GibbsFreeEnergy_298K_au", "hartree", "Gibbs free energy at 298.15 K"),
    "cv": ("Heatcapacity_Cv_cal_mol_K", "cal/(mol K)", "heat capacity at constant volume, 298.15 K"),
}


def numbers(text):
    """The finite floats in a bracketed list, nested or not."""
    found = [float(entry) for entry in text.replace("[", " ").replace("]", " ").replace(",", " ").split()]
    if not all(map(math.isfinite, found)):
        raise ValueError(f"'{text[:40]}' is not finite")
    return found


def molecule(row):
    """Positions (flat), charges and properties of a table's row."""
    elements = [entry.strip("' ") for entry in row["Elements"].strip("[]").split(",")]
    if unknown := [element for element in elements if element not in CHARGES]:
        raise ValueError(f"element '{unknown[0]}', expected one of {', '.join(CHARGES)}")
    positions = numbers(row["XYZ_Ang"])
    if len(positions) != 3 * len(elements) or len(elements) != int(row["N_atoms"]) or len(elements) > ATOMS:
        raise ValueError(
            f"{len(positions)} coordinates and {len(elements)} elements for N_atoms = {row['N_atoms']}, "
            f"expected 3 coordinates and an element for each of at most {ATOMS} atoms"
        )
    properties = [numbers(row[column])[0] for column, _, _ in PROPERTIES.values()]
    return positions, [CHARGES[element] for element in elements], properties


def table(file, what):
    """The rows of a CSV file as dictionaries; a row of another width is an error."""
    reader = csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))
    try:
        for row in reader:
            if None in row or None in row.values():
                raise Failure(f"{what}, line {reader.line_num}: another number of columns than the header's")
            yield reader.line_num, row
    except (csv.Error, UnicodeDecodeError, zlib.error, zipfile.BadZipFile, EOFError) as error:
        raise Failure(f"{what}, after line {reader.line_num}: {error}") from error


def read(molecules, tensors, total, subset=None, progress=lambda *_: None):
    """All fields of the molecules in CSV files.

    `molecules` and `tensors` are lists of (binary file, name) pairs: tables of molecules and of polarisabilities.
    Returns the tensors by field and the split's object of each row, the InChI: mirror images and other
    stereoisomers that it does not tell apart stay together. `subset` keeps so many of the `total` rows, evenly spaced:
    the tables are ordered by size.
    """
    fields = {"position": array.array("f"), "charge": array.array("B"), "atoms": array.array("B")}
    fields |= {name: array.array("d") for name in PROPERTIES}
    files, objects = {}, []
    position = 0
    for file, what in molecules:
        for line, row in table(file, what):
            position += 1
            if subset is not None and (position - 1) * subset // total == position * subset // total:
                continue
            try:
                positions, charges, properties = molecule(row)
                key, name = row["InChi"], row["XYZ_file"]
            except KeyError as error:
                raise Failure(f"{what} has no column {error}") from error
            except (ValueError, IndexError) as error:
                raise Failure(f"{what}, line {line} ({row.get('XYZ_file')}): {error}") from error
            padding = ATOMS - len(charges)
            fields["position"].extend(positions + [0.0] * (3 * padding))
            fields["charge"].extend(charges + [0] * padding)
            fields["atoms"].append(len(charges))
            for property_name, value in zip(PROPERTIES, properties):
                fields[property_name].append(value)
            files[name] = len(objects)
            objects.append(key)
            if len(objects) % 1000 == 0:
                progress(len(objects), total, "molecules read")
    count = len(objects)
    standard = array.array("d", [math.nan]) * (6 * count)
    for file, what in tensors:
        for line, row in table(file, what):
            if (index := files.pop(row.get("XYZ_file"), None)) is None:
                continue
            try:
                standard[6 * index : 6 * index + 6] = array.array("d", [numbers(row[name])[0] for name in COMPONENTS])
            except (KeyError, ValueError, IndexError) as error:
                raise Failure(f"{what}, line {line}: {error}") from error
    if files:
        raise Failure(f"{tensors[0][1]} has no polarisability for {next(iter(files))}")
    made = {
        "position": Tensor("F32", (count, ATOMS, 3), fields.pop("position")),
        "charge": Tensor("U8", (count, ATOMS), fields.pop("charge")),
        "atoms": Tensor("U8", (count,), fields.pop("atoms")),
        "polarizability_standard": Tensor("F64", (count, 6), standard),
    }
    made |= {name: tensor("F64", (count,), values) for name, values in fields.items()}
    return made, objects


def make(paths, subset, progress):
    try:
        with zipfile.ZipFile(paths[0]) as wheel:
            parts = [f"qm9pack/data/{name}.csv" for name in ("qm9_part1", "qm9_part2", "qm9_part3")]
            molecules = [(wheel.open(name), name) for name in parts]
            name = "qm9pack/data/qm9_polarizability.csv"
            subset = None if subset is None else min(subset, MOLECULES)
            fields, objects = read(molecules, [(wheel.open(name), name)], MOLECULES, subset, progress)
    except (zipfile.BadZipFile, KeyError) as error:
        raise Failure(f"{paths[0].name} is no sound wheel ({error}); remove it to have it downloaded again") from error
    rows = splits.split("qm9", objects)
    return Made({name: {field: take(t, rows[name]) for field, t in fields.items()} for name in rows}, {})


SET = DataSet(
    name="qm9",
    title="small organic molecules with quantum-chemical properties (130,831)",
    packages=(
        Package(
            "PyPI",
            "qm9pack",
            "1.0.3",
            "qm9pack-1.0.3-py3-none-any.whl",
            "1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0",
            104,
        ),
    ),
    recipe=1,
    megabytes=70,
    licence="MIT (the package); the data of the article are in the public domain (CC0)",
    attribution="R. Ramakrishnan, P. O. Dral, M. Rupp, O. A. von Lilienfeld, Scientific Data 1 (2014) 140022; "
    "package qm9pack by R. Ramakrishnan",
    expected_group="E(3): the properties are invariant under rotations, reflections and translations",
    made_by=f"Positions as published, in the source's frame: neither centred nor rotated, padded with zeros to {ATOMS} "
    "atoms (charge 0 marks padding). The frame is not random: the second atom lies near the origin, below the "
    "first (mean y of their direction -0.65). Turning molecules at random is the plugin's part.",
    objects="molecule (one InChI)",
    fields={
        "position": Field("F32", (ATOMS, 3), "vector", "ångström", "nuclei, B3LYP/6-31G(2df,p) geometry"),
        "charge": Field("U8", (ATOMS,), "scalar", "elementary charge", "1 H, 6 C, 7 N, 8 O, 9 F, 0 no atom"),
        "atoms": Field("U8", (), "scalar", "number", "how many of the rows are atoms"),
        **{name: Field("F64", (), "scalar", units, about) for name, (_, units, about) in PROPERTIES.items()},
        "polarizability_standard": Field(
            "F64",
            (6,),
            "custom",
            "bohr^3",
            "xx, xy, xz, yy, yz, zz in the program's standard orientation, which is NOT the frame of position: only "
            "invariants (trace, eigenvalues) may be used beside it",
        ),
    },
    make=make,
)
