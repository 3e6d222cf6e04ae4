//! The workspace's plugins and their components, made as the host makes them.

use semola_host::plugins::{
    Catalogue, Creation, DatasetInstance, HostVersion, LoadedPlugin, ModelInstance, Origin, Place,
};
use semola_host::torch::{LIBTORCH_VERSION, ParameterStore};
use semola_plugin_api::abi::{Component, Kind};
use semola_plugin_api::{Context, DataSpec, Split};
use serde_json::{Map, Value};
use tch::{Device, Tensor};

/// From the directory of the running profile; `cargo build --workspace` puts plugins there.
pub(crate) fn component(plugin: &str, kind: Kind, name: &str) -> (LoadedPlugin, Component) {
    let test = std::env::current_exe().unwrap();
    let dir = test.ancestors().nth(2).unwrap().to_owned();
    let place = Place { origin: Origin::BesideBinary, dir };
    let catalogue = Catalogue::scan(&[place], &HostVersion::current(LIBTORCH_VERSION));
    let file = catalogue.find(plugin).expect("`cargo build --workspace` comes before the tests");
    let plugin = LoadedPlugin::load_once(file).unwrap();
    let component = *plugin.component(kind, name).unwrap();
    (plugin, component)
}

/// Options of the test's own, over the component's defaults.
pub(crate) fn options(json: &Value) -> Map<String, Value> {
    json.as_object().expect("options are an object").clone()
}

/// The zoo's data set.
pub(crate) fn grid(options_of_grid: &Value) -> DatasetInstance {
    let (plugin, component) = component("zoo", Kind::Dataset, "grid");
    let (options, context) = (options(options_of_grid), Context::default());
    DatasetInstance::create(&plugin, &component, Creation { options: &options, context: &context }).unwrap()
}

/// Inputs and targets of the training split.
pub(crate) fn batch(data: &DatasetInstance) -> (Vec<Tensor>, Vec<Tensor>) {
    data.split(Split::Train).unwrap().unwrap()
}

/// A model with parameters drawn from seed 7.
pub(crate) fn model(plugin: &str, name: &str, options_of_model: &Value, spec: &DataSpec) -> ModelInstance {
    let (plugin, component) = component(plugin, Kind::Model, name);
    let (options, context) = (options(options_of_model), Context::default());
    tch::manual_seed(7);
    let creation = Creation { options: &options, context: &context };
    ModelInstance::create(&plugin, &component, creation, spec, ParameterStore::new(Device::Cpu)).unwrap()
}
