// Nodes of the graph of gradients, as the host's own operators have them: with less around each than torch::autograd::Function has,
// which would cost more than the arithmetic of small operators.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace semola {

// While it lives, operators of this thread leave nothing in the graph and ask nobody whether they should.
using Unrecorded = at::AutoDispatchBelowADInplaceOrView;

struct Node : torch::autograd::Node {
  // Of the sources, from those of the results, of which one at least is defined; undefined where nobody asks for it
  // (`task_should_compute_output`).
  virtual torch::autograd::variable_list gradients(torch::autograd::variable_list of_results) = 0;
  // Lets go of what was kept.
  virtual void release() = 0;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& of_results) final {
    const std::lock_guard<std::mutex> lock(mutex_);
    TORCH_CHECK(!released_, torch::autograd::ERR_BACKWARD_TWICE);
    const auto defined = [](const at::Tensor& gradient) { return gradient.defined(); };
    if (std::none_of(of_results.begin(), of_results.end(), defined)) return torch::autograd::variable_list(num_outputs());
    return gradients(std::move(of_results));
  }

  void release_variables() final {
    const std::lock_guard<std::mutex> lock(mutex_);
    released_ = true;
    release();
  }

 private:
  bool released_ = false;
};

// A node between what something was made of and the result, which `set_history` is told afterwards.
template <class N, class... Sources>
c10::intrusive_ptr<N> node_of(const Sources&... sources) {
  auto node = c10::make_intrusive<N>();
  node->set_next_edges(torch::autograd::collect_next_edges(sources...));
  return node;
}

using torch::autograd::compute_requires_grad;
using torch::autograd::set_history;

}  // namespace semola
