//! The data set `qm9`: small organic molecules with quantum-chemical properties, as `scripts/import-data qm9` made it.
//!
//! The import keeps splits by molecule and the source's frame; poses are drawn here. Properties are scalars that no
//! rotation, translation or reflection changes. The polarisability tensor is left out: it is given in another frame than
//! the positions.

use crate::composition::Composition;
use crate::layout::Layout;
use crate::molecule::Molecule;
use crate::pose::Pose;
use crate::preference::{self, Preference};
use semola_arrays::{Imported, Part, error};
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Result, Samples, Split};
use serde::{Deserialize, Serialize};

/// A property of QM9, in the units of the import's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Property {
    /// Energy between HOMO and LUMO, hartree.
    Gap,
    /// Highest occupied orbital, hartree.
    Homo,
    /// Lowest unoccupied orbital, hartree.
    Lumo,
    /// Magnitude of the dipole moment, debye.
    Dipole,
    /// Isotropic polarisability, bohr³.
    Polarizability,
    /// ⟨R²⟩, spatial extent of the electrons, bohr².
    Extent,
    /// Zero-point vibrational energy, hartree.
    Zpve,
    /// Internal energy at 0 K, hartree.
    U0,
    /// Internal energy at 298.15 K, hartree.
    U298,
    /// Enthalpy at 298.15 K, hartree.
    H298,
    /// Free energy at 298.15 K, hartree.
    G298,
    /// Heat capacity at constant volume, cal/(mol K).
    Cv,
}

impl Property {
    /// The field of the import, which is the target's name, too.
    fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Homo => "homo",
            Self::Lumo => "lumo",
            Self::Dipole => "dipole",
            Self::Polarizability => "polarizability",
            Self::Extent => "extent",
            Self::Zpve => "zpve",
            Self::U0 => "u0",
            Self::U298 => "u298",
            Self::H298 => "h298",
            Self::G298 => "g298",
            Self::Cv => "cv",
        }
    }
}

/// Options of the data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Options {
    /// Name of the import: `qm9`, or a smaller one such as `qm9-1000`.
    set: String,
    /// The property to predict.
    target: Property,
    /// Training molecules; 0: all.
    molecules: usize,
    /// Molecules for decisions; 0: all.
    validation: usize,
    /// Molecules for the final figures; the shifted split holds the same ones. 0: all.
    test: usize,
    /// Whether a constant for each kind of atom, fitted to the training molecules, is subtracted from the target.
    composition: bool,
    /// Strength of a made-up preferred direction, in standard deviations of the target; 0: none.
    preferred_direction: f64,
    /// How it is made up.
    preference: Preference,
    #[serde(flatten)]
    pose: Pose,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            set: "qm9".into(),
            target: Property::Extent,
            molecules: 30_000,
            validation: 2000,
            test: 4000,
            composition: true,
            preferred_direction: 0.0,
            preference: Preference::Skew,
            pose: Pose::default(),
        }
    }
}

/// Molecules as imported, the target without the elements' share.
pub(crate) struct Qm9 {
    options: Options,
    seed: u64,
    layout: Layout,
    /// Train, validation, test.
    parts: [Vec<Molecule>; 3],
    /// Of the preferred direction, in the target's unit.
    strength: f64,
}

impl Dataset for Qm9 {
    type Options = Options;
    const SUMMARY: &'static str =
        "130,831 organic molecules of up to 29 atoms, a quantum-chemical property of each";

    fn open(options: Options, context: &Context) -> Result<Self> {
        options.pose.check("qm9")?;
        if !options.preferred_direction.is_finite() {
            return Err(Error::new("qm9: preferred_direction must be a finite number"));
        }
        let set = Imported::open(&context.cache_dir, &options.set)?;
        let read = |split, count| molecules(&set.part(split)?, options.target, count);
        let mut parts = [
            read(Split::Train, options.molecules)?,
            read(Split::Validation, options.validation)?,
            read(Split::Test, options.test)?,
        ];
        let layout = Layout::of(parts.iter().flatten());
        if options.composition {
            let share = Composition::fit(&layout.kinds, &parts[0])?;
            parts.iter_mut().for_each(|molecules| share.subtract(molecules));
        }
        let strength = options.preferred_direction * deviation(&parts[0]);
        Ok(Self { options, seed: context.seed, layout, parts, strength })
    }

    fn spec(&self) -> DataSpec {
        self.layout.spec(self.options.target.name(), preference::reference(self.strength))
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let part = match split {
            Split::Train => 0,
            Split::Validation => 1,
            Split::Test | Split::Shifted => 2,
        };
        let mut molecules = self.parts[part].clone();
        self.options.pose.place(&mut molecules, self.seed, split);
        self.options.preference.add(&mut molecules, self.strength);
        Ok(Some(self.layout.samples(&molecules)?))
    }
}

/// Standard deviation of the targets.
fn deviation(molecules: &[Molecule]) -> f64 {
    let count = molecules.len().max(1) as f64;
    let mean = molecules.iter().map(|molecule| molecule.target).sum::<f64>() / count;
    (molecules.iter().map(|molecule| (molecule.target - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// The first `count` molecules of a part, 0 for all.
fn molecules(part: &Part, target: Property, count: usize) -> Result<Vec<Molecule>> {
    let available = part.samples();
    if count > available {
        return Err(error(
            part.path(),
            format_args!(
                "has {available} molecules, and {count} are asked for; ask for fewer, or for 0: all"
            ),
        ));
    }
    let count = if count == 0 { available } else { count };
    let (positions, charges) = (part.floats("position")?, part.bytes("charge")?);
    let targets = part.doubles(target.name())?;
    let &[_, atoms] = &charges.shape[..] else {
        return Err(shape(part, "charge", &charges.shape, "[molecules, atoms]"));
    };
    if positions.shape[1..] != [atoms, 3] {
        return Err(shape(part, "position", &positions.shape, &format!("[{available}, {atoms}, 3]")));
    }
    if targets.stride() != 1 {
        return Err(shape(part, target.name(), &targets.shape, &format!("[{available}]")));
    }
    let molecule = |row: usize| {
        let padded = &charges.numbers[row * atoms..(row + 1) * atoms];
        let present = padded.iter().take_while(|charge| **charge > 0).count();
        if present == 0 || padded[present..].iter().any(|charge| *charge > 0) {
            return Err(error(
                part.path(),
                format_args!(
                    "molecule {row} has nuclear charges {padded:?}, expected at least one atom and zeros after the \
                     last only; import the set again with scripts/import-data qm9"
                ),
            ));
        }
        let position = |atom: usize| {
            std::array::from_fn(|axis| f64::from(positions.numbers[3 * (row * atoms + atom) + axis]))
        };
        Ok(Molecule {
            charges: padded[..present].to_vec(),
            positions: (0..present).map(position).collect(),
            target: targets.numbers[row],
        })
    };
    (0..count).map(molecule).collect()
}

fn shape(part: &Part, field: &str, found: &[usize], expected: &str) -> Error {
    error(
        part.path(),
        format_args!(
            "field `{field}` has shape {found:?}, expected {expected}; import the set again with scripts/import-data qm9"
        ),
    )
}

#[cfg(test)]
mod tests;
