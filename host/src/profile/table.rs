use super::layer::Spans;
use std::fmt::Write;
use std::time::Duration;

/// Width of the column of names.
const NAMES: usize = 36;

/// The tree of works with calls, times and shares, and below it the steps by who does the work; for people.
pub(super) fn render(spans: &Spans) -> String {
    let whole = spans.begun.elapsed();
    let mut text = format!(
        "{:<NAMES$}{:>10}{:>10}{:>10}{:>10}{:>9}\n",
        "Where the time went", "calls", "total s", "own s", "mean µs", "share"
    );
    let mut open: Vec<(usize, usize)> = inside(spans, None).into_iter().rev().map(|node| (node, 0)).collect();
    while let Some((place, depth)) = open.pop() {
        let node = &spans.nodes[place];
        let (total, own) = (node.total.as_secs_f64(), own(spans, place).as_secs_f64());
        let name = format!("{}{}", "  ".repeat(depth + 1), node.title());
        let mean = 1e6 * total / node.calls.max(1) as f64;
        let share = 100.0 * total / whole.as_secs_f64();
        let _ = writeln!(
            text,
            "{name:<NAMES$}{:>10}{total:>10.3}{own:>10.3}{mean:>10.1}{share:>7.1} %",
            node.calls
        );
        open.extend(inside(spans, Some(place)).into_iter().rev().map(|child| (child, depth + 1)));
    }
    let steps = sum(spans, |name| name == "step", |place| spans.nodes[place].total);
    let _ = writeln!(text, "\nOf the steps ({steps:.3} s)");
    for (who, names) in WORKERS {
        let time = sum(spans, |name| names.contains(&name), |place| own(spans, place));
        let share = 100.0 * time / steps.max(f64::MIN_POSITIVE);
        let _ = writeln!(text, "  {who:<64}{time:>8.3} s{share:>7.1} %");
    }
    let _ = write!(text, "\nThe process ran for {:.3} s", whole.as_secs_f64());
    let _ = match spans.left_out {
        0 => writeln!(text, "."),
        left_out => {
            writeln!(
                text,
                "; the trace has the first {} calls, {left_out} more are left out.",
                spans.events.len()
            )
        }
    };
    text
}

/// Who does the work of a step, by the names of the works, without what is inside of them and has a name of its own.
const WORKERS: [(&str, &[&str]); 5] = [
    ("model: operators of libtorch (kernels and their dispatch)", &["operator"]),
    ("model: the plugin's own code and the way to it", &["forward"]),
    ("libtorch: backward and update (kernels, dispatch, autograd)", &["backward", "update"]),
    ("augmentation: elements, action, losses", &["elements", "move", "loss"]),
    ("host: batches and all else", &["batch", "step"]),
];

/// What is inside of a work: at the top in the order of the first calls, all else by time.
fn inside(spans: &Spans, parent: Option<usize>) -> Vec<usize> {
    let mut inside: Vec<usize> =
        (0..spans.nodes.len()).filter(|&node| spans.nodes[node].parent == parent).collect();
    if parent.is_some() {
        inside.sort_by_key(|&node| std::cmp::Reverse(spans.nodes[node].total));
    }
    inside
}

fn own(spans: &Spans, place: usize) -> Duration {
    let inside = inside(spans, Some(place)).into_iter().map(|node| spans.nodes[node].total);
    spans.nodes[place].total.saturating_sub(inside.sum())
}

/// Seconds over the nodes of these names that are a step or inside of one.
fn sum(spans: &Spans, chosen: impl Fn(&str) -> bool, time: impl Fn(usize) -> Duration) -> f64 {
    let within_step = |mut place: usize| loop {
        match (spans.nodes[place].name, spans.nodes[place].parent) {
            ("step", _) => return true,
            (_, Some(parent)) => place = parent,
            (_, None) => return false,
        }
    };
    let places =
        (0..spans.nodes.len()).filter(|&place| chosen(spans.nodes[place].name) && within_step(place));
    places.map(|place| time(place).as_secs_f64()).sum()
}
