//! Operators on small matrices, many at once, of exponential.cpp, moved.cpp and orthonormal.cpp.

use super::bridge;
use semola_plugin_api::abi::Status;
use std::ffi::c_void;
use tch::{Device, Kind, Tensor};

/// Largest matrices that these take.
const LARGEST: i64 = 8;

unsafe extern "C" {
    fn semola_exponential(u: *const c_void, generators: *const c_void, halvings: i64) -> *mut c_void;
    fn semola_orthonormal(weight: *const c_void) -> *mut c_void;
    fn semola_moved(
        g: *const c_void,
        fields: *const *const c_void,
        count: usize,
        originals: bool,
        results: *mut *mut c_void,
    ) -> Status;
}

/// `exp(Σ u_i L_i)` for each row of `u` `[batch, k]` and generators `L` `[k, n, n]` in one call, once differentiable in the
/// generators: the Taylor polynomial of degree 6 at `Σ u_i L_i / 2^halvings`, squared as often. `None` for matrices of more than
/// 8 rows, other numbers than floats and doubles, other devices.
///
/// # Panics
/// Their shapes or kinds do not fit; `u` requires a gradient.
pub fn exponential_of_small(u: &Tensor, generators: &Tensor, halvings: u32) -> Option<Tensor> {
    is_small(generators).then(|| {
        // SAFETY: tch tensors are live heap-allocated at::Tensors; the function reads them, catches what is thrown, and returns null
        // or another one that is the caller's.
        let result =
            unsafe { semola_exponential(u.as_ptr().cast(), generators.as_ptr().cast(), i64::from(halvings)) };
        assert!(!result.is_null(), "small matrices: {}", bridge::last_error());
        // SAFETY: as above.
        unsafe { Tensor::from_ptr(result.cast()) }
    })
}

/// Rows `[k, count]` made orthonormal one after the other (Gram–Schmidt), once differentiable, computed in doubles. `None` for other
/// numbers than floats and doubles, and on other devices.
///
/// # Panics
/// It is no matrix.
pub fn orthonormal_of_few(weight: &Tensor) -> Option<Tensor> {
    weight.size2().expect("a matrix");
    let taken = weight.device() == Device::Cpu && matches!(weight.kind(), Kind::Float | Kind::Double);
    taken.then(|| {
        // SAFETY: a tch tensor is a live heap-allocated at::Tensor; the function reads it, catches what is thrown, and returns null
        // or another one that is the caller's.
        let result = unsafe { semola_orthonormal(weight.as_ptr().cast()) };
        assert!(!result.is_null(), "orthonormal rows: {}", bridge::last_error());
        // SAFETY: as above.
        unsafe { Tensor::from_ptr(result.cast()) }
    })
}

/// Whether moved vectors come alone or behind those that they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Originals {
    /// `[copies · batch, …]`
    Dropped,
    /// `[(1 + copies) · batch, …]`
    Kept,
}

/// `g x` for all vectors of the fields, each `[batch, …]` with numbers of vectors one after the other, and their samples' matrices in
/// `g` `[copies · batch, n, n]`, in one call. `None` where `g` is not small, as in [`exponential_of_small`], and where a field is
/// not of its kind.
///
/// # Panics
/// Their shapes do not fit.
pub fn moved_by_small(g: &Tensor, fields: &[Tensor], originals: Originals) -> Option<Vec<Tensor>> {
    let (moved, n, _) = g.size3().expect("a batch of matrices");
    if !is_small(g) || fields.iter().any(|field| (field.kind(), field.device()) != (g.kind(), Device::Cpu)) {
        return None;
    }
    for field in fields {
        let size = field.size();
        let (batch, width) = (size[0], size[1..].iter().product::<i64>());
        let fits = if batch == 0 { moved == 0 } else { moved % batch == 0 };
        assert!(fits && width % n == 0, "{moved} matrices of {n} rows for a field {size:?}");
    }
    let given: Vec<*const c_void> = fields.iter().map(|field| field.as_ptr().cast()).collect();
    let mut results = vec![std::ptr::null_mut(); fields.len()];
    // SAFETY: as above; shapes and kinds were looked at, and there is a place for each result.
    let status = unsafe {
        semola_moved(
            g.as_ptr().cast(),
            given.as_ptr(),
            given.len(),
            originals == Originals::Kept,
            results.as_mut_ptr(),
        )
    };
    assert!(status >= 0, "small matrices: {}", bridge::last_error());
    // SAFETY: heap-allocated at::Tensors that are the caller's.
    Some(results.into_iter().map(|result| unsafe { Tensor::from_ptr(result.cast()) }).collect())
}

