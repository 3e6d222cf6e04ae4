//! Shapes, joining and splitting. Most results are views of the same data.

use super::{Tensor, entry, functions, methods, result_type};

methods! {
    /// Another shape with the same elements; one size may be −1. Copies where a view is impossible.
    reshape/try_reshape(shape: &[i64]) = "aten::reshape" ""(shape);
    /// Another shape with the same elements; an error where that takes a copy.
    view/try_view(shape: &[i64]) = "aten::view" ""(shape);
    /// Joins the axes from `start` to `end` (inclusive) into one.
    flatten/try_flatten(start: i64, end: i64) = "aten::flatten" "using_ints"(start, end);
    /// Splits one axis into several; one size may be −1.
    unflatten/try_unflatten(dim: i64, sizes: &[i64]) = "aten::unflatten" "int"(dim, sizes);
    /// Axes in another order.
    permute/try_permute(dims: &[i64]) = "aten::permute" ""(dims);
    /// Two axes exchanged.
    transpose/try_transpose(dim0: i64, dim1: i64) = "aten::transpose" "int"(dim0, dim1);
    /// A new axis of length 1.
    unsqueeze/try_unsqueeze(dim: i64) = "aten::unsqueeze" ""(dim);
    /// Without one axis, if its length is 1.
    squeeze/try_squeeze(dim: i64) = "aten::squeeze" "dim"(dim);
    /// Without all axes of length 1.
    squeeze_all/try_squeeze_all() = "aten::squeeze" ""();
    /// Axes of length 1 stretched to `shape` without a copy; −1 keeps a size.
    expand/try_expand(shape: &[i64]) = "aten::expand" ""(shape);
    /// [`Self::expand`] to the shape of another tensor.
    expand_as/try_expand_as(other: &Tensor) = "aten::expand_as" ""(other);
    /// Tiled: each axis this many times.
    repeat/try_repeat(times: &[i64]) = "aten::repeat" ""(times);
    /// Each element `times` times in a row, along an axis or in the flattened tensor.
    repeat_interleave/try_repeat_interleave(times: i64, dim: Option<i64>) = "aten::repeat_interleave" "self_int"(times, dim);
    /// Row by row in memory: itself, or a copy.
    contiguous/try_contiguous() = "aten::contiguous" ""();
    /// Axes reversed.
    flip/try_flip(dims: &[i64]) = "aten::flip" ""(dims);
    /// Axes rotated: what leaves at the end returns at the front.
    roll/try_roll(shifts: &[i64], dims: &[i64]) = "aten::roll" ""(shifts, dims);
    /// At most `chunks` equal parts along an axis.
    chunk/try_chunk(chunks: i64, dim: i64) -> Vec<Tensor> = "aten::chunk" ""(chunks, dim);
    /// Parts of `size` along an axis; the last may be smaller.
    split/try_split(size: i64, dim: i64) -> Vec<Tensor> = "aten::split" "Tensor"(size, dim);
    /// Parts of the given sizes along an axis.
    split_with_sizes/try_split_with_sizes(sizes: &[i64], dim: i64) -> Vec<Tensor> = "aten::split_with_sizes" ""(sizes, dim);
    /// The slices along an axis, without it.
    unbind/try_unbind(dim: i64) -> Vec<Tensor> = "aten::unbind" "int"(dim);
}

functions! {
    /// Joined along an axis.
    cat/try_cat(tensors: &[Tensor], dim: i64) = "aten::cat" ""(tensors, dim);
    /// Joined along a new axis.
    stack/try_stack(tensors: &[Tensor], dim: i64) = "aten::stack" ""(tensors, dim);
}
