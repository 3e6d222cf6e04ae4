// Linear layers and the activations behind them, in one node of the graph of gradients instead of three.
//
// A model is mostly such layers. What libtorch's graph costs a node, some microseconds in a pass forward and back, is a third of a
// step of a small one. The kernels are libtorch's, so numbers are the same to the last bit. What lies between layer and activation may
// have other uses, for the layer has a node of its own before it has one with its activation: gradients of both uses are then added
// behind the products and not before them. Gradients have gradients.
#include "layer.h"

#include "node.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/threshold_backward.h>

#include <map>
#include <memory>

namespace {

using at::Tensor;
using semola::Activation;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

Tensor gelu_gradient(const Tensor& gradient, const Tensor& x) { return at::gelu_backward(gradient, x); }

Tensor relu_gradient(const Tensor& gradient, const Tensor& x) { return at::threshold_backward(gradient, x, 0); }

// Of x σ(x).
Tensor silu_gradient(const Tensor& gradient, const Tensor& x) {
  const Tensor sigmoid = x.sigmoid();
  return gradient * (sigmoid * (1 + x * (1 - sigmoid)));
}

const std::map<std::string, Activation> activations = {
    {"aten::gelu", {[](const Tensor& x) { return at::gelu(x); }, gelu_gradient, gelu_gradient}},
    {"aten::relu", {at::relu, relu_gradient, relu_gradient}},
    {"aten::silu", {at::silu, at::silu_backward, silu_gradient}},
};

// What a layer was given, undefined where no gradient needs it. The node of a layer and that of its activation share it, for either
// may be the last one to run.
struct Given {
  SavedVariable x, weight;
};

struct Layer final : semola::Node {
  enum Source { X, Weight, Bias };

  std::shared_ptr<Given> given;
  const Activation* activation = nullptr;
  SavedVariable before;  // what the activation was applied to

  std::string name() const override { return activation ? "ActivatedLayer" : "Layer"; }

  variable_list gradients(variable_list of_results) override {
    variable_list results(num_outputs());
    // Nothing is recorded but for those who want the gradient of a gradient.
    const bool again = at::GradMode::is_enabled();
    std::optional<semola::Unrecorded> unrecorded;
    if (!again) unrecorded.emplace();
    Tensor gradient = std::move(of_results[0]);
    if (activation) gradient = (again ? activation->differentiable_gradient : activation->gradient)(gradient, before.unpack());
    const Tensor rows = gradient.dim() == 2 ? gradient : gradient.reshape({-1, gradient.size(-1)});
    if (task_should_compute_output(X)) {
      const Tensor weight = given->weight.unpack(), of_rows = rows.mm(weight);
      auto sizes = gradient.sizes().vec();
      sizes.back() = weight.size(1);
      results[X] = gradient.dim() == 2 ? of_rows : of_rows.view(sizes);
    }
    if (task_should_compute_output(Weight)) {
      const Tensor x = given->x.unpack();
      results[Weight] = rows.t().mm(x.dim() == 2 ? x : x.reshape({-1, x.size(-1)}));
    }
    if (task_should_compute_output(Bias)) results[Bias] = rows.sum(0);
    return results;
  }

  void release() override {
    given.reset();
    before.reset_data();
  }
};

bool usual(const Tensor& tensor) {
  return tensor.layout() == at::kStrided && at::isFloatingType(tensor.scalar_type()) &&
         !at::autocast::is_autocast_enabled(tensor.device().type()) && !torch::autograd::isFwGradDefined(tensor);
}

}  // namespace

namespace semola {

const Activation* activation_of(const std::string& name) {
  const auto found = activations.find(name);
  return found == activations.end() ? nullptr : &found->second;
}

std::optional<Tensor> linear_layer(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
  if (!compute_requires_grad(x, weight, bias)) return std::nullopt;
  if (!usual(x) || !usual(weight) || (bias && !usual(*bias)) || x.dim() < 2 || weight.dim() != 2) return std::nullopt;
  if (bias && (bias->dim() != 1 || bias->size(0) != weight.size(0))) return std::nullopt;
  auto node = node_of<Layer>(x, weight, bias);
  node->given = std::make_shared<Given>();
  if (weight.requires_grad()) node->given->x = SavedVariable(x, false);
  if (x.requires_grad()) node->given->weight = SavedVariable(weight, false);
  Tensor y;
  {
    const Unrecorded unrecorded;
    y = at::linear(x, weight, bias);
  }
  set_history(y, node);
  return y;
}

std::optional<Tensor> activated_layer(const Activation& activation, const Tensor& before) {
  if (!before.grad_fn() || !at::GradMode::is_enabled() || !usual(before)) return std::nullopt;
  const auto* layer = dynamic_cast<const Layer*>(before.grad_fn().get());
  if (!layer || layer->activation || !layer->given) return std::nullopt;
  auto node = c10::make_intrusive<Layer>();
  node->set_next_edges(torch::autograd::edge_list(layer->next_edges()));
  node->given = layer->given;
  node->activation = &activation;
  node->before = SavedVariable(before, false);
  Tensor y;
  {
    const Unrecorded unrecorded;
    y = activation.value(before);
  }
  set_history(y, node);
  return y;
}

}  // namespace semola
