//! What layers are made of; [`crate::nn`] adds the parameters.

use super::{Tensor, entry, methods, result_type};

methods! {
    /// `x Wᵀ + b`, `weight` being `[out, in]`.
    linear/try_linear(weight: &Tensor, bias: Option<&Tensor>) = "aten::linear" ""(weight, bias);
    /// Convolution of `[batch, in, length]` with `weight` `[out, in / groups, k]`.
    conv1d/try_conv1d(weight: &Tensor, bias: Option<&Tensor>, stride: &[i64], padding: &[i64], dilation: &[i64], groups: i64) = "aten::conv1d" ""(weight, bias, stride, padding, dilation, groups);
    /// Convolution of `[batch, in, height, width]` with `weight` `[out, in / groups, kh, kw]`.
    conv2d/try_conv2d(weight: &Tensor, bias: Option<&Tensor>, stride: &[i64], padding: &[i64], dilation: &[i64], groups: i64) = "aten::conv2d" ""(weight, bias, stride, padding, dilation, groups);
    /// Largest value in windows of `[batch, channels, length]`; an empty stride is the kernel's size.
    max_pool1d/try_max_pool1d(kernel: &[i64], stride: &[i64], padding: &[i64], dilation: &[i64], ceil_mode: bool) = "aten::max_pool1d" ""(kernel, stride, padding, dilation, ceil_mode);
    /// Largest value in windows of `[batch, channels, height, width]`; an empty stride is the kernel's size.
    max_pool2d/try_max_pool2d(kernel: &[i64], stride: &[i64], padding: &[i64], dilation: &[i64], ceil_mode: bool) = "aten::max_pool2d" ""(kernel, stride, padding, dilation, ceil_mode);
    /// Mean of windows of `[batch, channels, height, width]`; an empty stride is the kernel's size.
    avg_pool2d/try_avg_pool2d(kernel: &[i64], stride: &[i64], padding: &[i64], ceil_mode: bool, count_include_pad: bool) = "aten::avg_pool2d" ""(kernel, stride, padding, ceil_mode, count_include_pad);
    /// Means over as many windows as `[height, width]` of the result asks for.
    adaptive_avg_pool2d/try_adaptive_avg_pool2d(size: &[i64]) = "aten::adaptive_avg_pool2d" ""(size);
    /// Normalises channels (axis 1) over the batch when `training`, and updates the running statistics in
    /// place; otherwise with those.
    batch_norm/try_batch_norm(weight: Option<&Tensor>, bias: Option<&Tensor>, running_mean: Option<&Tensor>, running_var: Option<&Tensor>, training: bool, momentum: f64, eps: f64) = "aten::batch_norm" ""(weight, bias, running_mean, running_var, training, momentum, eps, true);
    /// Normalises the last axes, whose sizes are `shape`.
    layer_norm/try_layer_norm(shape: &[i64], weight: Option<&Tensor>, bias: Option<&Tensor>, eps: f64) = "aten::layer_norm" ""(shape, weight, bias, eps);
    /// Normalises groups of channels (axis 1) within each sample.
    group_norm/try_group_norm(groups: i64, weight: Option<&Tensor>, bias: Option<&Tensor>, eps: f64) = "aten::group_norm" ""(groups, weight, bias, eps);
    /// Rows of `self` `[rows, width]` at integer `indices` `[…]`: `[…, width]`. Mind the order: ATen puts
    /// the table first.
    embedding/try_embedding(indices: &Tensor) = "aten::embedding" ""(indices);
    /// Zeroes elements with probability `p` and scales the others by `1 / (1 − p)`, when `train`.
    dropout/try_dropout(p: f64, train: bool) = "aten::dropout" ""(p, train);
    /// Attention of queries `[…, L, E]` (`self`) to keys and values `[…, S, E]`. A boolean `mask`, broadcast
    /// to `[…, L, S]`, is true where a query may attend; a float one is added to the scores.
    scaled_dot_product_attention/try_scaled_dot_product_attention(key: &Tensor, value: &Tensor, mask: Option<&Tensor>, dropout: f64, is_causal: bool) = "aten::scaled_dot_product_attention" ""(key, value, mask, dropout, is_causal);
    /// Adds values at the edges, from the last axis inwards: `[left, right, top, bottom, …]`; `mode` is
    /// `constant`, `reflect`, `replicate` or `circular`.
    pad/try_pad(sizes: &[i64], mode: &str, value: Option<f64>) = "aten::pad" ""(sizes, mode, value);
    /// Reads images `[batch, channels, h, w]` at the points of `grid` `[batch, h', w', 2]`, whose (x, y) run
    /// from −1 to 1. Interpolation: 0 bilinear, 1 nearest, 2 bicubic; padding: 0 zeros, 1 border, 2 reflection.
    grid_sampler_2d/try_grid_sampler_2d(grid: &Tensor, interpolation: i64, padding: i64, align_corners: bool) = "aten::grid_sampler_2d" ""(grid, interpolation, padding, align_corners);
    /// Grid for [`Self::grid_sampler_2d`] from affine maps `[batch, 2, 3]` (`self`) and the images' size
    /// `[batch, channels, h, w]`; PyTorch's `affine_grid`.
    affine_grid/try_affine_grid(size: &[i64], align_corners: bool) = "aten::affine_grid_generator" ""(size, align_corners);
}
