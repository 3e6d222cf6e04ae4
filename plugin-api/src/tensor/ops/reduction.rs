//! Sums, statistics, extremes, and what runs along an axis.
//!
//! `dims` are axes; none means all. `keepdim` keeps a reduced axis with length 1.

use super::{Tensor, entry, methods, result_type};
use crate::Scalar;

methods! {
    /// Sum of all elements.
    sum/try_sum() = "aten::sum" ""();
    /// Sum over axes.
    sum_dim/try_sum_dim(dims: &[i64], keepdim: bool) = "aten::sum" "dim_IntList"(dims, keepdim);
    /// Mean of all elements.
    mean/try_mean() = "aten::mean" ""();
    /// Mean over axes.
    mean_dim/try_mean_dim(dims: &[i64], keepdim: bool) = "aten::mean" "dim"(dims, keepdim);
    /// Product of all elements.
    prod/try_prod() = "aten::prod" ""();
    /// Product over one axis.
    prod_dim/try_prod_dim(dim: i64, keepdim: bool) = "aten::prod" "dim_int"(dim, keepdim);
    /// Variance of all elements; `unbiased` divides by count − 1.
    var/try_var(unbiased: bool) = "aten::var" ""(unbiased);
    /// Variance over axes.
    var_dim/try_var_dim(dims: &[i64], unbiased: bool, keepdim: bool) = "aten::var" "dim"(dims, unbiased, keepdim);
    /// Standard deviation of all elements.
    std/try_std(unbiased: bool) = "aten::std" ""(unbiased);
    /// Standard deviation over axes.
    std_dim/try_std_dim(dims: &[i64], unbiased: bool, keepdim: bool) = "aten::std" "dim"(dims, unbiased, keepdim);
    /// `p`-norm of all elements; 2 is Euclid's.
    norm/try_norm(p: impl Into<Scalar>) = "aten::norm" "Scalar"(p.into());
    /// `p`-norm over axes.
    norm_dim/try_norm_dim(p: impl Into<Scalar>, dims: &[i64], keepdim: bool) = "aten::norm" "ScalarOpt_dim"(p.into(), dims, keepdim);
    /// `ln Σ eˣ` over axes, without overflow.
    logsumexp/try_logsumexp(dims: &[i64], keepdim: bool) = "aten::logsumexp" ""(dims, keepdim);
    /// The largest element.
    max/try_max() = "aten::max" ""();
    /// The smallest element.
    min/try_min() = "aten::min" ""();
    /// The largest over one axis, and where it is.
    max_dim/try_max_dim(dim: i64, keepdim: bool) -> (Tensor, Tensor) = "aten::max" "dim"(dim, keepdim);
    /// The smallest over one axis, and where it is.
    min_dim/try_min_dim(dim: i64, keepdim: bool) -> (Tensor, Tensor) = "aten::min" "dim"(dim, keepdim);
    /// The largest over axes; equal ones share the gradient, unlike [`Self::max_dim`].
    amax/try_amax(dims: &[i64], keepdim: bool) = "aten::amax" ""(dims, keepdim);
    /// The smallest over axes; equal ones share the gradient.
    amin/try_amin(dims: &[i64], keepdim: bool) = "aten::amin" ""(dims, keepdim);
    /// Place of the largest along an axis, or in the flattened tensor.
    argmax/try_argmax(dim: Option<i64>, keepdim: bool) = "aten::argmax" ""(dim, keepdim);
    /// Place of the smallest along an axis, or in the flattened tensor.
    argmin/try_argmin(dim: Option<i64>, keepdim: bool) = "aten::argmin" ""(dim, keepdim);
    /// Whether all elements are true (not 0).
    all/try_all() = "aten::all" ""();
    /// Whether any element is true (not 0).
    any/try_any() = "aten::any" ""();
    /// Running sum along an axis.
    cumsum/try_cumsum(dim: i64) = "aten::cumsum" ""(dim);
    /// Running product along an axis.
    cumprod/try_cumprod(dim: i64) = "aten::cumprod" ""(dim);
    /// Sorted along an axis, and where each element was.
    sort/try_sort(dim: i64, descending: bool) -> (Tensor, Tensor) = "aten::sort" ""(dim, descending);
    /// The `k` largest (or smallest) along an axis, and where they are.
    topk/try_topk(k: i64, dim: i64, largest: bool, sorted: bool) -> (Tensor, Tensor) = "aten::topk" ""(k, dim, largest, sorted);
}
