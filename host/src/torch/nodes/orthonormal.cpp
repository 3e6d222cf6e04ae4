// Rows made orthonormal one after the other (Gram–Schmidt), and the gradient, on the CPU.
//
// A basis has a few short rows. Norms, quotients and a QR decomposition of them, and the dozen operators of their gradients, would
// take longer than the exponentials of a batch. Once differentiable, which is all that training asks for.
#include "node.h"
#include "small.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace {

using at::Tensor;
using torch::autograd::variable_list;

double dot(const double* a, const double* b, int64_t count) { return std::inner_product(a, a + count, b, 0.0); }

// a += factor · b
void add(double* a, double factor, const double* b, int64_t count) {
  for (int64_t i = 0; i < count; ++i) a[i] += factor * b[i];
}

// A copy.
Tensor in_doubles(const Tensor& tensor) { return tensor.to(at::kDouble, false, true).contiguous(); }

struct Orthonormal final : semola::Node {
  Tensor weight, rows, lengths;  // in doubles
  Tensor directions;

  std::string name() const override { return "Orthonormal"; }

  variable_list gradients(variable_list of_results) override {
    TORCH_CHECK(!at::GradMode::is_enabled(), "orthonormal rows are differentiable once, not twice");
    const semola::Unrecorded unrecorded;
    const int64_t k = weight.size(0), count = weight.size(1);
    const Tensor& gradient = of_results[0];
    Tensor of_rows = in_doubles(directions.defined() ? at::mm(gradient.reshape({k, -1}), directions.t()) : gradient);
    Tensor result = at::empty_like(weight);
    const double *w = weight.const_data_ptr<double>(), *q = rows.const_data_ptr<double>(), *length = lengths.const_data_ptr<double>();
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
    return {result.to(gradient.scalar_type())};
  }

  void release() override {
    for (Tensor* kept : {&weight, &rows, &lengths, &directions}) kept->reset();
  }
};

Tensor orthonormal(const Tensor& given, const Tensor* directions) {
  Tensor result, weight, rows, lengths, flat;
  {
    const semola::Unrecorded unrecorded;
    weight = in_doubles(given);
    const int64_t k = weight.size(0), count = weight.size(1);
    rows = weight.clone();
    lengths = at::empty({k}, weight.options());
    const double* w = weight.const_data_ptr<double>();
    double *q = rows.mutable_data_ptr<double>(), *length = lengths.mutable_data_ptr<double>();
    for (int64_t i = 0; i < k; ++i) {
      double* row = q + i * count;
      for (int64_t j = 0; j < i; ++j) add(row, -dot(q + j * count, w + i * count, count), q + j * count, count);
      length[i] = std::sqrt(dot(row, row, count));
      for (int64_t c = 0; c < count; ++c) row[c] /= length[i];
    }
    result = rows.to(given.scalar_type(), false, true);
    if (directions) {
      flat = directions->flatten(1);
      auto sizes = directions->sizes().vec();
      sizes[0] = k;
      result = at::mm(result, flat).view(sizes);
    }
  }
  if (semola::compute_requires_grad(given)) {
    auto node = semola::node_of<Orthonormal>(given);
    node->weight = weight;
    node->rows = rows;
    node->lengths = lengths;
    node->directions = flat;
    semola::set_history(result, node);
  }
  return result;
}

}  // namespace

// The rows of `[k, count]`, k at most count and independent, made orthonormal: each becomes the direction of what
// the ones before it leave of it. With directions `[count, …]`, of the same kind and without a gradient, their combinations by these
// rows, `[k, …]`. On the CPU; null where that fails.
extern "C" Tensor* semola_orthonormal(const Tensor* weight, const Tensor* directions) noexcept {
  Tensor* result = nullptr;
  semola::guarded([&] { result = new Tensor(orthonormal(*weight, directions)); });
  return result;
}
