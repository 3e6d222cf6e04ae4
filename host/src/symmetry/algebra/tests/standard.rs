//! Named bases: their members' defining equations, their dimensions, and the name that is read from them again.

use nalgebra::DMatrix;

use super::super::{LieAlgebra, UnknownAlgebra, bracket, standard};

fn generators(name: &str, n: usize) -> Vec<DMatrix<f64>> {
    standard(name, n).unwrap_or_else(|error| panic!("{error}"))
}

fn read(name: &str, n: usize) -> String {
    let algebra = LieAlgebra::from_generators(&generators(name, n)).expect("square and finite");
    assert!(algebra.closure() < 1e-9, "{name} does not close");
    algebra.name()
}

#[test]
fn names_are_read_from_the_bases_that_they_make() {
    let names = [
        (1, vec!["R (scaling)"]),
        (2, vec!["so(2)", "so(1,1)", "sl(2,R)", "gl(2,R)", "aff(1)", "R (scaling)", "so(2) ⊕ R"]),
        (
            3,
            vec![
                "so(3)",
                "so(1,2)",
                "sl(3,R)",
                "gl(3,R)",
                "se(2)",
                "iso(1,1)",
                "sim(2)",
                "aff(2)",
                "R (scaling)",
                "so(3) ⊕ R",
                "so(1,2) ⊕ R",
            ],
        ),
        (
            4,
            vec![
                "so(4)",
                "so(1,3)",
                "so(2,2)",
                "sl(4,R)",
                "gl(4,R)",
                "sp(4,R)",
                "u(2)",
                "su(2)",
                "se(3)",
                "iso(1,2)",
                "sim(3)",
                "aff(3)",
                "so(4) ⊕ R",
                "so(1,3) ⊕ R",
                "su(2) ⊕ R",
            ],
        ),
        (
            5,
            vec![
                "so(5)",
                "so(1,4)",
                "so(2,3)",
                "sl(5,R)",
                "gl(5,R)",
                "se(4)",
                "iso(1,3)",
                "iso(2,2)",
                "sim(4)",
                "aff(4)",
                "so(5) ⊕ R",
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (n, names) in names {
        for name in names {
            let found = read(name, n);
            if found != name {
                wrong.push(format!("{name} on R^{n} is read as {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn other_ways_to_write_a_name() {
    for (n, written, usual) in [
        (3, "so(2, 1)", "so(1,2)"),
        (2, "sp(2,R)", "sl(2,R)"),
        (2, "u(1)", "so(2)"),
        (3, "sl(3)", "sl(3,R)"),
        (3, "sl(3,R)+R", "gl(3,R)"),
        (3, "so(3) + scaling", "so(3) ⊕ R"),
        (3, "translations(2)", "R^2"),
        (4, "translations(3)", "R^3"),
    ] {
        assert_eq!(read(written, n), usual);
    }
}

/// diag(-1, ..(p).., +1, ..).
fn metric(p: usize, n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| {
        if i != j {
            0.0
        } else if i < p {
            -1.0
        } else {
            1.0
        }
    })
}

/// ((0, 1), (-1, 0)).
fn area(n: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| {
        if i + n / 2 == j {
            1.0
        } else if j + n / 2 == i {
            -1.0
        } else {
            0.0
        }
    })
}

fn every_member(name: &str, n: usize, dimension: usize, vanishes: impl Fn(&DMatrix<f64>) -> f64) {
    let all = generators(name, n);
    assert_eq!(all.len(), dimension, "{name}");
    for generator in &all {
        assert_eq!(vanishes(generator), 0.0, "{name}: {generator}");
    }
}

#[test]
fn members_satisfy_the_defining_equations() {
    for n in 2..=6 {
        for p in 0..n {
            let name = if p == 0 { format!("so({n})") } else { format!("so({p},{})", n - p) };
            let form = metric(p, n);
            every_member(&name, n, n * (n - 1) / 2, |l| (l.transpose() * &form + &form * l).norm());
        }
        every_member(&format!("sl({n},R)"), n, n * n - 1, |l| l.trace().abs());
        every_member(&format!("gl({n},R)"), n, n * n, |_| 0.0);
        every_member("scaling", n, 1, |l| (l - DMatrix::identity(n, n)).norm());
    }
    for m in 1..=3 {
        let (n, form) = (2 * m, area(2 * m));
        every_member(&format!("sp({n},R)"), n, m * (n + 1), |l| (l.transpose() * &form + &form * l).norm());
        let complex = |l: &DMatrix<f64>| (l + l.transpose()).norm() + bracket(l, &form).norm();
        every_member(&format!("u({m})"), n, m * m, complex);
        if m > 1 {
            every_member(&format!("su({m})"), n, m * m - 1, |l| complex(l) + (&form * l).trace().abs());
        }
    }
    for m in 2..=4 {
        let fixed = |l: &DMatrix<f64>| l.row(m).norm();
        let linear = |l: &DMatrix<f64>| l.view((0, 0), (m, m)).into_owned();
        let rotations = m * (m - 1) / 2;
        every_member(&format!("translations({m})"), m + 1, m, |l| fixed(l) + linear(l).norm());
        let turning = |l: &DMatrix<f64>| (linear(l) + linear(l).transpose()).norm();
        every_member(&format!("se({m})"), m + 1, rotations + m, |l| fixed(l) + turning(l));
        let up_to_scale = |l: &DMatrix<f64>| {
            let both = linear(l) + linear(l).transpose();
            (&both - DMatrix::identity(m, m) * both[(0, 0)]).norm()
        };
        every_member(&format!("sim({m})"), m + 1, rotations + m + 1, |l| fixed(l) + up_to_scale(l));
        every_member(&format!("aff({m})"), m + 1, m * m + m, fixed);
        let form = metric(1, m);
        let boosts = |l: &DMatrix<f64>| (linear(l).transpose() * &form + &form * linear(l)).norm();
        every_member(&format!("iso(1,{})", m - 1), m + 1, rotations + m, |l| fixed(l) + boosts(l));
    }
}

#[test]
fn a_name_that_does_not_fit_is_answered_with_those_that_do() {
    let error = standard("so(4)", 2).expect_err("so(4) acts on R^4");
    assert_eq!(
        error.to_string(),
        "no algebra on R^2 is called `so(4)`; those known are so(2), so(1,1), sl(2,R), gl(2,R), sp(2,R), u(1), aff(1), \
         translations(1), scaling, and sums with ⊕ such as `so(2) ⊕ R`"
    );
    for (name, n) in
        [("", 3), ("so", 3), ("so(3", 3), ("so(-1,4)", 3), ("sp(3,R)", 3), ("so(3) ⊕", 3), ("e8", 248)]
    {
        assert!(matches!(standard(name, n), Err(UnknownAlgebra::Name { .. })), "{name}");
    }
    assert!(matches!(standard("scaling", 0), Err(UnknownAlgebra::Name { .. })));
}

#[test]
fn a_sum_of_algebras_that_do_not_commute_is_refused() {
    for name in ["so(3) ⊕ sl(3,R)", "R ⊕ gl(3,R)", "so(3) + so(1,2)", "R + R"] {
        let error = standard(name, 3).expect_err("no direct sum");
        let expected = format!("`{name}` is no direct sum on R^3: its parts overlap or do not commute");
        assert_eq!(error.to_string(), expected);
    }
}
