//! The terms of the loss over the steps: of the run itself, and of the models trained beside it.

use super::super::axis::Axis;
use super::super::figure::{Figure, Table, WIDTH, axes};
use super::super::svg::{Anchor, Svg};
use crate::report::MetricsRecord;

const HEIGHT: f64 = 300.0;
/// Points of a line: more than pixels it has.
const POINTS: usize = 300;
/// Colours there are.
pub(in super::super) const SERIES: usize = 6;

/// Consecutive lines of one stage, steps ascending.
struct Stretch<'a> {
    stage: &'a str,
    lines: Vec<&'a MetricsRecord>,
    /// Whether it trained the run's own model.
    own: bool,
}

impl Stretch<'_> {
    fn steps(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.step)
    }
}

/// A curve: its name, and pairs of step and value.
type Curve = (String, Vec<(f64, f64)>);

/// The stages of the run itself, one behind the other, every term of the loss a curve.
pub(in super::super) fn of_run(metrics: &[MetricsRecord]) -> Option<Figure> {
    let stretches = stretches(metrics);
    let own: Vec<&Stretch<'_>> = stretches.iter().filter(|stretch| stretch.own).collect();
    let mut curves: Vec<Curve> = Vec::new();
    let (mut before, mut bounds) = (0, Vec::new());
    for stretch in &own {
        bounds.push((before as f64, stretch.stage));
        for line in &stretch.lines {
            for (term, value) in line.loss.iter().filter_map(|(term, value)| Some((term, (*value)?))) {
                point(&mut curves, term, ((before + line.step) as f64, value));
            }
        }
        before += stretch.steps();
    }
    let stages: Vec<String> = own.iter().map(|stretch| stage_name(stretch.stage)).collect();
    let caption = format!("Every term of the loss, unweighted, through the stages: {}.", stages.join(", "));
    draw("losses", "Loss of the run", &caption, &curves, &bounds)
}

/// The task's loss of the models beside the run: the replica, those that tell poses, the baselines.
pub(in super::super) fn beside(metrics: &[MetricsRecord]) -> Option<Figure> {
    let stretches = stretches(metrics);
    let mut curves: Vec<Curve> = Vec::new();
    let mut before: Vec<(&str, u64)> = Vec::new();
    for stretch in stretches.iter().filter(|stretch| !stretch.own) {
        let done =
            before.iter().filter(|(stage, _)| *stage == stretch.stage).map(|(_, steps)| steps).sum::<u64>();
        for line in &stretch.lines {
            let Some(value) = line.loss.get("task").copied().flatten() else { continue };
            point(&mut curves, &stage_name(stretch.stage), ((done + line.step) as f64, value));
        }
        before.push((stretch.stage, stretch.steps()));
    }
    let names: Vec<&str> = curves.iter().map(|(name, _)| name.as_str()).collect();
    let caption = format!("Loss on the task of the models trained for comparison: {}.", names.join(", "));
    draw("losses-beside", "Loss of the models beside the run", &caption, &curves, &[])
}

fn stretches(metrics: &[MetricsRecord]) -> Vec<Stretch<'_>> {
    let mut stretches: Vec<Stretch<'_>> = Vec::new();
    for line in metrics {
        match stretches.last_mut() {
            Some(stretch) if stretch.stage == line.stage && stretch.steps() < line.step => {
                stretch.lines.push(line);
            }
            _ => {
                let stage = line.stage.as_str();
                // Extents are measured on models of their own before joint training, and with the run's after it.
                let joint = stage == "extent" && stretches.iter().any(|stretch| stretch.stage == "joint");
                let own = joint || line.is_own();
                stretches.push(Stretch { stage, lines: vec![line], own });
            }
        }
    }
    stretches
}

fn stage_name(stage: &str) -> String {
    stage.replace('_', "-")
}

fn point(curves: &mut Vec<Curve>, name: &str, point: (f64, f64)) {
    match curves.iter_mut().find(|(other, _)| other == name) {
        Some((_, points)) => points.push(point),
        None => curves.push((name.to_owned(), vec![point])),
    }
}

