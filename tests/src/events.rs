use crate::Desk;
use serde_json::Value;
use std::process::Command;

/// A value of an event file.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `joint/loss/task`
    pub tag: String,
    /// Step, or number of a direction.
    pub step: u64,
    /// A number; histograms and pictures as text.
    pub value: Value,
}

/// The reader of `python/semola_runs`, which needs nothing but Python.
const READER: &str = r#"
import dataclasses, json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from event_file import Scalar, events
for path in sorted(pathlib.Path(sys.argv[2]).glob("*tfevents*")):
    for event in events(path.read_bytes()):
        scalar = isinstance(event.value, Scalar) and event.value.value == event.value.value
        value = event.value.value if scalar else repr(dataclasses.astuple(event.value))
        print(json.dumps({"tag": event.tag, "step": event.step, "value": value}))
"#;

impl Desk {
    /// The values in the event files of a run, in their order, with their checksums found right.
    ///
    /// # Panics
    /// There is no Python, or a file is damaged.
    #[track_caller]
    pub fn events(&self, run: &str) -> Vec<Event> {
        let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/../python/semola_runs");
        let mut python = Command::new("python3");
        python.args(["-c", READER, reader]).arg(self.path(run).join("tensorboard"));
        let output = python.output().expect("python3 is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("Python prints UTF-8");
        text.lines()
            .map(|line| {
                let event: Value = serde_json::from_str(line).expect("a line is JSON");
                Event {
                    tag: event["tag"].as_str().expect("a tag").to_owned(),
                    step: event["step"].as_u64().expect("a step"),
                    value: event["value"].clone(),
                }
            })
            .collect()
    }
}
