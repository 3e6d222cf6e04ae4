// Convolutions of pictures whose own gradient is asked for, on the CPU.
//
// oneDNN's kernel for that gradient is made for many channels. For the few of a picture libtorch's own one, a matrix product and a
// sum over windows, takes a half to a sixth of its time.
#include "convolution.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_slow_conv2d_backward.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t few = 3;  // channels; with more of them oneDNN is as fast

struct OfPictures : torch::autograd::Function<OfPictures> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                        at::IntArrayRef stride, at::IntArrayRef padding) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["bias"] = bias.has_value();
    return at::conv2d(x, weight, bias, stride, padding);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &gradient = gradients[0];
    const std::vector<int64_t> stride = context->saved_data["stride"].toIntVector();
    const std::vector<int64_t> padding = context->saved_data["padding"].toIntVector();
    variable_list results(5);  // of x, weight and bias, none of the numbers
    if (context->needs_input_grad(0)) {
      results[0] = std::get<0>(at::_slow_conv2d_backward(gradient, x, weight, weight.sizes().slice(2), stride, padding, {true, false, false}));
    }
    const bool of_weight = context->needs_input_grad(1);
    const bool of_bias = context->saved_data["bias"].toBool() && context->needs_input_grad(2);
    if (of_weight || of_bias) {
      const std::vector<int64_t> biases = {weight.size(0)}, ones = {1, 1}, zeros = {0, 0};
      std::tie(std::ignore, results[1], results[2]) =
          at::convolution_backward(gradient, x, weight, biases, stride, padding, ones, false, zeros, 1, {false, of_weight, of_bias});
    }
    return results;
  }
};

}  // namespace

namespace semola {

std::optional<Tensor> convolution_of_pictures(const std::vector<c10::IValue>& arguments) {
  const Tensor& x = arguments[0].toTensor();
  if (!x.defined() || !x.is_cpu() || !x.requires_grad() || x.dim() != 4 || x.size(1) > few || x.numel() == 0) return std::nullopt;
  if (!at::GradMode::is_enabled() || at::autocast::is_autocast_enabled(at::kCPU)) return std::nullopt;
  const Tensor& weight = arguments[1].toTensor();
  const auto stride = arguments[3].toIntVector(), padding = arguments[4].toIntVector(), dilation = arguments[5].toIntVector();
  if (arguments[6].toInt() != 1 || dilation != std::vector<int64_t>{1, 1} || stride.size() != 2 || padding.size() != 2) return std::nullopt;
  const auto bias = arguments[2].toOptional<Tensor>();
  return OfPictures::apply(x, weight, bias, stride, padding);
}

}  // namespace semola
