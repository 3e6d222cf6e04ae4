// Rows made orthonormal one after the other (Gram–Schmidt), and the gradient, on the CPU.
//
// A basis has a few short rows. Norms, quotients and a QR decomposition of them, and the dozen operators of their gradients, would
// take longer than the exponentials of a batch. Once differentiable, which is all that training asks for.
#include "small.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

double dot(const double* a, const double* b, int64_t count) { return std::inner_product(a, a + count, b, 0.0); }

// a += factor · b
void add(double* a, double factor, const double* b, int64_t count) {
  for (int64_t i = 0; i < count; ++i) a[i] += factor * b[i];
}

Tensor in_doubles(const Tensor& tensor) { return tensor.to(at::kDouble, false, true).contiguous(); }

struct Orthonormal : torch::autograd::Function<Orthonormal> {
  static Tensor forward(AutogradContext* context, const Tensor& given) {
    const Tensor weight = in_doubles(given);
    const int64_t k = weight.size(0), count = weight.size(1);
    Tensor rows = weight.clone(), lengths = at::empty({k}, weight.options());
    const double* w = weight.const_data_ptr<double>();
    double *q = rows.mutable_data_ptr<double>(), *length = lengths.mutable_data_ptr<double>();
    for (int64_t i = 0; i < k; ++i) {
      double* row = q + i * count;
      for (int64_t j = 0; j < i; ++j) add(row, -dot(q + j * count, w + i * count, count), q + j * count, count);
      length[i] = std::sqrt(dot(row, row, count));
      for (int64_t c = 0; c < count; ++c) row[c] /= length[i];
    }
    context->save_for_backward({weight, rows, lengths});
    return rows.to(given.scalar_type());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "orthonormal rows are differentiable once, not twice");
    const variable_list saved = context->get_saved_variables();
    const int64_t k = saved[0].size(0), count = saved[0].size(1);
    Tensor of_rows = in_doubles(gradients[0]), result = at::empty_like(saved[0]);
    const double *w = saved[0].const_data_ptr<double>(), *q = saved[1].const_data_ptr<double>(), *length = saved[2].const_data_ptr<double>();
    double *of_q = of_rows.mutable_data_ptr<double>(), *of_w = result.mutable_data_ptr<double>();
    std::vector<double> of_rest(count);  // of what is left of a row without those before it
    for (int64_t i = k - 1; i >= 0; --i) {
      const double *row = q + i * count, *from = w + i * count;
      of_rest.assign(of_q + i * count, of_q + (i + 1) * count);
      add(of_rest.data(), -dot(row, of_q + i * count, count), row, count);
      for (double& entry : of_rest) entry /= length[i];
      std::copy(of_rest.begin(), of_rest.end(), of_w + i * count);
      for (int64_t j = 0; j < i; ++j) {
        const double* before = q + j * count;
        const double part = dot(before, from, count), of_part = -dot(of_rest.data(), before, count);
        add(of_w + i * count, of_part, before, count);
        add(of_q + j * count, of_part, from, count);
        add(of_q + j * count, -part, of_rest.data(), count);
      }
    }
    return {result.to(gradients[0].scalar_type())};
  }
};

}  // namespace

// The rows of `[k, count]`, k at most count and independent, made orthonormal: each becomes the direction of what
// the ones before it leave of it. On the CPU; null where that fails.
extern "C" Tensor* semola_orthonormal(const Tensor* weight) noexcept {
  Tensor* result = nullptr;
  semola::guarded([&] { result = new Tensor(Orthonormal::apply(*weight)); });
  return result;
}
