// The mean of squared differences and its gradient, on the CPU.
//
// A step has three of them, of some hundred numbers each, for which libtorch's operators and those of their gradients, eight calls for
// each, take longer than the augmentation.
#include "node.h"
#include "small.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

namespace {

using at::Tensor;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

struct SquaredError final : semola::Node {
  SavedVariable left, right;

  std::string name() const override { return "SquaredError"; }

  variable_list gradients(variable_list of_results) override {
    const Tensor a = left.unpack(), b = right.unpack();
    const double factor = 2.0 / static_cast<double>(a.numel());
    const bool of_a = task_should_compute_output(0), of_b = task_should_compute_output(1);
    if (at::GradMode::is_enabled()) {
      const Tensor gradient = a.sub(b).mul(of_results[0]).mul(factor);
      return {of_a ? gradient : Tensor(), of_b ? gradient.neg() : Tensor()};
    }
    const semola::Unrecorded unrecorded;
    const float weight = static_cast<float>(factor * *of_results[0].const_data_ptr<float>());
    return {of_a ? difference(weight, a, b) : Tensor(), of_b ? difference(weight, b, a) : Tensor()};
  }

  // weight · (a - b)
  static Tensor difference(float weight, const Tensor& a, const Tensor& b) {
    Tensor result = at::empty_like(a);
    const float *x = a.const_data_ptr<float>(), *y = b.const_data_ptr<float>();
    float* to = result.mutable_data_ptr<float>();
    for (int64_t i = 0, count = a.numel(); i < count; ++i) to[i] = weight * (x[i] - y[i]);
    return result;
  }

  void release() override {
    left.reset_data();
    right.reset_data();
  }
};

Tensor squared_error(const Tensor& left, const Tensor& right) {
  const Tensor a = left.contiguous(), b = right.contiguous();
  Tensor result;
  {
    const semola::Unrecorded unrecorded;
    result = at::empty({}, a.options());
  }
  const float *x = a.const_data_ptr<float>(), *y = b.const_data_ptr<float>();
  double sum = 0;
  for (int64_t i = 0, count = a.numel(); i < count; ++i) {
    const double difference = x[i] - y[i];
    sum += difference * difference;
  }
  *result.mutable_data_ptr<float>() = static_cast<float>(sum / static_cast<double>(a.numel()));
  if (semola::compute_requires_grad(a, b)) {
    auto node = semola::node_of<SquaredError>(a, b);
    node->left = SavedVariable(a, false);
    node->right = SavedVariable(b, false);
    semola::set_history(result, node);
  }
  return result;
}

}  // namespace

// The mean of (left - right)², both floats of one shape on the CPU, a scalar; null where that fails.
extern "C" Tensor* semola_squared_error(const Tensor* left, const Tensor* right) noexcept {
  Tensor* result = nullptr;
  semola::guarded([&] { result = new Tensor(squared_error(*left, *right)); });
  return result;
}
