//! A plugin's action against the declared representation that it equals.

use crate::fixture::{batch, component, grid};
use semola_host::plugins::{ActionInstance, Creation, DatasetInstance};
use semola_host::symmetry::Action;
use semola_plugin_api::abi::Kind;
use semola_plugin_api::{Context, DataSpec, Field, Representation, Task};
use serde_json::{Map, json};
use tch::{Device, Kind as DType, Tensor};

fn data(representation: &str) -> DatasetInstance {
    grid(&json!({ "representation": representation, "output_representation": representation }))
}

#[test]
fn rotate_custom_is_the_vector_representation() {
    let (custom, vector) = (data("custom"), data("vector"));
    let (plugin, component) = component("zoo", Kind::Action, "rotate-custom");
    let (options, context) = (Map::new(), Context::default());
    let creation = Creation { options: &options, context: &context };
    let rotate = ActionInstance::create(&plugin, &component, creation, custom.spec()).unwrap();
    let by_plugin = Action::new(custom.spec(), Some(rotate)).unwrap();
    let declared = Action::new(vector.spec(), None).unwrap();
    assert_eq!(by_plugin.n(), declared.n());

    let (inputs, targets) = batch(&vector);
    tch::manual_seed(5);
    let g = Tensor::randn([inputs[0].size()[0], 2, 2], (DType::Float, Device::Cpu));
    let close = |ours: Vec<Tensor>, theirs: Vec<Tensor>, original: &[Tensor], tolerance: f64| {
        assert_eq!(ours.len(), theirs.len());
        for ((ours, theirs), original) in ours.iter().zip(&theirs).zip(original) {
            assert!(ours.allclose(theirs, tolerance, tolerance, false));
            assert!(!theirs.allclose(original, tolerance, tolerance, false), "nothing moved");
        }
    };
    close(
        by_plugin.move_inputs(&g, &inputs).unwrap(),
        declared.move_inputs(&g, &inputs).unwrap(),
        &inputs,
        1e-6,
    );
    close(
        by_plugin.move_targets_as_declared(&g, &targets).unwrap(),
        declared.move_targets_as_declared(&g, &targets).unwrap(),
        &targets,
        1e-6,
    );
    // The plugin's tangents are differences over a step of 0.02: their error is its square.
    let generator = Tensor::from_slice(&[0.3_f32, -1.0, 0.8, 0.1]).reshape([2, 2]);
    close(
        by_plugin.input_tangent(&generator, &inputs).unwrap(),
        declared.input_tangent(&generator, &inputs).unwrap(),
        &inputs,
        1e-3,
    );
}

/// The plugin's `act` is differentiable in `g`, as a learned basis needs it.
#[test]
fn gradients_reach_the_group_element() {
    let custom = data("custom");
    let (plugin, component) = component("zoo", Kind::Action, "rotate-custom");
    let (options, context) = (Map::new(), Context::default());
    let creation = Creation { options: &options, context: &context };
    let rotate = ActionInstance::create(&plugin, &component, creation, custom.spec()).unwrap();
    let (inputs, _) = batch(&custom);
    let batch = inputs[0].size()[0];
    let g = Tensor::eye(2, (DType::Float, Device::Cpu)).expand([batch, 2, 2], false).contiguous();
    let g = g.set_requires_grad(true);
    let moved = rotate.act(&g, &inputs).unwrap().remove(0);
    let gradient = Tensor::run_backward(&[moved.sum(DType::Float)], &[&g], false, false).remove(0);
    // d/dg_ij Σ (g v)_i = Σ v_j over the vectors of a sample.
    let expected =
        inputs[0].sum_dim_intlist([1_i64].as_slice(), true, DType::Float).expand([batch, 2, 2], false);
    assert!(gradient.allclose(&expected, 1e-6, 1e-6, false));
}

/// A picture one pixel to the right and two up, and a square one turned: exact, for pixels come to lie on pixels.
#[test]
fn pictures_are_moved_by_pixels() {
    let act = |name: &str, picture: &Tensor, rows: [[f32; 3]; 3]| {
        let mut label = Field::new("label", [], Representation::Scalar);
        label.dtype = semola_plugin_api::FieldType::I64;
        let spec = DataSpec {
            n: 3,
            inputs: vec![Field::new("image", &picture.size()[1..], Representation::Image)],
            targets: vec![label],
            task: Task::Classification { classes: 10 },
            reference: None,
        };
        let (plugin, component) = component("images", Kind::Action, name);
        let (options, context) = (Map::new(), Context::default());
        let creation = Creation { options: &options, context: &context };
        let action = ActionInstance::create(&plugin, &component, creation, &spec).unwrap();
        let g = Tensor::from_slice(&rows.concat()).reshape([1, 3, 3]);
        let action = Action::new(&spec, Some(action)).unwrap();
        action.move_inputs(&g, std::slice::from_ref(picture)).unwrap().remove(0)
    };
    tch::manual_seed(5);
    let float = (DType::Float, Device::Cpu);
    let (wide, square) = (Tensor::rand([1, 2, 6, 8], float), Tensor::rand([1, 1, 7, 7], float));
    for name in ["affine", "homography"] {
        // Half the longer side, four pixels, is 1.
        let shifted = act(name, &wide, [[1.0, 0.0, 0.25], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]]);
        let expected = wide.narrow(2, 2, 4).narrow(3, 0, 7).constant_pad_nd([1, 0, 0, 2]);
        assert!(shifted.allclose(&expected, 1e-5, 1e-5, false), "{name}");
        let turned = act(name, &square, [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(turned.allclose(&square.rot90(1, [2, 3]), 1e-5, 1e-5, false), "{name}");
    }
    // Twice as far away, all is half as large: the middle pixel stays, its neighbour comes from two further on.
    let far = act("homography", &square, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]);
    assert!(far.narrow(2, 2, 3).narrow(3, 2, 3).allclose(
        &square.slice(2, 1, 7, 2).slice(3, 1, 7, 2),
        1e-5,
        1e-5,
        false
    ));
}
