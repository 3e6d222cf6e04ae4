#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

namespace semola {

// An element-wise function that often stands behind a linear layer.
struct Activation {
  at::Tensor (*value)(const at::Tensor&);
  // From the gradient of its values and what it was applied to.
  at::Tensor (*gradient)(const at::Tensor&, const at::Tensor&);
  // The same by operators that have gradients themselves.
  at::Tensor (*differentiable_gradient)(const at::Tensor&, const at::Tensor&);
};

// Of an operator of one tensor; null for those that are none.
const Activation* activation_of(const std::string& name);

// What `aten::linear` gives, in a node of its own; none where it is not of the usual kind, or nobody will ask for a gradient.
std::optional<at::Tensor> linear_layer(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

// The activation of what `linear_layer` gave, both in one node; none for other tensors.
std::optional<at::Tensor> activated_layer(const Activation& activation, const at::Tensor& before);

}  // namespace semola
