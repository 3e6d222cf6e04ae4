// What the operators on many small matrices share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>

struct Text {
  const char* data;
  size_t size;
};

extern "C" void semola_set_error(Text text);

namespace semola {

// Calls `body` with the type and the size as constants.
template <class T, class Body>
void with_size(int64_t n, Body&& body) {
  switch (n) {
    case 1: return body.template operator()<T, 1>();
    case 2: return body.template operator()<T, 2>();
    case 3: return body.template operator()<T, 3>();
    case 4: return body.template operator()<T, 4>();
    case 5: return body.template operator()<T, 5>();
    case 6: return body.template operator()<T, 6>();
    case 7: return body.template operator()<T, 7>();
    case 8: return body.template operator()<T, 8>();
    default: TORCH_CHECK(false, "matrices of ", n, " rows are not small");
  }
}

// For floats or doubles `[batch, n, n]`.
template <class Body>
void with_type_and_size(const at::Tensor& matrices, Body&& body) {
  const int64_t n = matrices.size(2);
  matrices.scalar_type() == at::kDouble ? with_size<double>(n, body) : with_size<float>(n, body);
}

// Whether `body` came to its end; if not, the error's text lies where it is asked for.
template <class Body>
bool guarded(Body&& body) noexcept {
  try {
    body();
    return true;
  } catch (const std::exception& error) {
    const std::string message = error.what();
    semola_set_error({message.data(), message.size()});
    return false;
  }
}

}  // namespace semola
