use super::layer::{Node, Spans};
use serde_json::json;

/// The calls in Chrome's trace format (one complete event each, times in µs), which Perfetto and chrome://tracing open.
pub(super) fn json(spans: &Spans) -> String {
    let events = spans.events.iter().map(|event| {
        json!({
            "name": spans.nodes[event.node].title(),
            "ph": "X",
            "ts": event.start.as_secs_f64() * 1e6,
            "dur": event.length.as_secs_f64() * 1e6,
            "pid": std::process::id(),
            "tid": event.thread,
        })
    });
    let events: Vec<serde_json::Value> = events.collect();
    json!({ "traceEvents": events, "displayTimeUnit": "ms", "otherData": { "left_out": spans.left_out, "seconds": spans.begun.elapsed().as_secs_f64() } })
        .to_string()
}

impl Node {
    /// Name and label.
    pub(super) fn title(&self) -> String {
        match &self.label {
            Some(label) => format!("{} {label}", self.name),
            None => self.name.to_owned(),
        }
    }
}
