//! What can be read on the screen, at several sizes.

use super::*;
use crate::report::MetricsLine;
use crate::report::live::observer::{SpectrumReport, StageReport, StepReport};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::collections::BTreeMap;

fn board() -> Board {
    let mut board = Board::new("runs/orbits");
    board.begin(&StageReport {
        name: "warm_up".into(),
        number: 1,
        of: 6,
        steps: 400,
        ..StageReport::default()
    });
    board.spectrum(&SpectrumReport {
        relative: vec![1.2e-4, 0.9, 1.1, 2.0],
        s: vec![0.8, 90.0, 110.0, 200.0],
        exact: 1,
        approximate: 0,
        generators: vec![vec![vec![0.0, -1.0], vec![1.0, 0.0]]],
    });
    let stage = StageReport {
        name: "joint".into(),
        number: 4,
        of: 6,
        steps: 1000,
        steps_after: 200,
        ..Default::default()
    };
    board.begin(&stage);
    for step in (20..=400).step_by(20) {
        let loss = BTreeMap::from([("augmented", 2.0 / step as f64), ("task", 1.0 / step as f64)]);
        let line = MetricsLine {
            step,
            stage: "joint",
            loss,
            learning_rate: 0.004,
            steps_per_s: 50.0,
            cosine: Some(0.9991),
        };
        board.step(&StepReport { line: &line, total: 0.1, generators: &[] });
    }
    // No time passes in a test.
    board.pace.when = None;
    board
}

fn painted(board: &Board, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a backend in memory");
    terminal.draw(|frame| draw_with(frame, board, &Palette::new(false))).expect("it paints in memory");
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(row).collect()
}

#[track_caller]
fn assert_shows(lines: &[String], parts: &[&str]) {
    for part in parts {
        assert!(lines.iter().any(|line| line.contains(part)), "{part} in\n{}", lines.join("\n"));
    }
}

#[test]
fn everything_is_there_on_a_common_terminal() {
    for (width, height) in [(80, 24), (140, 45)] {
        let lines = painted(&board(), width, height);
        assert!(lines[0].starts_with("joint, stage 4 of 6 · runs/orbits · "), "{}", lines[0]);
        assert_shows(
            &lines,
            &[
                "400 of 1000",
                " loss, joint ",
                "■ augmented 0.00500",
                "■ task 0.00250",
                " spectrum ",
                "0.000120",
                "── gap: × 7500 ──",
                " generator 1 of 1 ",
                "  0.00  -1.00",
                " log ",
            ],
        );
        assert!(
            lines.iter().flat_map(|line| line.chars()).any(|char| ('\u{2801}'..'\u{28ff}').contains(&char))
        );
    }
}

#[test]
fn keys_are_named_where_there_is_room_and_an_end_is_announced() {
    let mut board = board();
    assert_shows(&painted(&board, 140, 45), &["q ends with a checkpoint"]);
    board.ending = true;
    for width in [50, 80, 140] {
        assert_shows(&painted(&board, width, 24), &["ending after this step, with a checkpoint"]);
    }
}

#[test]
fn a_narrow_terminal_shows_the_curves_and_a_tiny_one_the_figures() {
    let narrow = painted(&board(), 50, 20);
    assert_shows(&narrow, &[" loss, joint "]);
    assert!(!narrow.iter().any(|line| line.contains(" spectrum ")));
    assert_shows(&painted(&board(), 29, 9), &["joint, stage 4 of 6", "augmented 0.00500"]);
}

#[test]
fn no_size_and_no_state_is_too_odd() {
    let empty = Board::new("");
    let mut odd = board();
    odd.spectrum(&SpectrumReport {
        relative: vec![0.0, f64::NAN, f64::INFINITY],
        s: Vec::new(),
        exact: 2,
        approximate: 9,
        generators: vec![vec![vec![f64::NAN; 40]; 40]],
    });
    odd.curves.1[0].points = vec![(5.0, -1.0)];
    odd.stage.steps = 0;
    for width in (1..160).step_by(7) {
        for height in (1..60).step_by(5) {
            for board in [&empty, &odd, &board()] {
                painted(board, width, height);
            }
        }
    }
}

#[test]
fn before_anything_is_known_it_says_so() {
    assert_shows(
        &painted(&Board::new("runs/x"), 100, 30),
        &["loading", "no step is logged yet", "measured after the warm-up", "after the spectrum"],
    );
}
