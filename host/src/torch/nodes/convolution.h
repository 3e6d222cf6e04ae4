#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <vector>

namespace semola {

// What `aten::conv2d` gives for its arguments, with a gradient that is faster to come by; none if they are not of that kind.
std::optional<at::Tensor> convolution_of_pictures(const std::vector<c10::IValue>& arguments);

}  // namespace semola
