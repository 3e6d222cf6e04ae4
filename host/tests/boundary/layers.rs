//! Linear layers and the activations behind them, which the host answers in nodes of its own: what libtorch's operators give, to the
//! last bit, and all that may be done with it.

use abi_stable::std_types::RStr;
use semola_host::torch::{host_api, lend, take};
use semola_plugin_api::abi::{OpId, Raw, Value, tag};
use tch::{Device, Kind, Tensor};

/// An operator with tensors as arguments, undefined ones for `None`, called as plugins do.
#[allow(unsafe_code)]
fn call(name: &str, arguments: &[Tensor]) -> Tensor {
    let api = host_api();
    let (mut id, mut result) = (OpId(0), Value { tag: tag::DEFAULT, len: 0, bits: 0 });
    // SAFETY: texts that live as long as the call, and a place for the answer.
    let status = unsafe { (api.op_lookup)(RStr::from_str(name), RStr::from_str(""), &mut id) };
    assert_eq!(status, 0, "{}", (api.last_error)());
    let status = lend(arguments, |handles| {
        let value =
            |&Raw(bits): &Raw| Value { tag: if bits == 0 { tag::NONE } else { tag::TENSOR }, len: 0, bits };
        let values: Vec<Value> = handles.iter().map(value).collect();
        // SAFETY: lent handles live as long as the call, and there is room for one result.
        unsafe { (api.op_call)(id, values.as_ptr(), values.len() as u32, &mut result, 1) }
    });
    assert_eq!((status, result.tag), (1, tag::TENSOR), "{}", (api.last_error)());
    // SAFETY: the call succeeded, so the handle is an owned one.
    unsafe { take(Raw(result.bits)) }
}

fn leaf(shape: &[i64], kind: Kind) -> Tensor {
    Tensor::randn(shape, (kind, Device::Cpu)).set_requires_grad(true)
}

/// What both compute: the layer, its activation, and a use of what lies between them.
struct Network {
    layer: fn(&[Tensor]) -> Tensor,
    activation: fn(&str, &Tensor) -> Tensor,
}

const OURS: Network = Network {
    layer: |given| call("aten::linear", given),
    activation: |name, x| {
        if name == "none" {
            x.shallow_clone()
        } else {
            call(&format!("aten::{name}"), std::slice::from_ref(x))
        }
    },
};

const LIBTORCHS: Network = Network {
    layer: |given| given[0].linear(&given[1], given[2].defined().then_some(&given[2])),
    activation: |name, x| match name {
        "none" => x.shallow_clone(),
        "silu" => x.silu(),
        "relu" => x.relu(),
        "gelu" => x.gelu("none"),
        "tanh" => x.tanh(),
        other => panic!("no {other}"),
    },
};

impl Network {
    /// The layer's values and their gradients by all that has one; and such gradients as can be differentiated, and those of their
    /// squares.
    fn derivatives(&self, given: &[Tensor], activation: &str, between: bool) -> (Vec<Tensor>, Vec<Tensor>) {
        let before = (self.layer)(given);
        let after = (self.activation)(activation, &before);
        // No loss that is the same for all: a gradient of ones hides what lies otherwise in memory.
        let weights =
            Tensor::arange(after.numel() as i64, (after.kind(), Device::Cpu)).reshape(after.size()).cos();
        let mut loss = (&after * weights).sum(after.kind());
        if between {
            loss += before.square().sum(after.kind());
        }
        let sources: Vec<&Tensor> =
            given.iter().filter(|tensor| tensor.defined() && tensor.requires_grad()).collect();
        let first = Tensor::run_backward(&[&loss], &sources, true, true);
        let squares = first.iter().map(|part| part.square().sum(after.kind())).reduce(|a, b| a + b);
        let second = Tensor::run_backward(&squares.into_iter().collect::<Vec<_>>(), &sources, true, false);
        let plain = Tensor::run_backward(&[loss], &sources, false, false);
        let plain = [after, before].iter().map(Tensor::detach).chain(plain).collect();
        (plain, first.into_iter().chain(second).collect())
    }
}

