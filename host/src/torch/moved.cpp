// Vectors moved by the matrices of their samples, and the gradient, on the CPU.
//
// A product of a few rows with a small matrix for each sample is what libtorch does one number at a time, or by a call of a
// library for large matrices each. Here the size is known to the compiler.
#include "small.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
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

// Where a field lies: `batch` samples of `rows` vectors, and how often each is moved.
struct Layout {
  int64_t batch, copies, rows;

  int64_t samples() const { return batch * copies; }
  // The field's vectors that sample `sample` of the moved ones comes from, in rows.
  int64_t origin(int64_t sample) const { return sample % batch * rows; }
};

// Each row x of a sample becomes g x.
template <class T, int N>
void move(const Layout& layout, const T* matrices, const T* in, T* out) {
  for_samples(layout.samples(), layout.rows * N * N, [=](int64_t sample) {
    T matrix[N * N];
    std::copy(matrices + sample * N * N, matrices + (sample + 1) * N * N, matrix);
    const T* from = in + layout.origin(sample) * N;
    T* to = out + sample * layout.rows * N;
    for (int64_t row = 0; row < layout.rows; ++row, from += N, to += N) {
      for (int i = 0; i < N; ++i) {
        T sum = 0;
        for (int j = 0; j < N; ++j) sum += matrix[i * N + j] * from[j];
        to[i] = sum;
      }
    }
  });
}

// To the gradient of the fields' rows, gᵀ times that of each row moved.
template <class T, int N>
void move_back(const Layout& layout, const T* matrices, const T* gradients, T* of_x) {
  for_samples(layout.batch, layout.copies * layout.rows * N * N, [=](int64_t origin) {
    for (int64_t sample = origin; sample < layout.samples(); sample += layout.batch) {
      T matrix[N * N];
      std::copy(matrices + sample * N * N, matrices + (sample + 1) * N * N, matrix);
      const T* from = gradients + sample * layout.rows * N;
      T* to = of_x + origin * layout.rows * N;
      for (int64_t row = 0; row < layout.rows; ++row, from += N, to += N)
        for (int i = 0; i < N; ++i)
          for (int j = 0; j < N; ++j) to[j] += matrix[i * N + j] * from[i];
    }
  });
}

// To the gradient of each matrix, Σ over the rows of its sample of (gradient) (x)ᵀ.
template <class T, int N>
void outer(const Layout& layout, const T* gradients, const T* in, T* of_g) {
  for_samples(layout.samples(), layout.rows * N * N, [=](int64_t sample) {
    T sum[N * N] = {};
    const T *a = gradients + sample * layout.rows * N, *b = in + layout.origin(sample) * N;
    for (int64_t row = 0; row < layout.rows; ++row, a += N, b += N)
      for (int i = 0; i < N; ++i)
        for (int j = 0; j < N; ++j) sum[i * N + j] += a[i] * b[j];
    for (int entry = 0; entry < N * N; ++entry) of_g[sample * N * N + entry] += sum[entry];
  });
}

struct Moved : torch::autograd::Function<Moved> {
  static Layout layout(const Tensor& g, const Tensor& x) {
    const int64_t batch = x.size(0), rows = c10::multiply_integers(x.sizes().slice(1)) / g.size(2);
    return {batch, batch ? g.size(0) / batch : 0, rows};
  }

  static variable_list forward(AutogradContext* context, const Tensor& given_g, at::TensorList fields, bool originals) {
    const Tensor g = given_g.contiguous();
    variable_list saved = {g}, results;
    for (const Tensor& field : fields) {
      const Tensor& x = saved.emplace_back(field.contiguous());
      const Layout here = layout(g, x);
      const int64_t kept = originals ? here.batch : 0;
      auto sizes = x.sizes().vec();
      sizes[0] = kept + here.samples();
      Tensor& result = results.emplace_back(at::empty(sizes, x.options()));
      semola::with_type_and_size(g, [&]<class T, int N>() {
        const T* in = x.const_data_ptr<T>();
        T* out = result.mutable_data_ptr<T>();
        if (originals) std::copy(in, in + x.numel(), out);
        move<T, N>(here, g.const_data_ptr<T>(), in, out + kept * here.rows * N);
      });
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["originals"] = originals;
    return results;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& g = saved[0];
    const bool originals = context->saved_data["originals"].toBool();
    if (at::GradMode::is_enabled()) return to_be_differentiated(g, saved, gradients, originals);
    const bool of_g = context->needs_input_grad(0);
    variable_list results(saved.size() + 1);  // of g, of the fields, none of the flag
    if (of_g) results[0] = at::zeros_like(g);
    for (size_t field = 1; field < saved.size(); ++field) {
      const Tensor &x = saved[field], gradient = gradients[field - 1].contiguous();
      const Layout here = layout(g, x);
      const bool of_x = context->needs_input_grad(field);
      if (of_x) results[field] = originals ? gradient.narrow(0, 0, here.batch).clone() : at::zeros_like(x);
      semola::with_type_and_size(g, [&]<class T, int N>() {
        const T* moved = gradient.const_data_ptr<T>() + (originals ? here.batch * here.rows * N : 0);
        if (of_g) outer<T, N>(here, moved, x.const_data_ptr<T>(), results[0].mutable_data_ptr<T>());
        if (of_x) move_back<T, N>(here, g.const_data_ptr<T>(), moved, results[field].mutable_data_ptr<T>());
      });
    }
    return results;
  }

  // The same by operators that have gradients themselves.
  static variable_list to_be_differentiated(const Tensor& g, const variable_list& saved, const variable_list& gradients, bool originals) {
    variable_list results(saved.size() + 1);
    results[0] = at::zeros_like(g);
    for (size_t field = 1; field < saved.size(); ++field) {
      const Tensor &x = saved[field], &gradient = gradients[field - 1];
      const auto [batch, copies, rows] = layout(g, x);
      const int64_t n = g.size(2);
      const Tensor moved = gradient.narrow(0, originals ? batch : 0, batch * copies).reshape({batch * copies, rows, n});
      const Tensor origin = x.reshape({1, batch, rows, n}).expand({copies, batch, rows, n}).reshape({batch * copies, rows, n});
      results[0] = results[0].add(at::bmm(moved.transpose(1, 2), origin));
      results[field] = at::bmm(moved, g).reshape({copies, batch, rows, n}).sum(0).reshape(x.sizes());
      if (originals) results[field] = results[field].add(gradient.narrow(0, 0, batch));
    }
    return results;
  }
};

}  // namespace

// g x for `count` fields x `[batch, …]` of vectors of n numbers, one after the other in memory, and g `[copies · batch, n, n]` with n
// up to 8: `[copies · batch, …]`, copy by copy; with `originals`, behind x itself. All floats or all doubles on the CPU. 0, and
// `results` are the caller's; or -1.
extern "C" int32_t semola_moved(const Tensor* g, const Tensor* const* fields, size_t count, bool originals, Tensor** results) noexcept {
  const bool done = semola::guarded([&] {
    variable_list given;
    for (size_t field = 0; field < count; ++field) given.push_back(*fields[field]);
    variable_list moved = Moved::apply(*g, at::TensorList(given), originals);
    for (size_t field = 0; field < count; ++field) results[field] = new Tensor(std::move(moved[field]));
  });
  return done ? 0 : -1;
}