fn is_small(matrices: &Tensor) -> bool {
    let (_, n, _) = matrices.size3().expect("a batch of matrices");
    (1..=LARGEST).contains(&n)
        && matrices.device() == Device::Cpu
        && matches!(matrices.kind(), Kind::Float | Kind::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Device = Device::Cpu;

    /// The same by products of batches, of one field `[batch, rows, n]`.
    fn by_batches(g: &Tensor, x: &Tensor, originals: Originals) -> Tensor {
        let copies = g.size()[0] / x.size()[0];
        let moved = x.repeat([copies, 1, 1]).bmm(&g.transpose(1, 2));
        if originals == Originals::Kept { Tensor::cat(&[x, &moved], 0) } else { moved }
    }

    fn leaf(shape: [i64; 3], kind: Kind) -> Tensor {
        Tensor::randn(shape, (kind, CPU)).set_requires_grad(true)
    }

    #[test]
    fn vectors_are_moved_as_by_products_of_batches() {
        let shapes =
            (1..=8).flat_map(|n| [(n, 1, Kind::Float), (n, 5, Kind::Double), (n, 3000 / n, Kind::Double)]);
        let ways =
            [(1, Originals::Dropped), (1, Originals::Kept), (3, Originals::Dropped), (3, Originals::Kept)];
        for ((n, rows, kind), (copies, originals)) in shapes.flat_map(|shape| ways.map(|way| (shape, way))) {
            let g = leaf([7 * copies, n, n], kind);
            // Two fields, the second one not in order in memory.
            let (x, y) = (leaf([7, rows, n], kind), leaf([2, 7, n], kind));
            let (turned, fields) = (g.transpose(1, 2), [x.shallow_clone(), y.transpose(0, 1)]);
            let ours = moved_by_small(&turned, &fields, originals).expect("small matrices on the CPU");
            let theirs: Vec<Tensor> =
                fields.iter().map(|field| by_batches(&turned, field, originals)).collect();
            let weights = [&ours[0], &ours[1]].map(Tensor::randn_like);
            let of = |moved: &[Tensor]| -> Vec<Tensor> {
                let weighted = moved.iter().zip(&weights).map(|(moved, weight)| (moved * weight).sum(kind));
                let loss = weighted.reduce(|sum, part| sum + part).expect("two fields");
                let gradients = Tensor::run_backward(&[loss], &[&g, &x, &y], false, false);
                moved.iter().map(Tensor::detach).chain(gradients).collect()
            };
            for (ours, theirs) in of(&ours).iter().zip(&of(&theirs)) {
                assert_eq!(ours.size(), theirs.size());
                let apart = (ours - theirs).abs().max().double_value(&[]);
                let tolerance = if kind == Kind::Float { 1e-4 } else { 1e-10 };
                assert!(apart < tolerance, "{n} × {rows}, {kind:?}, {copies}, {originals:?}: {apart}");
            }
        }
    }

    #[test]
    fn rows_become_orthonormal_as_by_a_decomposition() {
        for (k, count, kind) in
            [(1, 4, Kind::Float), (1, 1, Kind::Double), (3, 9, Kind::Double), (6, 6, Kind::Float)]
        {
            tch::manual_seed(k);
            let weight = Tensor::randn([k, count], (kind, CPU)).set_requires_grad(true);
            let by_decomposition = |weight: &Tensor| {
                let (q, r) = Tensor::linalg_qr(&weight.transpose(0, 1), "reduced");
                (q * r.diagonal(0, 0, 1).sign().detach()).transpose(0, 1)
            };
            let (ours, theirs) =
                (orthonormal_of_few(&weight).expect("on the CPU"), by_decomposition(&weight));
            let tolerance = if kind == Kind::Float { 1e-3 } else { 1e-10 };
            assert!((&ours - &theirs).abs().max().double_value(&[]) < tolerance, "{k} × {count}");
            let gradient = theirs.randn_like();
            let of = |rows: &Tensor| {
                Tensor::run_backward(&[(rows * &gradient).sum(kind)], &[&weight], false, false).remove(0)
            };
            let (ours, theirs) = (of(&ours), of(&theirs));
            let size = theirs.abs().max().double_value(&[]).max(1.0);
            assert!((&ours - &theirs).abs().max().double_value(&[]) < tolerance * size, "{k} × {count}");
        }
        assert!(orthonormal_of_few(&Tensor::ones([1, 2], (Kind::Half, CPU))).is_none());
    }

    #[test]
    fn gradients_of_moved_vectors_can_be_differentiated() {
        for (copies, originals) in [(1, Originals::Dropped), (2, Originals::Kept)] {
            let (g, x) = (leaf([4 * copies, 3, 3], Kind::Double), leaf([4, 2, 3], Kind::Double));
            let second = |y: &Tensor| {
                let square = y.square().sum(Kind::Double);
                let first = Tensor::run_backward(&[square], &[&g, &x], true, true);
                let norms = first.iter().map(|part| part.square().sum(Kind::Double)).reduce(|a, b| a + b);
                Tensor::run_backward(&[norms.expect("two gradients")], &[&g, &x], false, false)
            };
            let ours = moved_by_small(&g, std::slice::from_ref(&x), originals).expect("small matrices");
            for (ours, theirs) in second(&ours[0]).iter().zip(&second(&by_batches(&g, &x, originals))) {
                assert!((ours - theirs).abs().max().double_value(&[]) < 1e-9);
            }
        }
    }

    #[test]
    fn what_is_not_small_is_left_to_others() {
        let of = |n: i64, kinds: [Kind; 2]| {
            let [g, x] = [[2, n, n], [2, 3, n]].map(|shape| Tensor::ones(shape, (Kind::Float, CPU)));
            moved_by_small(&g.to_kind(kinds[0]), &[x.to_kind(kinds[1])], Originals::Dropped).is_some()
        };
        assert!(of(8, [Kind::Float; 2]) && of(1, [Kind::Double; 2]));
        assert!(!of(9, [Kind::Float; 2]) && !of(3, [Kind::Half; 2]) && !of(3, [Kind::Float, Kind::Double]));
        let none = Tensor::zeros([0, 3, 3], (Kind::Float, CPU));
        for originals in [Originals::Dropped, Originals::Kept] {
            let moved = moved_by_small(&none, &[none.shallow_clone()], originals).expect("small");
            assert_eq!(moved[0].size(), [0, 3, 3]);
        }
    }
}
