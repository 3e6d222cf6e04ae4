use super::*;
use tch::Kind;

const LASTING: &[u8] = include_bytes!("../golden/lasting.pt");

fn load(bytes: &[u8]) -> Result<Script, String> {
    Script::load(bytes.to_vec(), Device::Cpu)
}

/// The inputs of golden/make.py.
fn inputs() -> Vec<Tensor> {
    let q = Tensor::arange(12, (Kind::Float, Device::Cpu)).reshape([3, 2, 2]) / 10;
    let p = q.flip([0]) - 0.5;
    vec![q, p]
}

/// What PyTorch found: golden/lasting.txt.
fn golden(name: &str) -> Tensor {
    let text = include_str!("../golden/lasting.txt");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
    Tensor::from_slice(&line.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<f32>>())
}

#[track_caller]
fn assert_close(found: &Tensor, name: &str) {
    let difference = (found.to_kind(Kind::Float).flatten(0, -1) - golden(name)).abs().max();
    assert!(f64::try_from(difference).unwrap() < 2e-6, "{name}: {found}");
}

#[test]
fn it_computes_what_pytorch_computes_in_both_modes() {
    let mut script = load(LASTING).unwrap();
    script.set_training(true).unwrap();
    script.run("forward", inputs()).unwrap();
    assert_close(&script.run("forward", inputs()).unwrap()[0], "train_dq");
    script.set_training(false).unwrap();
    let outputs = script.run("forward", inputs()).unwrap();
    assert_close(&outputs[0], "eval_dq");
    assert_close(&outputs[1], "eval_dp");
    let tensors = script.tensors().unwrap();
    for (slot, tensor) in script.slots().iter().zip(&tensors) {
        if !slot.is_parameter && slot.name != "scale" {
            assert_close(tensor, &slot.name);
        }
    }
}

#[test]
fn it_uses_the_tensors_that_it_is_given() {
    let mut script = load(LASTING).unwrap();
    script.set_training(false).unwrap();
    let mine: Vec<Tensor> = script
        .tensors()
        .unwrap()
        .iter()
        .map(|tensor| tensor.detach().copy().set_requires_grad(tensor.requires_grad()))
        .collect();
    script.assign(mine.iter().map(Tensor::shallow_clone).collect()).unwrap();
    for (held, given) in script.tensors().unwrap().iter().zip(&mine) {
        assert_eq!(held.data_ptr(), given.data_ptr());
    }
    let place = |name: &str| script.slots().iter().position(|slot| slot.name == name).unwrap();
    let bias = &mine[place("output.bias")];
    let loss = |script: &Script| script.run("forward", inputs()).unwrap()[0].sum(Kind::Float);
    let before = loss(&script);
    // dq holds 4 of the 8 outputs of 3 samples, doubled by `scale`.
    let gradient = Tensor::run_backward(&[&before], &[bias], false, false).remove(0);
    assert_eq!(Vec::<f32>::try_from(&gradient).unwrap(), [6.0, 6.0, 6.0, 6.0, 0.0, 0.0, 0.0, 0.0]);
    // An optimiser's step in place is the module's.
    let _ = tch::no_grad(|| bias.shallow_clone().g_add_scalar_(1.0));
    let difference = f64::try_from(loss(&script) - before).unwrap();
    assert!((difference - 24.0).abs() < 1e-4, "{difference}");
}

#[test]
fn traced_modules_work_alike() {
    let script = load(include_bytes!("../golden/traced.pt")).unwrap();
    let names: Vec<&str> = script.slots().iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(names, ["layer.weight", "layer.bias"]);
    assert_eq!(script.method("forward").unwrap().unsuitable(&["q", "p"], 2), None);
    assert_eq!(script.run("forward", inputs()).unwrap()[1].size(), [3, 2, 2]);
}

#[test]
fn gradients_of_gradients_are_the_operators() {
    let script = load(include_bytes!("../golden/traced.pt")).unwrap();
    let x = Tensor::from_slice(&[0.5_f32, -1.0, 2.0, 0.25]).reshape([1, 2, 2]).set_requires_grad(true);
    let y = script.run("forward", vec![x.shallow_clone(), x.shallow_clone()]).unwrap()[0]
        .square()
        .sum(Kind::Float);
    let first = Tensor::run_backward(&[&y], &[&x], true, true).remove(0);
    let second = Tensor::run_backward(&[first.square().sum(Kind::Float)], &[&x], false, false).remove(0);
    // y = |A x + b|² with A = W[:4, :4] + W[:4, 4:], so ∇y = 2 Aᵀ(A x + b) and ∇|∇y|² = 2 · 2 AᵀA ∇y.
    let tensors = script.tensors().unwrap();
    let weight = tensors[0].detach();
    let a = weight.narrow(0, 0, 4).narrow(1, 0, 4) + weight.narrow(0, 0, 4).narrow(1, 4, 4);
    let expected = (a.transpose(0, 1).matmul(&a).matmul(&first.detach().reshape([4, 1])) * 4).flatten(0, -1);
    let difference = (second.flatten(0, -1) - expected).abs().max();
    assert!(f64::try_from(difference).unwrap() < 1e-5);
}

#[test]
fn a_parameter_out_of_reach_is_not_left_untrained() {
    let error = load(include_bytes!("../golden/hidden.pt")).unwrap_err();
    assert!(error.starts_with("keeps parameter `other."), "{error}");
}

#[test]
fn mistakes_in_the_code_are_one_line_with_its_place() {
    let script = load(include_bytes!("../golden/fails.pt")).unwrap();
    let error = script.run("forward", inputs()).unwrap_err();
    assert!(error.starts_with("mat1 and mat2 shapes cannot be multiplied (3x4 and 8x8)"), "{error}");
    assert!(error.ends_with(" (code/__torch__.py, line 11)"), "{error}");
}

#[test]
fn a_missing_method_is_answered_with_those_there_are() {
    let script = load(LASTING).unwrap();
    assert_eq!(
        script.method("predict").unwrap_err(),
        "has no method `predict`; set model.method to one that it has: forward"
    );
}

#[test]
fn code_that_libtorch_does_not_take_is_refused() {
    let mut archive = Archive::open(LASTING.to_vec()).unwrap();
    let text = archive.source("code/__torch__.py").unwrap().replace("torch.cat", "torch.no_such_operator");
    let bytes = archive.with_source("code/__torch__.py", &text).unwrap();
    let error = load(&bytes).unwrap_err();
    assert!(error.contains("cannot be loaded by this libtorch") && !error.contains('\n'), "{error}");
}
