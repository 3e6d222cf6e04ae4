// Exponentials of many small matrices and their gradient, on the CPU.
//
// Products of batches of 3 × 3 matrices cost libtorch more in calls than in arithmetic, and an exponential takes a dozen of them.
// Here a block of matrices goes through the whole series at once, entry by entry, so that the compiler works on all of the block
// in each instruction. Once differentiable, which is all that training asks for.
#include "node.h"
#include "small.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>

namespace {

using at::Tensor;
using torch::autograd::variable_list;

constexpr int64_t lanes = 16;
constexpr int degree = 6;  // of the Taylor polynomial, as in symmetry/exponential.rs
constexpr int64_t grain = 16;  // blocks that are worth a thread

// The same entry of all matrices of a block, side by side.
template <class T, int N>
struct Block {
  T at[N * N][lanes];

  void load(const T* matrices, int64_t count, T factor) {
    for (int entry = 0; entry < N * N; ++entry)
      for (int64_t lane = 0; lane < lanes; ++lane)
        at[entry][lane] = lane < count ? factor * matrices[lane * N * N + entry] : T(0);
  }

  void store(T* matrices, int64_t count) const {
    for (int64_t lane = 0; lane < count; ++lane)
      for (int entry = 0; entry < N * N; ++entry) matrices[lane * N * N + entry] = at[entry][lane];
  }

  // this = weight · a b, or this += it, with a or b transposed.
  template <bool Add = false, bool ATransposed = false, bool BTransposed = false>
  void product(T weight, const Block& a, const Block& b) {
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j) {
        T sum[lanes] = {};
        for (int k = 0; k < N; ++k) {
          const T* x = a.at[ATransposed ? k * N + i : i * N + k];
          const T* y = b.at[BTransposed ? j * N + k : k * N + j];
          for (int64_t lane = 0; lane < lanes; ++lane) sum[lane] += x[lane] * y[lane];
        }
        T* here = at[i * N + j];
        for (int64_t lane = 0; lane < lanes; ++lane) here[lane] = (Add ? here[lane] : T(0)) + weight * sum[lane];
      }
    }
  }

  void add_identity() {
    for (int i = 0; i < N; ++i)
      for (int64_t lane = 0; lane < lanes; ++lane) at[i * N + i][lane] += T(1);
  }

  void scale(T factor) {
    for (auto& entry : at)
      for (int64_t lane = 0; lane < lanes; ++lane) entry[lane] *= factor;
  }
};

int64_t blocks_of(int64_t count) { return (count + lanes - 1) / lanes; }

// What a block leaves for its gradient: a / 2^s; Horner's values of degree 1 to 6; the s squares.
int64_t stages_of(int64_t halvings) { return 1 + degree + halvings; }

template <class T, int N>
void forward(const Tensor& a, int64_t halvings, Tensor& stages, Tensor& result) {
  const int64_t count = a.size(0), each = stages_of(halvings);
  const T* in = a.const_data_ptr<T>();
  T* out = result.mutable_data_ptr<T>();
  auto* kept = reinterpret_cast<Block<T, N>*>(stages.mutable_data_ptr<T>());
  at::parallel_for(0, blocks_of(count), grain, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * lanes, here = std::min(lanes, count - first);
      Block<T, N>* stage = kept + block * each;
      const Block<T, N>& matrix = stage[0];
      stage[0].load(in + first * N * N, here, std::ldexp(T(1), -static_cast<int>(halvings)));
      stage[1] = matrix;
      stage[1].scale(T(1) / degree);
      stage[1].add_identity();
      for (int k = degree - 1; k > 0; --k) {
        Block<T, N>& next = stage[1 + degree - k];
        next.product(T(1) / k, matrix, stage[degree - k]);
        next.add_identity();
      }
      for (int64_t at = 1 + degree; at < each; ++at) stage[at].product(T(1), stage[at - 1], stage[at - 1]);
      stage[each - 1].store(out + first * N * N, here);
    }
  });
}

