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
    let ways = [(1, Originals::Dropped), (1, Originals::Kept), (3, Originals::Dropped), (3, Originals::Kept)];
    for ((n, rows, kind), (copies, originals)) in shapes.flat_map(|shape| ways.map(|way| (shape, way))) {
        let g = leaf([7 * copies, n, n], kind);
        // Two fields, the second one not in order in memory.
        let (x, y) = (leaf([7, rows, n], kind), leaf([2, 7, n], kind));
        let (turned, fields) = (g.transpose(1, 2), [x.shallow_clone(), y.transpose(0, 1)]);
        let ours = moved_by_small(&turned, &fields, originals).expect("small matrices on the CPU");
        let theirs: Vec<Tensor> = fields.iter().map(|field| by_batches(&turned, field, originals)).collect();
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
            (orthonormal_of_few(&weight, None).expect("on the CPU"), by_decomposition(&weight));
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
    assert!(orthonormal_of_few(&Tensor::ones([1, 2], (Kind::Half, CPU)), None).is_none());
}

#[test]
fn orthonormal_rows_combine_directions() {
    for kind in [Kind::Float, Kind::Double] {
        let weight = Tensor::randn([2, 5], (kind, CPU)).set_requires_grad(true);
        let directions = Tensor::randn([5, 3, 3], (kind, CPU));
        let rows = orthonormal_of_few(&weight, None).expect("on the CPU");
        let theirs = rows.matmul(&directions.flatten(1, 2)).reshape([2, 3, 3]);
        let ours = orthonormal_of_few(&weight, Some(&directions)).expect("on the CPU");
        assert!(ours.equal(&theirs), "{kind:?}");
        let weights = theirs.randn_like();
        let of = |matrices: &Tensor| {
            Tensor::run_backward(&[(matrices * &weights).sum(kind)], &[&weight], false, false).remove(0)
        };
        assert!(of(&ours).allclose(&of(&theirs), 1e-5, 1e-6, false), "{kind:?}");
    }
}

#[test]
fn squared_errors_are_libtorchs() {
    // One side of no gradient, one not in order in memory, and as many as are taken.
    for (rows, of_left, of_right) in
        [(5, true, true), (64, true, false), (3, false, true), (4096, true, true)]
    {
        let side = |of: bool| Tensor::randn([4, rows], (Kind::Float, CPU)).set_requires_grad(of);
        let (left, right) = (side(of_left), side(of_right));
        let sources: Vec<&Tensor> = [&left, &right].into_iter().filter(|side| side.requires_grad()).collect();
        let derivatives = |error: fn(&Tensor, &Tensor) -> Tensor| {
            let value = error(&left.transpose(0, 1), &right.transpose(0, 1)) * 3.0;
            let first = Tensor::run_backward(&[&value], &sources, true, true);
            let cubes = first.iter().map(|part| (part * 1e3).pow_tensor_scalar(3).sum(Kind::Float));
            let cubes = cubes.reduce(|a, b| a + b).expect("a gradient");
            let second = Tensor::run_backward(&[cubes], &sources, true, false);
            let plain = Tensor::run_backward(&[&value], &sources, false, false);
            std::iter::once(value.detach()).chain(first).chain(second).chain(plain).collect::<Vec<_>>()
        };
        let ours = derivatives(|a, b| squared_error_of_few(a, b).expect("floats on the CPU"));
        let theirs = derivatives(|a, b| a.mse_loss(b, tch::Reduction::Mean));
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!(ours.allclose(theirs, 1e-5, 1e-9, false), "{rows}");
        }
    }
}

#[test]
fn a_squared_error_is_of_few_floats_of_one_shape() {
    let of = |shape: [i64; 2], kind: Kind| Tensor::ones(shape, (kind, CPU));
    let taken = |other: &Tensor| squared_error_of_few(&of([2, 3], Kind::Float), other).is_some();
    assert!(taken(&of([2, 3], Kind::Float)));
    assert!(!taken(&of([2, 3], Kind::Double)) && !taken(&of([1, 3], Kind::Float)));
    for shape in [[0, 3], [1, 16_385]] {
        let side = of(shape, Kind::Float);
        assert!(squared_error_of_few(&side, &side).is_none());
    }
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
