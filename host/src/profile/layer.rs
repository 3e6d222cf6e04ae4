use super::{TARGET, with_spans};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Spans that the trace keeps; the table counts all.
const MOST_EVENTS: usize = 200_000;

/// One kind of work at one place of the tree.
#[derive(Debug)]
pub(super) struct Node {
    /// None at the top.
    pub(super) parent: Option<usize>,
    pub(super) name: &'static str,
    pub(super) label: Option<String>,
    pub(super) calls: u64,
    pub(super) total: Duration,
}

/// One call, for the trace.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) node: usize,
    pub(super) start: Duration,
    pub(super) length: Duration,
    pub(super) thread: u64,
}

/// What was measured so far.
#[derive(Debug)]
pub(super) struct Spans {
    pub(super) begun: Instant,
    /// In the order of their first calls: parents before their children.
    pub(super) nodes: Vec<Node>,
    places: HashMap<(Option<usize>, &'static str, Option<String>), usize>,
    pub(super) events: Vec<Event>,
    /// Calls that the trace has no room for.
    pub(super) left_out: u64,
}

impl Default for Spans {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            nodes: Vec::new(),
            places: HashMap::new(),
            events: Vec::new(),
            left_out: 0,
        }
    }
}

impl Spans {
    pub(super) fn node(&mut self, parent: Option<usize>, name: &'static str, label: Option<String>) -> usize {
        *self.places.entry((parent, name, label)).or_insert_with_key(|(parent, name, label)| {
            self.nodes.push(Node {
                parent: *parent,
                name,
                label: label.clone(),
                calls: 0,
                total: Duration::ZERO,
            });
            self.nodes.len() - 1
        })
    }

    pub(super) fn add(&mut self, node: usize, start: Instant, length: Duration, thread: u64) {
        self.nodes[node].calls += 1;
        self.nodes[node].total += length;
        if self.events.len() < MOST_EVENTS {
            let start = start.saturating_duration_since(self.begun);
            self.events.push(Event { node, start, length, thread });
        } else {
            self.left_out += 1;
        }
    }
}

/// Measures the spans of [`TARGET`] that run while it is installed.
pub fn layer<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
{
    Measure.with_filter(Targets::new().with_target(TARGET, LevelFilter::TRACE))
}

struct Measure;

/// Where a span is in the tree, and since when it runs.
struct Running {
    node: usize,
    since: Instant,
}

impl<S> Layer<S> for Measure
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let parent = span.parent().and_then(|parent| parent.extensions().get::<Running>().map(|up| up.node));
        let mut label = Label(None);
        attributes.record(&mut label);
        if let Some(node) = with_spans(|spans| spans.node(parent, span.name(), label.0)) {
            span.extensions_mut().insert(Running { node, since: Instant::now() });
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(running) = span.extensions_mut().get_mut::<Running>()
        {
            running.since = Instant::now();
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let now = Instant::now();
        if let Some(span) = context.span(id)
            && let Some(&Running { node, since }) = span.extensions().get::<Running>()
        {
            with_spans(|spans| spans.add(node, since, now - since, thread()));
        }
    }
}

/// A number for the thread, from 0.
fn thread() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// The field `label`.
struct Label(Option<String>);

impl Visit for Label {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0 = Some(value.to_owned());
    }

    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        self.0 = Some(format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{self, span, table, trace};
    use tracing_subscriber::layer::SubscriberExt;

    /// One process-wide profile, so one test of all.
    #[test]
    fn nested_work_makes_a_tree_with_calls_times_and_a_trace() {
        profile::enable();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer()), || {
            let _stage = span!("stage", "warm_up");
            for _ in 0..3 {
                let _step = span!("step");
                let _forward = span!("forward");
                let _operator = span!("operator", "mm");
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        with_spans(|spans| {
            let mut path = Vec::new();
            for node in &spans.nodes {
                path.push((node.name, node.label.as_deref(), node.calls, node.parent));
            }
            let tree = [
                ("stage", Some("warm_up"), 1, None),
                ("step", None, 3, Some(0)),
                ("forward", None, 3, Some(1)),
                ("operator", Some("mm"), 3, Some(2)),
            ];
            assert_eq!(path, tree);
            let totals: Vec<Duration> = spans.nodes.iter().map(|node| node.total).collect();
            assert!(totals.is_sorted_by(|outer, inner| outer >= inner), "{totals:?}");
            assert!(totals[3] >= Duration::from_millis(6));

            let trace: serde_json::Value = serde_json::from_str(&trace::json(spans)).expect("JSON");
            let events = trace["traceEvents"].as_array().expect("events");
            assert_eq!(events.len(), 10);
            let first = &events[0];
            assert_eq!((first["name"].as_str(), first["ph"].as_str()), (Some("operator mm"), Some("X")));
            assert!(first["dur"].as_f64() >= Some(2000.0));

            let table = table::render(spans);
            for expected in ["stage warm_up", "  operator mm", "model: operators"] {
                assert!(table.contains(expected), "{expected} is not in\n{table}");
            }
        });
    }
}
