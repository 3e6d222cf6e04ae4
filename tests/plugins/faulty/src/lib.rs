//! Test plugin: models and data sets that each do one thing wrong, to see that the host says so and loses
//! nothing. The data set `tiny` is sound, and so is every model for its first `after` forward passes.

mod dataset;
mod model;

use dataset::{DeadlyData, NanData, NoTrain, Tiny, WrongBlock, WrongSpec};
use model::{
    Aborts, Crashes, Detached, Exits, Faulty, GradOff, NanOutput, OperatorError, Overflows, Panics,
    ReturnsError, WrongCount, WrongDtype, WrongShape,
};

semola_plugin_api::export_plugin! {
    id: "faulty",
    vendor: "The semola-host authors",
    experiment: include_str!("../experiment.toml"),
    components: [
        model "panics" => Faulty<Panics>,
        model "operator-error" => Faulty<OperatorError>,
        model "wrong-shape" => Faulty<WrongShape>,
        model "wrong-count" => Faulty<WrongCount>,
        model "wrong-dtype" => Faulty<WrongDtype>,
        model "nan" => Faulty<NanOutput>,
        model "detached" => Faulty<Detached>,
        model "grad-off" => Faulty<GradOff>,
        model "error" => Faulty<ReturnsError>,
        model "aborts" => Faulty<Aborts>,
        model "exits" => Faulty<Exits>,
        model "crashes" => Faulty<Crashes>,
        model "overflows" => Faulty<Overflows>,
        dataset "tiny" => Tiny,
        dataset "wrong-spec" => WrongSpec,
        dataset "nan-data" => NanData,
        dataset "no-train" => NoTrain,
        dataset "wrong-block" => WrongBlock,
        dataset "deadly-data" => DeadlyData,
    ],
}
