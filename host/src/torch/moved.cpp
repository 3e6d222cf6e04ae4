// Vectors moved by the matrices of their samples, and the gradient, on the CPU.
//
// A product of a few rows with a small matrix for each sample is what libtorch does one number at a time, or by a call of a
// library for large matrices each. Here the size is known to the compiler.
#include "small.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t grain = 1 << 15;  // products that are worth a thread

// Calls `body(sample)` for all of them.
template <class Body>
void for_samples(int64_t samples, int64_t products, Body&& body) {
  at::parallel_for(0, samples, std::max<int64_t>(1, grain / std::max<int64_t>(1, products)), [&](int64_t begin, int64_t end) {
    for (int64_t sample = begin; sample < end; ++sample) body(sample);
  });
}

// Each row x of a sample becomes g x, or gᵀ x.
template <class T, int N, bool Transposed>
void move(const Tensor& g, const Tensor& x, Tensor& result) {
  const int64_t rows = x.size(1);
  const T *matrices = g.const_data_ptr<T>(), *in = x.const_data_ptr<T>();
  T* out = result.mutable_data_ptr<T>();
  for_samples(x.size(0), rows * N * N, [=](int64_t sample) {
    T matrix[N][N];
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) matrix[i][j] = matrices[sample * N * N + (Transposed ? j * N + i : i * N + j)];
    const T* from = in + sample * rows * N;
    T* to = out + sample * rows * N;
    for (int64_t row = 0; row < rows; ++row, from += N, to += N) {
      for (int i = 0; i < N; ++i) {
        T sum = 0;
        for (int j = 0; j < N; ++j) sum += matrix[i][j] * from[j];
        to[i] = sum;
      }
    }
  });
}

// Σ over the rows of a sample of (gradient) (x)ᵀ.
template <class T, int N>
void outer(const Tensor& gradient, const Tensor& x, Tensor& result) {
  const int64_t rows = x.size(1);
  const T *left = gradient.const_data_ptr<T>(), *right = x.const_data_ptr<T>();
  T* out = result.mutable_data_ptr<T>();
  for_samples(x.size(0), rows * N * N, [=](int64_t sample) {
    T sum[N][N] = {};
    const T *a = left + sample * rows * N, *b = right + sample * rows * N;
    for (int64_t row = 0; row < rows; ++row, a += N, b += N)
      for (int i = 0; i < N; ++i)
        for (int j = 0; j < N; ++j) sum[i][j] += a[i] * b[j];
    std::copy(&sum[0][0], &sum[0][0] + N * N, out + sample * N * N);
  });
}

struct Moved : torch::autograd::Function<Moved> {
  static Tensor forward(AutogradContext* context, const Tensor& given_g, const Tensor& given_x) {
    const Tensor g = given_g.contiguous(), x = given_x.contiguous();
    Tensor result = at::empty_like(x);
    semola::with_type_and_size(g, [&]<class T, int N>() { move<T, N, false>(g, x, result); });
    context->save_for_backward({g, x});
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &g = saved[0], &x = saved[1], gradient = gradients[0].contiguous();
    const bool of_g = context->needs_input_grad(0), of_x = context->needs_input_grad(1);
    if (at::GradMode::is_enabled()) {  // the gradient is to be differentiated, too
      return {of_g ? at::bmm(gradient.transpose(1, 2), x) : Tensor(), of_x ? at::bmm(gradient, g) : Tensor()};
    }
    Tensor to_g = of_g ? at::empty_like(g) : Tensor(), to_x = of_x ? at::empty_like(x) : Tensor();
    semola::with_type_and_size(g, [&]<class T, int N>() {
      if (of_g) outer<T, N>(gradient, x, to_g);
      if (of_x) move<T, N, true>(g, gradient, to_x);
    });
    return {to_g, to_x};
  }
};

}  // namespace

// g x for the tch tensors g `[batch, n, n]` with n up to 8 and x `[batch, rows, n]`, both floats or both doubles on the CPU.
extern "C" Tensor* semola_moved(const Tensor* g, const Tensor* x) noexcept {
  return semola::guarded([&] { return Moved::apply(*g, *x); });
}
