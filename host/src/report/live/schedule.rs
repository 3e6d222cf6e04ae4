//! Where a run is among its stages. How many there are is known in part: a verdict may skip some and add others.

use super::observer::StageReport;

/// A stage that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: &'static str,
    /// Its steps; 0 where something else is done.
    pub steps: u64,
}

/// The stages of a run, those that were begun and those that are planned.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// In their order; a stage that was planned and did not come keeps its place.
    stages: Vec<(String, u64)>,
    /// How many of them lie behind, the present one included.
    reached: usize,
    /// Names of those that were begun.
    begun: Vec<String>,
}

impl Schedule {
    /// Nothing has begun.
    pub fn new(planned: Vec<Planned>) -> Self {
        let stages = planned.into_iter().map(|stage| (stage.name.to_owned(), stage.steps)).collect();
        Self { stages, ..Self::default() }
    }

    /// A stage begins: the next one of that name, or one that was not foreseen.
    pub fn begin(&mut self, name: &str, steps: u64, begun: u64) -> StageReport {
        let ahead = &self.stages[self.reached..];
        match ahead.iter().position(|(planned, _)| planned == name) {
            Some(skipped) => self.reached += skipped,
            None => self.stages.insert(self.reached, (name.to_owned(), steps)),
        }
        self.stages[self.reached].1 = steps;
        self.reached += 1;
        let before = self.begun.iter().filter(|earlier| *earlier == name).count();
        self.begun.push(name.to_owned());
        StageReport {
            name: name.to_owned(),
            before,
            number: self.reached,
            of: self.stages.len(),
            steps,
            begun,
            steps_after: self.stages[self.reached..].iter().map(|(_, steps)| steps).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        let planned = [("warm_up", 100), ("replica", 100), ("spectrum", 0), ("joint", 300), ("replica", 100)];
        Schedule::new(planned.map(|(name, steps)| Planned { name, steps }).to_vec())
    }

    fn place(report: &StageReport) -> (usize, usize, usize, u64) {
        (report.number, report.of, report.before, report.steps_after)
    }

    #[test]
    fn stages_as_planned_are_counted() {
        let mut schedule = schedule();
        assert_eq!(place(&schedule.begin("warm_up", 100, 0)), (1, 5, 0, 500));
        assert_eq!(place(&schedule.begin("replica", 100, 0)), (2, 5, 0, 400));
        assert_eq!(place(&schedule.begin("spectrum", 0, 0)), (3, 5, 0, 400));
        assert_eq!(place(&schedule.begin("joint", 300, 20)), (4, 5, 0, 100));
        let last = schedule.begin("replica", 100, 0);
        assert_eq!(place(&last), (5, 5, 1, 0));
        assert_eq!((last.unique_name().as_str(), last.place().as_str()), ("replica-2", "stage 5 of 5"));
    }

    #[test]
    fn one_that_was_not_foreseen_is_one_more_and_one_that_does_not_come_is_passed() {
        let mut schedule = schedule();
        schedule.begin("warm_up", 100, 0);
        assert_eq!(place(&schedule.begin("poses", 75, 0)), (2, 6, 0, 500));
        assert_eq!(place(&schedule.begin("joint", 200, 0)), (5, 6, 0, 100));
        assert_eq!(place(&schedule.begin("extent", 300, 0)), (6, 7, 0, 100));
    }

    #[test]
    fn without_a_plan_stages_are_counted_as_they_come() {
        let mut schedule = Schedule::default();
        assert_eq!(place(&schedule.begin("joint", 10, 0)), (1, 1, 0, 0));
        assert_eq!(place(&schedule.begin("joint", 10, 0)), (2, 2, 1, 0));
    }
}