template <class T, int N>
void backward(const Tensor& gradient, int64_t halvings, const Tensor& stages, Tensor& result) {
  const int64_t count = gradient.size(0), each = stages_of(halvings);
  const T* in = gradient.const_data_ptr<T>();
  T* out = result.mutable_data_ptr<T>();
  const auto* kept = reinterpret_cast<const Block<T, N>*>(stages.const_data_ptr<T>());
  at::parallel_for(0, blocks_of(count), grain, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * lanes, here = std::min(lanes, count - first);
      const Block<T, N>* stage = kept + block * each;
      const Block<T, N>& matrix = stage[0];
      Block<T, N> of_stage, of_last, of_matrix = {};
      of_stage.load(in + first * N * N, here, T(1));
      for (int64_t at = each - 2; at >= degree; --at) {
        of_last.template product<false, false, true>(T(1), of_stage, stage[at]);
        of_last.template product<true, true, false>(T(1), stage[at], of_stage);
        of_stage = of_last;
      }
      for (int k = 1; k < degree; ++k) {
        of_matrix.template product<true, false, true>(T(1) / k, of_stage, stage[degree - k]);
        of_last.template product<false, true, false>(T(1) / k, matrix, of_stage);
        of_stage = of_last;
      }
      for (int entry = 0; entry < N * N; ++entry)
        for (int64_t lane = 0; lane < lanes; ++lane)
          of_matrix.at[entry][lane] += of_stage.at[entry][lane] / degree;
      of_matrix.scale(std::ldexp(T(1), -static_cast<int>(halvings)));
      of_matrix.store(out + first * N * N, here);
    }
  });
}

struct Exponential final : semola::Node {
  Tensor u, stages;
  int64_t halvings = 0;

  std::string name() const override { return "Exponential"; }

  variable_list gradients(variable_list of_results) override {
    TORCH_CHECK(!at::GradMode::is_enabled(), "exponentials of small matrices are differentiable once, not twice");
    const semola::Unrecorded unrecorded;
    const Tensor gradient = of_results[0].contiguous();
    const int64_t n = gradient.size(2);
    Tensor of_a = at::empty({gradient.size(0), n * n}, gradient.options());
    semola::with_type_and_size(gradient, [&]<class T, int N>() { ::backward<T, N>(gradient, halvings, stages, of_a); });
    return {at::mm(u.t(), of_a).view({u.size(1), n, n})};
  }

  void release() override {
    u.reset();
    stages.reset();
  }
};

Tensor exponential(const Tensor& u, const Tensor& generators, int64_t halvings) {
  TORCH_CHECK(!u.requires_grad(), "exponentials of small matrices have no gradient by their coefficients");
  const int64_t batch = u.size(0), n = generators.size(2);
  Tensor result, stages;
  {
    const semola::Unrecorded unrecorded;
    const Tensor a = at::mm(u, generators.reshape({generators.size(0), n * n}));
    result = at::empty({batch, n, n}, a.options());
    stages = at::empty({blocks_of(batch), stages_of(halvings), n * n, lanes}, a.options());
    semola::with_type_and_size(generators, [&]<class T, int N>() { ::forward<T, N>(a, halvings, stages, result); });
  }
  if (semola::compute_requires_grad(generators)) {
    auto node = semola::node_of<Exponential>(generators);
    node->u = u;
    node->stages = stages;
    node->halvings = halvings;
    semola::set_history(result, node);
  }
  return result;
}

}  // namespace

// exp(Σ u_i L_i) for each row of u `[batch, k]` and generators L `[k, n, n]` with n up to 8, floats or doubles on the CPU; null where
// that fails.
extern "C" Tensor* semola_exponential(const Tensor* u, const Tensor* generators, int64_t halvings) noexcept {
  Tensor* result = nullptr;
  semola::guarded([&] { result = new Tensor(exponential(*u, *generators, halvings)); });
  return result;
}
