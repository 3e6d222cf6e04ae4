//! Operators on many small matrices at once, of exponential.cpp and moved.cpp.

use super::bridge;
use std::ffi::c_void;
use tch::{Device, Kind, Tensor};

/// Largest matrices that these take.
const LARGEST: i64 = 8;

unsafe extern "C" {
    fn semola_exponential(a: *const c_void, halvings: i64) -> *mut c_void;
    fn semola_moved(g: *const c_void, x: *const c_void) -> *mut c_void;
}

/// `exp(a)` for `[batch, n, n]` in one call, once differentiable: the Taylor polynomial of degree 6 at `a / 2^halvings`, squared as
/// often. `None` for matrices of more than 8 rows, other numbers than floats and doubles, other devices.
///
/// # Panics
/// `a` has no three dimensions.
pub fn exponential_of_small(a: &Tensor, halvings: u32) -> Option<Tensor> {
    is_small(a).then(|| {
        // SAFETY: a tch tensor is a live heap-allocated at::Tensor; the function reads it, catches what is thrown, and returns null
        // or another one that is the caller's.
        unsafe { taken(semola_exponential(a.as_ptr().cast(), i64::from(halvings))) }
    })
}

/// `g x` for each vector of `x` `[batch, rows, n]` and its sample's matrix of `g` `[batch, n, n]` in one call. `None` where
/// [`exponential_of_small`] gives none for `g`, and where `x` is not of its kind.
///
/// # Panics
/// Their shapes do not fit.
pub fn moved_by_small(g: &Tensor, x: &Tensor) -> Option<Tensor> {
    let ((samples, _, n), (batch, _, width)) =
        (g.size3().expect("a batch of matrices"), x.size3().expect("a batch of rows"));
    assert_eq!((samples, n), (batch, width), "one matrix a sample, as wide as its rows");
    (is_small(g) && g.kind() == x.kind() && x.device() == Device::Cpu).then(|| {
        // SAFETY: as above; shapes and kinds were looked at.
        unsafe { taken(semola_moved(g.as_ptr().cast(), x.as_ptr().cast())) }
    })
}

fn is_small(matrices: &Tensor) -> bool {
    let (_, n, _) = matrices.size3().expect("a batch of matrices");
    (1..=LARGEST).contains(&n)
        && matrices.device() == Device::Cpu
        && matches!(matrices.kind(), Kind::Float | Kind::Double)
}

/// # Safety
/// Null, or a heap-allocated at::Tensor that is the caller's.
unsafe fn taken(result: *mut c_void) -> Tensor {
    assert!(!result.is_null(), "small matrices: {}", bridge::last_error());
    // SAFETY: the caller's promise.
    unsafe { Tensor::from_ptr(result.cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Device = Device::Cpu;

    #[test]
    fn vectors_are_moved_as_by_products_of_batches() {
        for (n, rows, kind) in
            (1..=8).flat_map(|n| [(n, 1, Kind::Float), (n, 5, Kind::Double), (n, 3000 / n, Kind::Double)])
        {
            let leaf = |shape: [i64; 3]| Tensor::randn(shape, (kind, CPU)).set_requires_grad(true);
            let (g, x) = (leaf([7, n, n]), leaf([7, rows, n]));
            // As they may come: not one after the other in memory.
            let turned = g.transpose(1, 2);
            let weight = Tensor::randn([7, rows, n], (kind, CPU));
            let of = |y: &Tensor| -> Vec<Tensor> {
                let gradients = Tensor::run_backward(&[(y * &weight).sum(kind)], &[&g, &x], false, false);
                std::iter::once(y.detach()).chain(gradients).collect()
            };
            let ours = of(&moved_by_small(&turned, &x).expect("small matrices on the CPU"));
            let theirs = of(&x.bmm(&g));
            for (ours, theirs) in ours.iter().zip(&theirs) {
                let apart = (ours - theirs).abs().max().double_value(&[]);
                let tolerance = if kind == Kind::Float { 1e-4 } else { 1e-10 };
                assert!(apart < tolerance, "{n} × {rows}, {kind:?}: {apart}");
            }
        }
    }

    #[test]
    fn gradients_of_moved_vectors_can_be_differentiated() {
        let leaf = |shape: [i64; 3]| Tensor::randn(shape, (Kind::Double, CPU)).set_requires_grad(true);
        let (g, x) = (leaf([4, 3, 3]), leaf([4, 2, 3]));
        let second = |y: Tensor| {
            let square = y.square().sum(Kind::Double);
            let first = Tensor::run_backward(&[square], &[&g, &x], true, true);
            let norms = first.iter().map(|part| part.square().sum(Kind::Double)).reduce(|a, b| a + b);
            Tensor::run_backward(&[norms.expect("two gradients")], &[&g, &x], false, false)
        };
        let ours = second(moved_by_small(&g, &x).expect("small matrices on the CPU"));
        let theirs = second(x.bmm(&g.transpose(1, 2)));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!((ours - theirs).abs().max().double_value(&[]) < 1e-9);
        }
    }

    #[test]
    fn what_is_not_small_is_left_to_others() {
        let of = |n: i64, kinds: [Kind; 2]| {
            let [g, x] = [[2, n, n], [2, 3, n]].map(|shape| Tensor::ones(shape, (Kind::Float, CPU)));
            moved_by_small(&g.to_kind(kinds[0]), &x.to_kind(kinds[1])).is_some()
        };
        assert!(of(8, [Kind::Float; 2]) && of(1, [Kind::Double; 2]));
        assert!(!of(9, [Kind::Float; 2]) && !of(3, [Kind::Half; 2]) && !of(3, [Kind::Float, Kind::Double]));
        let none = Tensor::zeros([0, 3, 3], (Kind::Float, CPU));
        assert_eq!(moved_by_small(&none, &none).expect("small").size(), [0, 3, 3]);
    }
}
