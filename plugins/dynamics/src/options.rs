//! What every system shares: the sampling options, the physical quantities as one view, and their checks.
//!
//! A system's own options struct flattens [`Sampling`] into itself, so that users see one flat table. All checks
//! run before anything is computed; each failure is one sentence that names the option, what was found and what
//! is expected. The host has already refused unknown keys.

use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Error, Result, Split};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Numbers that a data set may hold (1.6 GB): above, an option has a digit too many.
pub(crate) const MOST_NUMBERS: f64 = 2e8;

/// How many trajectories, and what a sample is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sampling {
    /// Trajectories in the training split.
    pub(crate) trajectories: usize,
    /// Trajectories in the validation split.
    pub(crate) validation: usize,
    /// Trajectories in the test split; the shifted split holds the same ones, rotated.
    pub(crate) test: usize,
    /// States recorded of each trajectory.
    pub(crate) samples: usize,
    /// Time between two recorded states.
    pub(crate) dt: f64,
    /// States that the model sees, the current one included.
    pub(crate) history: usize,
    /// How many states ahead it predicts.
    pub(crate) horizon: usize,
    /// Standard deviation of the measurement noise, relative to the RMS of positions and of momenta.
    pub(crate) noise: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            trajectories: 200,
            validation: 100,
            test: 100,
            samples: 20,
            dt: 0.05,
            history: 1,
            horizon: 1,
            noise: 0.0,
        }
    }
}

impl Sampling {
    /// Time from a trajectory's first recorded state to its last.
    pub(crate) fn duration(&self) -> f64 {
        self.dt * (self.samples - 1) as f64
    }

    /// Trajectories in a split.
    pub(crate) fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.trajectories,
            Split::Validation => self.validation,
            Split::Test | Split::Shifted => self.test,
        }
    }

    /// Samples that one trajectory gives.
    pub(crate) fn windows(&self) -> usize {
        self.samples + 1 - self.history - self.horizon
    }
}

/// The physical options of a system in one form.
#[derive(Clone, Debug)]
pub(crate) struct Physics {
    /// Dimension n of space.
    pub(crate) dims: usize,
    /// Number of bodies N.
    pub(crate) bodies: usize,
    /// Mass of each body; empty: 1 each.
    pub(crate) masses: Vec<f64>,
    /// `[min, max]` of masses drawn for each trajectory; empty: `masses` hold.
    pub(crate) mass_range: Vec<f64>,
    /// Softening length of the attraction.
    pub(crate) softening: f64,
    /// Uniform external acceleration; empty: none.
    pub(crate) field: Vec<f64>,
    /// Part of the rotations that training, validation and test use.
    pub(crate) coverage: f64,
    /// `[min, max]` of the size of a configuration.
    pub(crate) radius: [f64; 2],
    /// Relative spread of the initial velocities.
    pub(crate) velocity_noise: f64,
}

impl Physics {
    /// The field with one component a dimension.
    pub(crate) fn acceleration(&self) -> Vec<f64> {
        if self.field.is_empty() { vec![0.0; self.dims] } else { self.field.clone() }
    }

    /// Whether an external field breaks the rotation symmetry.
    pub(crate) fn has_field(&self) -> bool {
        self.field.iter().any(|&g| g != 0.0)
    }

    /// Whether masses differ between trajectories, so that a model must see them.
    pub(crate) fn masses_vary(&self) -> bool {
        !self.mass_range.is_empty()
    }
}

/// A system of bodies: its type is its options.
pub(crate) trait System: Serialize + DeserializeOwned + Default + Send + 'static {
    /// Name of the component.
    const NAME: &'static str;
    /// One line for the plugin list.
    const SUMMARY: &'static str;

    /// The shared sampling options.
    fn sampling(&self) -> &Sampling;

    /// The physical options.
    fn physics(&self) -> Physics;

    /// Draws an initial phase `[q | v]`, centre of mass at rest in the origin, for bodies of these masses.
    fn start(&self, masses: &[f64], rng: &mut ChaCha8Rng) -> Vec<f64>;
}

/// One sentence when an option is out of range.
pub(crate) fn expect(holds: bool, name: &str, found: impl Debug, expected: &str) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Error::new(format!("dataset option `{name}` is {found:?}, expected {expected}")))
}

/// Checks all options of a system.
///
/// # Errors
/// One sentence for the first option that is out of range.
pub(crate) fn check<S: System>(system: &S) -> Result<()> {
    check_sampling(system.sampling())?;
    let physics = system.physics();
    check_physics(&physics)?;

    let sampling = system.sampling();
    let trajectories: usize = Split::ALL.iter().map(|&split| sampling.count(split)).sum();
    let numbers = trajectories as f64
        * sampling.samples as f64
        * (2 * physics.bodies * physics.dims * sampling.history) as f64;
    if numbers > MOST_NUMBERS {
        return Err(Error::new(format!(
            "the dataset options ask for {numbers:.1e} numbers, expected at most {MOST_NUMBERS:.0e}: lower \
             `trajectories` ({}) or `samples` ({})",
            sampling.trajectories, sampling.samples
        )));
    }
    Ok(())
}

