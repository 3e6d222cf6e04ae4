//! Experiments side by side: the mean figure of each model on one split, with its standard error.

use super::super::axis::Axis;
use super::super::figure::{Figure, Table, WIDTH, axis_below};
use super::super::svg::{Anchor, Svg};
use super::losses::SERIES;
use crate::report::compare::Line;

/// Models, each with its colour.
const MODELS: [&str; 3] = ["plain", "oracle", "ours"];
const NAME: f64 = 20.0;
const MODEL: f64 = 16.0;
/// Characters of a name that fit across.
const LONGEST: usize = 62;

/// Of `split`, "test" or "shifted"; nothing where nobody measured it, or experiments measured different things.
pub(in super::super) fn means(lines: &[Line], split: &str) -> Option<Figure> {
    let measure = &lines.first()?.measure;
    let found = |line: &Line, model: &str| {
        let mean = *line.figures.get(model)?.get(split)?;
        mean.mean.is_finite().then_some(mean)
    };
    let all = || lines.iter().flat_map(|line| MODELS.iter().filter_map(move |model| found(line, model)));
    if all().next().is_none() || lines.iter().any(|line| line.measure != *measure) {
        return None;
    }
    let ends: Vec<f64> = all()
        .flat_map(|mean| {
            let error = mean.error.filter(|error| error.is_finite()).unwrap_or(0.0);
            [mean.mean - error, mean.mean + error]
        })
        .collect();
    let block = NAME + MODEL * MODELS.len() as f64 + 8.0;
    let (top, height) = (28.0, 28.0 + block * lines.len() as f64 + 46.0);
    let (left, right, bottom) = (20.0, WIDTH - 20.0, height - 46.0);
    let x = Axis::of_measure(measure, &ends, left, right);
    let mut svg = Svg::default();
    axis_below(&mut svg, (&x, measure), (top, bottom));
    for (number, model) in MODELS.iter().enumerate() {
        let place = left + 4.0 + 90.0 * number as f64;
        svg.circle(&format!("dot f{0} s{0}", number % SERIES + 1), (place, 12.0), 5.0);
        svg.text("legend", (place + 10.0, 16.0), Anchor::Start, model);
    }
    let mut table = Table::new(["experiment", "model", "mean", "standard error"]);
    for (row, line) in lines.iter().enumerate() {
        let above = top + block * row as f64;
        let long = line.name.chars().count() > LONGEST;
        let name: String = line.name.chars().take(if long { LONGEST - 1 } else { LONGEST }).collect();
        svg.text("tick", (left, above + 14.0), Anchor::Start, &(name + if long { "…" } else { "" }));
        for (number, model) in MODELS.iter().enumerate() {
            let Some(mean) = found(line, model) else { continue };
            let middle = above + NAME + MODEL * (number as f64 + 0.5);
            let colour = number % SERIES + 1;
            if let Some(error) = mean.error.filter(|error| error.is_finite()) {
                let end = |sign: f64| (x.place(mean.mean + sign * error), middle);
                svg.line(&format!("interval s{colour}"), end(-1.0), end(1.0));
            }
            svg.circle(&format!("dot f{colour} s{colour}"), (x.place(mean.mean), middle), 5.0);
            let error = mean.error.unwrap_or(f64::NAN);
            table.row([line.name.as_str().into(), (*model).into(), mean.mean.into(), error.into()]);
        }
    }
    let where_ = if split == "shifted" { "test data moved by the whole group" } else { "test data" };
    Some(Figure {
        name: format!("compare-{split}"),
        title: format!("{measure} on {where_}"),
        caption: "Each model of each experiment; ours is trained with the generators found.".into(),
        size: (WIDTH, height),
        body: svg.into_body(),
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;
    use crate::report::compare::Mean;
    use std::collections::BTreeMap;

    fn line(name: &str, ours: f64) -> Line {
        let split =
            |mean: f64, error: Option<f64>| BTreeMap::from([("test".to_owned(), Mean { mean, error })]);
        Line {
            name: name.into(),
            seeds: vec![0, 1],
            verdicts: BTreeMap::new(),
            min_cosine: None,
            measure: "rmse".into(),
            figures: BTreeMap::from([
                ("plain".to_owned(), split(0.2, Some(0.03))),
                ("ours".to_owned(), split(ours, None)),
            ]),
            against_plain: BTreeMap::new(),
        }
    }

    #[test]
    fn every_model_of_every_experiment_is_a_dot() {
        let lines = [line("training.steps=1000", 0.03), line(&"very long ".repeat(9), 0.01)];
        let figure = means(&lines, "test").expect("there are figures");
        let text = sound(&figure);
        assert_eq!(text.matches("class=\"interval s1\"").count(), 2, "{text}");
        assert_eq!(text.matches("<circle").count(), 3 + 4, "a legend, and two models in each: {text}");
        let csv = String::from_utf8(figure.table.csv()).expect("UTF-8");
        assert!(
            csv.starts_with("experiment,model,mean,standard error\ntraining.steps=1000,plain,0.2,0.03\n"),
            "{csv}"
        );
        assert!(means(&lines, "shifted").is_none(), "nobody measured it");
    }
}
