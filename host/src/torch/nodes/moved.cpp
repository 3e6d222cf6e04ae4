// Vectors moved by the matrices of their samples, and the gradient, on the CPU.
//
// A product of a few rows with a small matrix for each sample is what libtorch does one number at a time, or by a call of a
// library for large matrices each. Here the size is known to the compiler.
#include "node.h"
#include "small.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <vector>

namespace {

using at::Tensor;
using torch::autograd::SavedVariable;
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

struct Moved final : semola::Node {
  SavedVariable g;
  std::vector<SavedVariable> fields;
  bool originals = false;

  std::string name() const override { return "Moved"; }

  static Layout layout(const Tensor& g, const Tensor& x) {
    const int64_t batch = x.size(0), rows = c10::multiply_integers(x.sizes().slice(1)) / g.size(2);
    return {batch, batch ? g.size(0) / batch : 0, rows};
  }

  variable_list gradients(variable_list of_results) override {
    const Tensor matrices = g.unpack();
    if (at::GradMode::is_enabled()) return to_be_differentiated(matrices, of_results);
    const semola::Unrecorded unrecorded;
    const bool of_g = task_should_compute_output(0);
    variable_list results(1 + fields.size());
    if (of_g) results[0] = at::zeros_like(matrices);
    for (size_t field = 0; field < fields.size(); ++field) {
      if (!of_results[field].defined()) continue;
      const Tensor x = fields[field].unpack(), gradient = of_results[field].contiguous();
      const Layout here = layout(matrices, x);
      const bool of_x = task_should_compute_output(1 + field);
      Tensor& result = results[1 + field];
      if (of_x) result = originals ? gradient.narrow(0, 0, here.batch).clone() : at::zeros_like(x);
      semola::with_type_and_size(matrices, [&]<class T, int N>() {
        const T* moved = gradient.const_data_ptr<T>() + (originals ? here.batch * here.rows * N : 0);
        if (of_g) outer<T, N>(here, moved, x.const_data_ptr<T>(), results[0].mutable_data_ptr<T>());
        if (of_x) move_back<T, N>(here, matrices.const_data_ptr<T>(), moved, result.mutable_data_ptr<T>());
      });
    }
    return results;
  }

  // The same by operators that have gradients themselves.
  variable_list to_be_differentiated(const Tensor& matrices, const variable_list& of_results) {
    variable_list results(1 + fields.size());
    results[0] = at::zeros_like(matrices);
    for (size_t field = 0; field < fields.size(); ++field) {
      const Tensor x = fields[field].unpack(), &gradient = of_results[field];
      if (!gradient.defined()) continue;
      const auto [batch, copies, rows] = layout(matrices, x);
      const int64_t n = matrices.size(2);
      const Tensor moved = gradient.narrow(0, originals ? batch : 0, batch * copies).reshape({batch * copies, rows, n});
      const Tensor origin = x.reshape({1, batch, rows, n}).expand({copies, batch, rows, n}).reshape({batch * copies, rows, n});
      results[0] = results[0].add(at::bmm(moved.transpose(1, 2), origin));
      Tensor& result = results[1 + field];
      result = at::bmm(moved, matrices).reshape({copies, batch, rows, n}).sum(0).reshape(x.sizes());
      if (originals) result = result.add(gradient.narrow(0, 0, batch));
    }
    return results;
  }

  void release() override {
    g.reset_data();
    fields.clear();
  }
};

variable_list moved(const Tensor& given_g, variable_list fields, bool originals) {
  const Tensor g = given_g.contiguous();
  variable_list results;
  for (Tensor& x : fields) {
    x = x.contiguous();
    const Layout here = Moved::layout(g, x);
    const int64_t kept = originals ? here.batch : 0;
    auto sizes = x.sizes().vec();
    sizes[0] = kept + here.samples();
    const semola::Unrecorded unrecorded;
    Tensor& result = results.emplace_back(at::empty(sizes, x.options()));
    semola::with_type_and_size(g, [&]<class T, int N>() {
      const T* in = x.const_data_ptr<T>();
      T* out = result.mutable_data_ptr<T>();
      if (originals) std::copy(in, in + x.numel(), out);
      move<T, N>(here, g.const_data_ptr<T>(), in, out + kept * here.rows * N);
    });
  }
  if (semola::compute_requires_grad(g, fields)) {
    auto node = semola::node_of<Moved>(g, fields);
    node->g = SavedVariable(g, false);
    for (const Tensor& x : fields) node->fields.emplace_back(x, false);
    node->originals = originals;
    semola::set_history(results, node);
  }
  return results;
}

}  // namespace

// g x for `count` fields x `[batch, …]` of vectors of n numbers, one after the other in memory, and g `[copies · batch, n, n]` with n
// up to 8: `[copies · batch, …]`, copy by copy; with `originals`, behind x itself. All floats or all doubles on the CPU. 0, and
// `results` are the caller's; or -1.
extern "C" int32_t semola_moved(const Tensor* g, const Tensor* const* fields, size_t count, bool originals, Tensor** results) noexcept {
  const bool done = semola::guarded([&] {
    variable_list given;
    for (size_t field = 0; field < count; ++field) given.push_back(*fields[field]);
    variable_list made = moved(*g, std::move(given), originals);
    for (size_t field = 0; field < count; ++field) results[field] = new Tensor(std::move(made[field]));
  });
  return done ? 0 : -1;
}