pub(crate) fn check_sampling(sampling: &Sampling) -> Result<()> {
    let Sampling { trajectories, validation, test, samples, dt, history, horizon, noise } = *sampling;
    expect(trajectories >= 1, "trajectories", trajectories, "at least 1")?;
    expect(validation >= 1, "validation", validation, "at least 1: the verdict needs held-out data")?;
    expect(test >= 1, "test", test, "at least 1")?;
    expect((2..=100_000).contains(&samples), "samples", samples, "2 ≤ samples ≤ 100000")?;
    expect(dt > 0.0 && dt <= 10.0, "dt", dt, "0 < dt ≤ 10 (time units with G = 1)")?;
    expect((1..=samples).contains(&history), "history", history, "1 ≤ history ≤ samples")?;
    expect((1..=samples).contains(&horizon), "horizon", horizon, "1 ≤ horizon ≤ samples")?;
    if history + horizon > samples {
        return Err(Error::new(format!(
            "dataset option `samples` is {samples}, expected at least history + horizon = {history} + {horizon}"
        )));
    }
    expect((0.0..=1.0).contains(&noise), "noise", noise, "0 ≤ noise ≤ 1")
}

fn check_physics(physics: &Physics) -> Result<()> {
    let Physics { dims, bodies, ref masses, ref mass_range, softening, ref field, .. } = *physics;
    expect(dims == 2 || dims == 3, "dims", dims, "2 or 3")?;
    expect((2..=100).contains(&bodies), "bodies", bodies, "2 ≤ bodies ≤ 100")?;
    expect(
        (masses.is_empty() || masses.len() == bodies) && masses.iter().all(|m| (1e-3..=1e3).contains(m)),
        "masses",
        masses,
        &format!("{bodies} numbers between 0.001 and 1000, or [] for 1 each"),
    )?;
    let ordered = |range: &[f64]| range.len() == 2 && range[0] <= range[1];
    expect(
        mass_range.is_empty() || ordered(mass_range) && mass_range.iter().all(|m| (1e-3..=1e3).contains(m)),
        "mass_range",
        mass_range,
        "[min, max] with 0.001 ≤ min ≤ max ≤ 1000, or [] for fixed masses",
    )?;
    expect((0.0..=10.0).contains(&softening), "softening", softening, "0 ≤ softening ≤ 10")?;
    expect(
        (field.is_empty() || field.len() == dims) && field.iter().all(|g| g.abs() <= 100.0),
        "field",
        field,
        &format!("{dims} components of size up to 100, or [] for none"),
    )?;
    let coverage = physics.coverage;
    expect(coverage > 0.0 && coverage <= 1.0, "coverage", coverage, "0 < coverage ≤ 1")?;
    let radius = physics.radius;
    expect(
        ordered(&radius) && radius[0] >= 0.1 && radius[1] <= 100.0,
        "radius",
        radius,
        "[min, max] with 0.1 ≤ min ≤ max ≤ 100",
    )?;
    let spread = physics.velocity_noise;
    expect((0.0..=0.3).contains(&spread), "velocity_noise", spread, "0 ≤ velocity_noise ≤ 0.3")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::n_body::NBody;
    use crate::two_body::TwoBody;

    fn refusal<S: System>(json: &str) -> String {
        let system: S = serde_json::from_str(json).unwrap();
        check(&system).expect_err(json).to_string()
    }

    #[test]
    fn defaults_are_in_range() {
        check(&TwoBody::default()).unwrap();
        check(&crate::three_body::ThreeBody::default()).unwrap();
        check(&NBody::default()).unwrap();
    }

    #[test]
    fn a_wrong_option_is_one_clear_sentence() {
        assert_eq!(
            refusal::<TwoBody>(r#"{"coverage": 1.5}"#),
            "dataset option `coverage` is 1.5, expected 0 < coverage ≤ 1"
        );
        assert_eq!(
            refusal::<TwoBody>(r#"{"samples": 4, "history": 3, "horizon": 2}"#),
            "dataset option `samples` is 4, expected at least history + horizon = 3 + 2"
        );
        assert_eq!(
            refusal::<TwoBody>(r#"{"masses": [1, 2, 3]}"#),
            "dataset option `masses` is [1.0, 2.0, 3.0], expected 2 numbers between 0.001 and 1000, or [] for 1 each"
        );
        assert_eq!(refusal::<NBody>(r#"{"dims": 4}"#), "dataset option `dims` is 4, expected 2 or 3");
    }

    #[test]
    fn every_range_has_an_end() {
        for (option, json) in [
            ("trajectories", r#"{"trajectories": 0}"#),
            ("validation", r#"{"validation": 0}"#),
            ("test", r#"{"test": 0}"#),
            ("samples", r#"{"samples": 1}"#),
            ("dt", r#"{"dt": 0}"#),
            ("dt", r#"{"dt": -0.1}"#),
            ("history", r#"{"history": 0}"#),
            ("horizon", r#"{"horizon": 0}"#),
            ("noise", r#"{"noise": -1}"#),
            ("coverage", r#"{"coverage": 0}"#),
            ("field", r#"{"field": [1]}"#),
            ("radius", r#"{"radius": [2, 1]}"#),
            ("radius", r#"{"radius": [0, 1]}"#),
            ("velocity_noise", r#"{"velocity_noise": 0.9}"#),
            ("masses", r#"{"masses": [1, -1]}"#),
            ("mass_range", r#"{"mass_range": [1]}"#),
            ("trajectories", r#"{"trajectories": 100000000}"#),
        ] {
            assert!(refusal::<TwoBody>(json).contains(&format!("`{option}`")), "{json}");
        }
        assert!(refusal::<NBody>(r#"{"softening": -1}"#).contains("`softening`"));
        assert!(refusal::<NBody>(r#"{"bodies": 1}"#).contains("`bodies`"));
    }

    #[test]
    fn options_survive_the_trip_through_json_and_show_every_key() {
        let json = serde_json::to_value(TwoBody::default()).unwrap();
        assert_eq!(json["trajectories"], 200);
        assert_eq!(json["coverage"], 0.35);
        assert!(json.as_object().unwrap().values().all(|value| !value.is_null()));
        let back: TwoBody = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(back).unwrap(), json);
    }
}