#[test]
fn they_have_libtorchs_gradients() {
    tch::manual_seed(3);
    for activation in ["none", "silu", "relu", "gelu", "tanh"] {
        for (shape, kind) in
            [(&[5, 3][..], Kind::Float), (&[2, 4, 3], Kind::Float), (&[2, 1, 4, 3], Kind::Double)]
        {
            for (bias, of_x, between) in [(true, true, false), (false, true, true), (true, false, true)] {
                let x = leaf(shape, kind);
                let x = if of_x { x } else { x.detach() };
                let bias = if bias { leaf(&[6], kind) } else { Tensor::new() };
                let given = [x, leaf(&[6, 3], kind), bias];
                let case = format!("{activation}, {shape:?}, {of_x}, {between}");
                let (ours, our_others) = OURS.derivatives(&given, activation, between);
                let (theirs, their_others) = LIBTORCHS.derivatives(&given, activation, between);
                assert_eq!(ours.len(), theirs.len(), "{case}");
                for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                    // What has two uses has two gradients, and it is their products that are added here.
                    let same =
                        if between { ours.allclose(theirs, 1e-5, 1e-5, false) } else { ours.equal(theirs) };
                    assert!(same, "{case}: {place}");
                }
                for (ours, theirs) in our_others.iter().zip(&their_others) {
                    assert_eq!(ours.defined(), theirs.defined(), "{case}: of the gradients");
                    if !theirs.defined() {
                        continue;
                    }
                    assert!(ours.allclose(theirs, 1e-4, 1e-5, false), "{case}: of the gradients");
                }
            }
        }
    }
}

#[test]
fn a_chain_of_them_has_libtorchs_gradients() {
    tch::manual_seed(4);
    let widths = [3, 7, 7, 2];
    let x = leaf(&[9, 3], Kind::Float);
    let layers: Vec<[Tensor; 2]> =
        widths.windows(2).map(|w| [leaf(&[w[1], w[0]], Kind::Float), leaf(&[w[1]], Kind::Float)]).collect();
    let gradients = |network: &Network| {
        let forward = |x: Tensor, [weight, bias]: &[Tensor; 2]| {
            let before = (network.layer)(&[x, weight.shallow_clone(), bias.shallow_clone()]);
            (network.activation)("silu", &before)
        };
        let loss = layers.iter().fold(x.shallow_clone(), forward).square().sum(Kind::Float);
        let sources: Vec<&Tensor> = std::iter::once(&x).chain(layers.iter().flatten()).collect();
        Tensor::run_backward(&[loss], &sources, false, false)
    };
    for (ours, theirs) in gradients(&OURS).iter().zip(&gradients(&LIBTORCHS)) {
        assert!(ours.equal(theirs));
    }
}

#[test]
fn gradients_asked_for_wrongly_are_errors() {
    let (x, weight) = (leaf(&[4, 3], Kind::Float), leaf(&[2, 3], Kind::Float));
    let network = |x: &Tensor| {
        let before = call("aten::linear", &[x.shallow_clone(), weight.shallow_clone(), Tensor::new()]);
        call("aten::silu", &[before]).sum(Kind::Float)
    };
    let gradients = |loss: &Tensor| Tensor::f_run_backward(&[loss], &[&weight], false, false);
    let loss = network(&x);
    gradients(&loss).unwrap();
    assert!(gradients(&loss).unwrap_err().to_string().contains("second time"));

    let mut changed = x.detach().copy();
    let loss = network(&changed);
    let _ = changed.zero_();
    assert!(gradients(&loss).unwrap_err().to_string().contains("modified by an inplace operation"));
}

#[test]
fn shapes_that_do_not_fit_are_libtorchs_errors() {
    let api_error = std::panic::catch_unwind(|| {
        call("aten::linear", &[leaf(&[4, 3], Kind::Float), leaf(&[2, 5], Kind::Float), Tensor::new()])
    });
    let message = *api_error.unwrap_err().downcast::<String>().expect("an assertion's text");
    assert!(message.contains("cannot be multiplied"), "{message}");
}
