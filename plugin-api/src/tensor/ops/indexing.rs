//! Choosing elements by place or by mask. Indices are 64-bit integers, masks boolean.

use super::{Tensor, entry, methods, result_type};
use crate::Scalar;

methods! {
    /// `length` elements of an axis from `start`; a view.
    narrow/try_narrow(dim: i64, start: i64, length: i64) = "aten::narrow" ""(dim, start, length);
    /// Elements `start..end` of an axis, every `step`-th; `None`: from the beginning, to the end. A view.
    slice/try_slice(dim: i64, start: Option<i64>, end: Option<i64>, step: i64) = "aten::slice" "Tensor"(dim, start, end, step);
    /// One slice of an axis, without the axis; a view.
    select/try_select(dim: i64, index: i64) = "aten::select" "int"(dim, index);
    /// The slices at `index` `[k]` along an axis.
    index_select/try_index_select(dim: i64, index: &Tensor) = "aten::index_select" ""(dim, index);
    /// Elements at the places that index or mask tensors name, one for each leading axis.
    index/try_index(indices: &[Tensor]) = "aten::index" "Tensor"(indices);
    /// `out[i][j] = x[i][index[i][j]]` for `dim` 1, and likewise for others.
    gather/try_gather(dim: i64, index: &Tensor) = "aten::gather" ""(dim, index);
    /// `x` with `source` added at the places that [`Self::gather`] would read.
    scatter_add/try_scatter_add(dim: i64, index: &Tensor, source: &Tensor) = "aten::scatter_add" ""(dim, index, source);
    /// `x` with the slices of `source` added at `index` `[k]` along an axis.
    index_add/try_index_add(dim: i64, index: &Tensor, source: &Tensor) = "aten::index_add" ""(dim, index, source);
    /// `value` where the mask is true.
    masked_fill/try_masked_fill(mask: &Tensor, value: impl Into<Scalar>) = "aten::masked_fill" "Scalar"(mask, value.into());
    /// The elements where the mask is true, in one row.
    masked_select/try_masked_select(mask: &Tensor) = "aten::masked_select" ""(mask);
    /// `yes` where `self`, a mask, is true, else `no`.
    where_/try_where_(yes: &Tensor, no: &Tensor) = "aten::where" "self"(yes, no);
    /// Class numbers `[…]` to rows with a single 1: `[…, classes]`; −1 classes: as many as occur.
    one_hot/try_one_hot(classes: i64) = "aten::one_hot" ""(classes);
}
