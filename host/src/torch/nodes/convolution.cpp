// Convolutions of pictures whose own gradient is asked for, on the CPU.
//
// oneDNN's kernel for that gradient is made for many channels. For the few of a picture libtorch's own one, a matrix product and a
// sum over windows, takes a half to a sixth of its time.
#include "convolution.h"

#include "node.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_slow_conv2d_backward.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>

namespace {

using at::Tensor;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

constexpr int64_t few = 3;  // channels; with more of them oneDNN is as fast

struct OfPictures final : semola::Node {
  SavedVariable x, weight;
  std::vector<int64_t> stride, padding;

  std::string name() const override { return "ConvolutionOfPictures"; }

  variable_list gradients(variable_list of_results) override {
    const Tensor pictures = x.unpack(), kernel = weight.unpack(), &gradient = of_results[0];
    variable_list results(num_outputs());
    if (task_should_compute_output(0)) {
      const auto window = kernel.sizes().slice(2);
      results[0] = std::get<0>(at::_slow_conv2d_backward(gradient, pictures, kernel, window, stride, padding, {true, false, false}));
    }
    const bool of_kernel = task_should_compute_output(1), of_bias = task_should_compute_output(2);
    if (of_kernel || of_bias) {
      const std::vector<int64_t> biases = {kernel.size(0)}, ones = {1, 1}, zeros = {0, 0};
      std::tie(std::ignore, results[1], results[2]) =
          at::convolution_backward(gradient, pictures, kernel, biases, stride, padding, ones, false, zeros, 1, {false, of_kernel, of_bias});
    }
    return results;
  }

  void release() override {
    x.reset_data();
    weight.reset_data();
  }
};

}  // namespace

namespace semola {

std::optional<Tensor> convolution_of_pictures(const std::vector<c10::IValue>& arguments) {
  const Tensor& x = arguments[0].toTensor();
  if (!x.defined() || !x.is_cpu() || !x.requires_grad() || x.dim() != 4 || x.size(1) > few || x.numel() == 0) return std::nullopt;
  if (!at::GradMode::is_enabled() || at::autocast::is_autocast_enabled(at::kCPU)) return std::nullopt;
  const Tensor& weight = arguments[1].toTensor();
  auto stride = arguments[3].toIntVector(), padding = arguments[4].toIntVector(), dilation = arguments[5].toIntVector();
  if (arguments[6].toInt() != 1 || dilation != std::vector<int64_t>{1, 1} || stride.size() != 2 || padding.size() != 2) return std::nullopt;
  const auto bias = arguments[2].toOptional<Tensor>();
  auto node = node_of<OfPictures>(x, weight, bias);
  node->x = SavedVariable(x, false);
  node->weight = SavedVariable(weight, false);
  node->stride = stride;
  node->padding = padding;
  Tensor y;
  {
    const Unrecorded unrecorded;
    y = at::conv2d(x, weight, bias, stride, padding);
  }
  set_history(y, node);
  return y;
}

}  // namespace semola