fn draw(name: &str, title: &str, caption: &str, curves: &[Curve], bounds: &[(f64, &str)]) -> Option<Figure> {
    let all = || curves.iter().flat_map(|(_, points)| points.iter().copied());
    let last = all().map(|(step, _)| step).fold(0.0, f64::max);
    if last == 0.0 {
        return None;
    }
    let rows = curves.len().div_ceil(3) as f64;
    let top = 8.0 + 18.0 * rows + if bounds.is_empty() { 0.0 } else { 16.0 };
    let height = HEIGHT + top - 26.0;
    let x = Axis::exactly(0.0, last, 62.0, WIDTH - 14.0);
    let y = Axis::log(all().map(|(_, loss)| loss), height - 48.0, top);
    let mut svg = Svg::default();
    axes(&mut svg, (&x, "optimiser step"), (&y, "loss"));
    for (index, (start, stage)) in bounds.iter().enumerate() {
        let place = x.place(*start);
        if index > 0 {
            svg.line("bound", (place, height - 48.0), (place, top - 14.0));
        }
        let end = bounds.get(index + 1).map_or(last, |(end, _)| *end);
        // A name on a narrower stage would run into the next.
        if x.place(end) - place > 8.0 * stage.len() as f64 {
            svg.text("stage", (place + 5.0, top - 5.0), Anchor::Start, &stage_name(stage));
        }
    }
    let mut table = Table::new(["curve", "step", "loss"]);
    for (index, (name, points)) in curves.iter().enumerate() {
        let class = format!("curve loss s{}", index % SERIES + 1);
        let every = points.len().div_ceil(POINTS);
        let thinned = points.iter().step_by(every).chain(points.last());
        svg.path(&class, thinned.map(|&(step, loss)| (x.place(step), y.place(loss))));
        let (column, row) = ((index % 3) as f64, (index / 3) as f64);
        let left = 62.0 + column * (WIDTH - 76.0) / 3.0;
        svg.line(&class, (left, 10.0 + 18.0 * row), (left + 18.0, 10.0 + 18.0 * row));
        svg.text("legend", (left + 24.0, 14.0 + 18.0 * row), Anchor::Start, name);
        points.iter().for_each(|&(step, loss)| table.row([name.as_str().into(), step.into(), loss.into()]));
    }
    Some(Figure {
        name: name.into(),
        title: title.into(),
        caption: caption.into(),
        size: (WIDTH, height),
        body: svg.into_body(),
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;

    fn line(stage: &str, step: u64, terms: &[(&str, f64)]) -> MetricsRecord {
        let loss = terms.iter().map(|(name, value)| ((*name).to_owned(), Some(*value))).collect();
        MetricsRecord { step, stage: stage.into(), loss }
    }

    fn metrics() -> Vec<MetricsRecord> {
        let mut lines = Vec::new();
        for (stage, steps) in
            [("warm_up", 5), ("replica", 5), ("joint", 20), ("replica", 7), ("plain", 5), ("plain", 20)]
        {
            for step in 1..=steps {
                let mut terms = vec![("task", 1.0 / step as f64)];
                if stage == "joint" {
                    terms.push(("augmented", 2.0 / step as f64));
                }
                lines.push(line(stage, 20 * step, &terms));
            }
        }
        lines
    }

    #[test]
    fn stages_follow_each_other_and_models_beside_the_run_stand_apart() {
        let own = of_run(&metrics()).expect("there are losses");
        let text = sound(&own);
        assert!(text.contains(">warm-up<") && text.contains(">joint<"), "{text}");
        let csv = String::from_utf8(own.table.csv()).expect("UTF-8");
        assert!(csv.contains("\ntask,500,0.05\n"), "20 steps of 20 behind 100: {csv}");
        assert!(csv.contains("\naugmented,120,2\n"), "{csv}");
        let beside = beside(&metrics()).expect("there are losses");
        let csv = String::from_utf8(beside.table.csv()).expect("UTF-8");
        assert!(csv.contains("\nreplica,240,"), "{csv}");
        assert!(csv.contains("\nplain,500,"), "its two stretches are one model's: {csv}");
        sound(&beside);
    }

    #[test]
    fn losses_that_are_zero_or_missing_are_left_out() {
        let mut lines = metrics();
        lines.push(line("joint", 420, &[("sparsity", 0.0)]));
        lines[3].loss.insert("task".into(), None);
        sound(&of_run(&lines).expect("there are losses"));
        assert!(of_run(&[]).is_none() && beside(&[]).is_none());
    }
}
