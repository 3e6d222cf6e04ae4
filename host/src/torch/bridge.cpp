// Operators of libtorch's dispatcher, called with the values of the plugin ABI.
//
// Mirrors semola_plugin_api::abi (Value, tag, TensorMeta). A handle is a `c10::TensorImpl*` that owns one
// reference; 0 is "no tensor". No exception leaves this file: functions return a negative status and keep
// the message for `semola_last_error`.
#include "nodes/convolution.h"
#include "nodes/layer.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>
#include <c10/util/OptionalArrayRef.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace {

using at::Tensor;
using c10::IValue;
using c10::TypeKind;

// ---- the ABI's records -------------------------------------------------------------------------------

struct Value {
  uint32_t tag;
  uint32_t len;
  uint64_t bits;
};

enum Tag : uint32_t { Default, None, TensorTag, I64, F64, Bool, DType, Device, Str, Ints, Floats, Bools, Tensors };

const char* const tag_names[] = {"default", "none",   "tensor", "int",     "float",  "bool",    "dtype",
                                 "device",  "string", "int[]",  "float[]", "bool[]", "tensor[]"};

struct TensorMeta {
  uint8_t dtype;
  uint8_t device_type;
  int16_t device_index;
  uint32_t ndim;
  const int64_t* sizes;
  uint64_t flags;
};

struct Text {
  const char* data;
  size_t size;
  std::string str() const { return {data, size}; }
};

// ---- errors ------------------------------------------------------------------------------------------

thread_local std::string last_error;

template <class Body>
int32_t guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "unknown C++ exception";
  }
  return -1;
}

// ---- handles -----------------------------------------------------------------------------------------

Tensor share(uint64_t handle) {  // one reference more
  if (!handle) return {};
  auto* impl = reinterpret_cast<c10::TensorImpl*>(handle);
  return Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(impl));
}

uint64_t give(Tensor&& tensor) {  // hands the reference over
  return tensor.defined() ? reinterpret_cast<uint64_t>(tensor.unsafeReleaseTensorImpl()) : 0;
}

// A tensor argument without reference counting: at::Tensor is one TensorImpl*.
struct Borrowed {
  Tensor tensor;
  explicit Borrowed(const Value& value)
      : tensor(c10::MaybeOwnedTraits<Tensor>::createBorrow(*reinterpret_cast<const Tensor*>(&value.bits))) {}
  Borrowed(const Borrowed&) = delete;
  ~Borrowed() { c10::MaybeOwnedTraits<Tensor>::destroyBorrow(tensor); }
};

double as_double(uint64_t bits) {
  double number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

// ---- operators ---------------------------------------------------------------------------------------

using Unary = Tensor(const Tensor&);
using Binary = Tensor(const Tensor&, const Tensor&);
using BinaryScaled = Tensor(const Tensor&, const Tensor&, const at::Scalar&);      // add, sub
using Shaped = Tensor(const Tensor&, c10::SymIntArrayRef);                         // reshape, view, permute
using Affine = Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&);  // linear
using Reduced = Tensor(const Tensor&, at::OptionalIntArrayRef, bool, std::optional<at::ScalarType>);  // sum, mean over axes

bool is_int(TypeKind kind) { return kind == TypeKind::IntType || kind == TypeKind::SymIntType; }

struct Argument {
  TypeKind kind = TypeKind::AnyType;
  TypeKind element = TypeKind::AnyType;
  bool optional = false;
  bool element_optional = false;
  int32_t fixed_length = 0;
  bool has_default = false;
  IValue fallback;
};

struct Operator {
  c10::OperatorHandle handle;
  std::vector<Argument> arguments;
  size_t results = 0;
  std::optional<c10::TypedOperatorHandle<Unary>> unary;
  std::optional<c10::TypedOperatorHandle<Binary>> binary;
  std::optional<c10::TypedOperatorHandle<BinaryScaled>> binary_scaled;
  std::optional<c10::TypedOperatorHandle<Shaped>> shaped;
  std::optional<c10::TypedOperatorHandle<Affine>> affine;
  std::optional<c10::TypedOperatorHandle<Reduced>> reduced;
  // What the host answers in nodes of its own: conv2d of pictures, linear, an activation behind it.
  bool convolution = false;
  bool linear = false;
  const semola::Activation* activation = nullptr;

  const std::string& name() const { return handle.schema().name(); }
};

Argument describe(const c10::Argument& from) {
  Argument argument;
  c10::TypePtr type = from.type();
  if (type->kind() == TypeKind::OptionalType) {
    argument.optional = true;
    type = type->expectRef<c10::OptionalType>().getElementType();
  }
  argument.kind = type->kind();
  if (argument.kind == TypeKind::ListType) {
    c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
    if (element->kind() == TypeKind::OptionalType) {
      argument.element_optional = true;
      element = element->expectRef<c10::OptionalType>().getElementType();
    }
    argument.element = element->kind();
  }
  argument.fixed_length = from.N().value_or(0);
  if (from.default_value()) {
    argument.has_default = true;
    argument.fallback = *from.default_value();
  }
  return argument;
}

// Typed handles skip boxing. `typed<>` verifies the kernel's C++ signature and throws where the guess from
// the schema is wrong; such an operator is called boxed.
void find_fast_path(Operator& op) {
  const auto& schema = op.handle.schema();
  const auto& arguments = op.arguments;
  const auto& returns = schema.returns();
  auto tensor = [&](size_t i) { return arguments[i].kind == TypeKind::TensorType && !arguments[i].optional; };
  if (arguments.empty() || !tensor(0) || schema.is_mutable()) return;
  if (returns.size() != 1 || returns[0].type()->kind() != TypeKind::TensorType) return;
  auto list = [&](size_t i) {
    return arguments[i].kind == TypeKind::ListType && schema.arguments()[i].real_type()->str() == "SymInt[]";
  };
  try {
    if (arguments.size() == 2 && list(1)) {
      op.shaped = op.handle.typed<Shaped>();
      return;
    }
    if (returns[0].alias_info()) return;
    if (arguments.size() == 1) {
      op.unary = op.handle.typed<Unary>();
    } else if (arguments.size() == 2 && tensor(1)) {
      op.binary = op.handle.typed<Binary>();
    } else if (arguments.size() == 3 && tensor(1) && arguments[2].kind == TypeKind::NumberType && arguments[2].has_default) {
      op.binary_scaled = op.handle.typed<BinaryScaled>();
    } else if (arguments.size() == 3 && tensor(1) && arguments[2].kind == TypeKind::TensorType && arguments[2].optional) {
      op.affine = op.handle.typed<Affine>();
    } else if (arguments.size() == 4 && is_int(arguments[1].element) && arguments[2].kind == TypeKind::BoolType && arguments[3].optional) {
      op.reduced = op.handle.typed<Reduced>();
    }
  } catch (...) {
  }
}

std::unique_ptr<Operator> find(const std::string& name, const std::string& overload) {
  auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  const std::string full = overload.empty() ? name : name + "." + overload;
  if (!handle) throw std::invalid_argument("this libtorch has no operator " + full);
  const auto& schema = handle->schema();
  if (schema.is_vararg() || schema.is_varret()) throw std::invalid_argument("operator " + full + " takes or returns a variable number of values, which plugins cannot call");
  auto op = std::make_unique<Operator>(Operator{*handle});
  for (const auto& argument : schema.arguments()) op->arguments.push_back(describe(argument));
  op->results = schema.returns().size();
  op->convolution = full == "aten::conv2d";
  op->linear = full == "aten::linear";
  op->activation = semola::activation_of(full);
  find_fast_path(*op);
  return op;
}

// ---- values in ---------------------------------------------------------------------------------------

[[noreturn]] void mismatch(const Operator& op, size_t i, const Value& value) {
  const auto& argument = op.handle.schema().arguments()[i];
  const std::string found = value.tag < std::size(tag_names) ? tag_names[value.tag] : "unknown tag " + std::to_string(value.tag);
  throw std::invalid_argument(op.name() + ": argument " + std::to_string(i) + " '" + argument.name() + "' expects " +
                              argument.type()->annotation_str() + ", got " + found);
}

// A list of integers costs two allocations. One is kept for the next call, if whoever it was handed to has let go of it.
IValue ints_in(at::IntArrayRef numbers) {
  static thread_local c10::List<int64_t> spare;
  if (spare.use_count() != 1) return numbers;
  spare.clear();
  for (const int64_t number : numbers) spare.push_back(number);
  return spare;
}

IValue list_in(const Operator& op, size_t i, const Value& value) {
  const Argument& argument = op.arguments[i];
  if (value.tag == Tensors) {
    const auto* handles = reinterpret_cast<const uint64_t*>(value.bits);
    if (argument.element != TypeKind::TensorType) mismatch(op, i, value);
    if (argument.element_optional) {
      c10::List<std::optional<Tensor>> list;
      list.reserve(value.len);
      for (uint32_t k = 0; k < value.len; ++k) list.push_back(handles[k] ? std::optional<Tensor>(share(handles[k])) : std::nullopt);
      return list;
    }
    c10::List<Tensor> list;
    list.reserve(value.len);
    for (uint32_t k = 0; k < value.len; ++k) {
      if (!handles[k]) mismatch(op, i, value);
      list.push_back(share(handles[k]));
    }
    return list;
  }
  if (is_int(argument.element)) {
    if (value.tag == Ints) return ints_in(at::IntArrayRef(reinterpret_cast<const int64_t*>(value.bits), value.len));
    if (value.tag == I64 && argument.fixed_length > 0) return IValue(std::vector<int64_t>(argument.fixed_length, static_cast<int64_t>(value.bits)));
  }
  if (argument.element == TypeKind::FloatType && value.tag == Floats) {
    return IValue(at::ArrayRef<double>(reinterpret_cast<const double*>(value.bits), value.len));
  }
  if (argument.element == TypeKind::BoolType && value.tag == Bools) {
    const auto* flags = reinterpret_cast<const uint8_t*>(value.bits);
    c10::List<bool> list;
    list.reserve(value.len);
    for (uint32_t k = 0; k < value.len; ++k) list.push_back(flags[k] != 0);
    return list;
  }
  if (argument.element == TypeKind::NumberType && (value.tag == Ints || value.tag == Floats)) {
    const auto* words = reinterpret_cast<const uint64_t*>(value.bits);
    c10::List<at::Scalar> list;
    list.reserve(value.len);
    for (uint32_t k = 0; k < value.len; ++k) {
      list.push_back(value.tag == Ints ? at::Scalar(static_cast<int64_t>(words[k])) : at::Scalar(as_double(words[k])));
    }
    return list;
  }
  mismatch(op, i, value);
}

IValue value_in(const Operator& op, size_t i, const Value& value) {
  const Argument& argument = op.arguments[i];
  const TypeKind kind = argument.kind;
  switch (value.tag) {
    case Default:
      if (argument.has_default) return argument.fallback;
      if (argument.optional) return {};
      break;
    case None:
      if (argument.optional) return {};
      break;
    case TensorTag:
      if (kind != TypeKind::TensorType) break;
      if (value.bits) return share(value.bits);
      if (argument.optional) return {};
      break;
    case I64: {
      const auto number = static_cast<int64_t>(value.bits);
      if (is_int(kind) || kind == TypeKind::NumberType) return number;
      if (kind == TypeKind::FloatType) return static_cast<double>(number);
      if (kind == TypeKind::ListType) return list_in(op, i, value);
      break;
    }
    case F64:
      if (kind == TypeKind::FloatType || kind == TypeKind::NumberType) return as_double(value.bits);
      break;
    case Bool:
      if (kind == TypeKind::BoolType || kind == TypeKind::NumberType) return value.bits != 0;
      break;
    case DType:
      if (kind == TypeKind::IntType || kind == TypeKind::ScalarTypeType) return static_cast<int64_t>(value.bits);
      break;
    case Device:
      if (kind == TypeKind::DeviceObjType) {
        return c10::Device(static_cast<c10::DeviceType>(value.bits & 0xff), static_cast<c10::DeviceIndex>(value.bits >> 8));
      }
      break;
    case Str:
      if (kind == TypeKind::StringType) return std::string(reinterpret_cast<const char*>(value.bits), value.len);
      break;
    default:
      if (value.tag <= Tensors && kind == TypeKind::ListType) return list_in(op, i, value);
  }
  mismatch(op, i, value);
}

// ---- values out --------------------------------------------------------------------------------------

template <class T>
Value array_out(Tag tag, size_t count, T&& element) {
  auto* words = static_cast<uint64_t*>(std::malloc(8 * (count + 1)));
  if (!words) throw std::bad_alloc();
  for (size_t k = 0; k < count; ++k) words[k] = element(k);
  return {tag, static_cast<uint32_t>(count), reinterpret_cast<uint64_t>(words)};
}

Value value_out(IValue&& result) {
  if (result.isTensor()) return {TensorTag, 0, give(std::move(result).toTensor())};
  if (result.isNone()) return {None, 0, 0};
  if (result.isInt()) return {I64, 0, static_cast<uint64_t>(result.toInt())};
  if (result.isBool()) return {Bool, 0, result.toBool()};
  if (result.isDouble()) {
    Value value{F64, 0, 0};
    const double number = result.toDouble();
    std::memcpy(&value.bits, &number, sizeof number);
    return value;
  }
  if (result.isTensorList()) {
    auto tensors = std::move(result).toTensorVector();
    return array_out(Tensors, tensors.size(), [&](size_t k) { return give(std::move(tensors[k])); });
  }
  if (result.isIntList()) {
    const auto numbers = result.toIntVector();
    return array_out(Ints, numbers.size(), [&](size_t k) { return static_cast<uint64_t>(numbers[k]); });
  }
  throw std::invalid_argument("results of type " + result.tagKind() + " cannot cross the plugin boundary");
}

void release(const Value& value) {
  if (value.tag == TensorTag && value.bits) c10::raw::intrusive_ptr::decref(reinterpret_cast<c10::TensorImpl*>(value.bits));
  if (value.tag == Tensors) {
    const auto* handles = reinterpret_cast<const uint64_t*>(value.bits);
    for (uint32_t k = 0; k < value.len; ++k) release({TensorTag, 0, handles[k]});
  }
  if (value.tag >= Ints) std::free(reinterpret_cast<void*>(value.bits));
}

// ---- calls -------------------------------------------------------------------------------------------

// The stack keeps its capacity between calls; a nested call (an operator that calls back) gets its own.
struct Stack {
  torch::jit::Stack values;
  Stack() { values.swap(spare()); }
  ~Stack() {
    values.clear();
    values.swap(spare());
  }
  static torch::jit::Stack& spare() {
    static thread_local torch::jit::Stack stack;
    return stack;
  }
};

int32_t call_boxed(const Operator& op, const Value* arguments, uint32_t count, Value* results) {
  Stack stack;
  for (uint32_t i = 0; i < count; ++i) stack.values.push_back(value_in(op, i, arguments[i]));
  for (size_t i = count; i < op.arguments.size(); ++i) {
    const Argument& argument = op.arguments[i];
    if (!argument.has_default && !argument.optional) {
      throw std::invalid_argument(op.name() + ": argument '" + op.handle.schema().arguments()[i].name() + "' is missing");
    }
    stack.values.push_back(argument.has_default ? argument.fallback : IValue());
  }
  if (op.convolution) {
    if (auto result = semola::convolution_of_pictures(stack.values)) {
      results[0] = value_out(std::move(*result));
      return 1;
    }
  }
  op.handle.callBoxed(stack.values);
  size_t written = 0;
  try {
    for (; written < stack.values.size(); ++written) results[written] = value_out(std::move(stack.values[written]));
  } catch (...) {
    while (written > 0) release(results[--written]);
    throw;
  }
  return static_cast<int32_t>(written);
}

int32_t call(const Operator& op, const Value* arguments, uint32_t count, Value* results, uint32_t capacity) {
  if (count > op.arguments.size()) {
    throw std::invalid_argument(op.name() + ": takes at most " + std::to_string(op.arguments.size()) + " arguments, got " + std::to_string(count));
  }
  if (op.results > capacity) {
    throw std::invalid_argument(op.name() + ": returns " + std::to_string(op.results) + " values, the caller has room for " + std::to_string(capacity));
  }
  auto tensor = [&](uint32_t i) { return arguments[i].tag == TensorTag && arguments[i].bits; };
  auto one = [&](Tensor&& result) {
    results[0] = {TensorTag, 0, give(std::move(result))};
    return 1;
  };
  if (count > 0 && tensor(0)) {
    if (op.activation && count == 1) {
      Borrowed x(arguments[0]);
      if (auto result = semola::activated_layer(*op.activation, x.tensor)) return one(std::move(*result));
    }
    if (op.unary && count == 1) {
      Borrowed x(arguments[0]);
      return one(op.unary->call(x.tensor));
    }
    if (op.binary && count == 2 && tensor(1)) {
      Borrowed x(arguments[0]), y(arguments[1]);
      return one(op.binary->call(x.tensor, y.tensor));
    }
    if (op.binary_scaled && count == 2 && tensor(1)) {
      Borrowed x(arguments[0]), y(arguments[1]);
      return one(op.binary_scaled->call(x.tensor, y.tensor, 1));
    }
    if (op.shaped && count == 2 && arguments[1].tag == Ints) {
      Borrowed x(arguments[0]);
      const at::IntArrayRef sizes(reinterpret_cast<const int64_t*>(arguments[1].bits), arguments[1].len);
      return one(op.shaped->call(x.tensor, c10::fromIntArrayRefSlow(sizes)));
    }
    if (op.reduced && count == 3 && arguments[1].tag == Ints && arguments[2].tag == Bool) {
      Borrowed x(arguments[0]);
      const at::IntArrayRef axes(reinterpret_cast<const int64_t*>(arguments[1].bits), arguments[1].len);
      return one(op.reduced->call(x.tensor, axes, arguments[2].bits != 0, std::nullopt));
    }
    if (op.affine && count == 3 && tensor(1) && (tensor(2) || arguments[2].tag == None)) {
      Borrowed x(arguments[0]), weight(arguments[1]);
      const std::optional<Tensor> bias = tensor(2) ? std::optional<Tensor>(share(arguments[2].bits)) : std::nullopt;
      if (op.linear) {
        if (auto result = semola::linear_layer(x.tensor, weight.tensor, bias)) return one(std::move(*result));
      }
      return one(op.affine->call(x.tensor, weight.tensor, bias));
    }
  }
  return call_boxed(op, arguments, count, results);
}

}  // namespace

extern "C" {

int32_t semola_op_lookup(Text name, Text overload, uint64_t* id) {
  return guarded([&] {
    // An id stays valid for the life of the process, so operators are never freed.
    static std::mutex mutex;
    static std::map<std::pair<std::string, std::string>, std::unique_ptr<Operator>> known;
    const std::lock_guard<std::mutex> lock(mutex);
    auto& op = known[{name.str(), overload.str()}];
    if (!op) op = find(name.str(), overload.str());
    *id = reinterpret_cast<uint64_t>(op.get());
    return 0;
  });
}

int32_t semola_op_call(uint64_t id, const Value* arguments, uint32_t count, Value* results, uint32_t capacity) {
  return guarded([&] { return call(*reinterpret_cast<const Operator*>(id), arguments, count, results, capacity); });
}

void semola_list_free(Value list) { std::free(reinterpret_cast<void*>(list.bits)); }

Text semola_last_error() { return {last_error.data(), last_error.size()}; }

void semola_set_error(Text text) { last_error.assign(text.data, text.size); }

uint64_t semola_tensor_clone(uint64_t handle) {
  if (handle) c10::raw::intrusive_ptr::incref(reinterpret_cast<c10::TensorImpl*>(handle));
  return handle;
}

void semola_tensor_drop(uint64_t handle) {
  if (handle) c10::raw::intrusive_ptr::decref(reinterpret_cast<c10::TensorImpl*>(handle));
}

void semola_tensor_meta(uint64_t handle, TensorMeta* meta) {
  *meta = {};
  if (!handle) return;
  auto* impl = reinterpret_cast<c10::TensorImpl*>(handle);
  const auto device = impl->device();
  const auto sizes = impl->sizes();
  meta->dtype = static_cast<uint8_t>(c10::typeMetaToScalarType(impl->dtype()));
  meta->device_type = static_cast<uint8_t>(device.type());
  meta->device_index = static_cast<int16_t>(device.index());
  meta->ndim = static_cast<uint32_t>(sizes.size());
  meta->sizes = sizes.data();
  meta->flags = impl->requires_grad() ? 1 : 0;
}

bool semola_grad_mode(bool enabled) {
  const bool previous = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled);
  return previous;
}

bool semola_grad_enabled() { return c10::GradMode::is_enabled(); }

// Opens libtorch's CUDA library, whose kernels register themselves: the linker drops it, for nothing here names one of its
// functions. 0: open, 1: this libtorch has none, -1: it cannot be opened. libtorch asks once whether there is CUDA and keeps
// the answer, so this comes before the first question.
int32_t semola_open_cuda() {
  const char* const name = "libtorch_cuda.so";
  if (dlopen(name, RTLD_NOW | RTLD_GLOBAL)) return 0;
  const char* const problem = dlerror();
  last_error = problem ? problem : "unknown problem";
  return last_error.rfind(std::string(name) + ": cannot open", 0) == 0 ? 1 : -1;
}

// Whether operators of this thread compute in bfloat16 where little is lost by it; what it was before.
bool semola_autocast(bool cuda, bool enabled) {
  const auto device = cuda ? at::kCUDA : at::kCPU;
  const bool previous = at::autocast::is_autocast_enabled(device);
  // Copies of parameters that have changed by the next time.
  if (!enabled) at::autocast::clear_cache();
  at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::set_autocast_enabled(device, enabled);
  return previous;
}

// The matrix `[rows, width]` whose columns these tensors are, a run of them each, in order and without a gap: what a model has
// split into its fields. Null where they are anything else.
Tensor* semola_split_from(const Tensor* const* parts, size_t count) {
  if (count == 0 || !parts[0]->is_view()) return nullptr;
  const at::TensorBase& whole = parts[0]->_base();
  if (whole.dim() != 2 || !whole.is_contiguous()) return nullptr;
  const int64_t rows = whole.size(0), width = whole.size(1);
  int64_t column = 0;
  for (size_t k = 0; k < count; ++k) {
    const Tensor& part = *parts[k];
    if (!part.is_view() || !part._base().is_same(whole) || part.scalar_type() != whole.scalar_type()) return nullptr;
    if (part.requires_grad() != whole.requires_grad()) return nullptr;
    if (part.dim() < 1 || part.size(0) != rows || part.stride(0) != width) return nullptr;
    if (part.storage_offset() != whole.storage_offset() + column) return nullptr;
    int64_t columns = 1;
    for (int64_t axis = part.dim() - 1; axis > 0; --axis) {
      if (part.size(axis) != 1 && part.stride(axis) != columns) return nullptr;
      columns *= part.size(axis);
    }
    column += columns;
  }
  return column == width ? new Tensor(whole) : nullptr;
}

// tch's tensors are heap-allocated at::Tensor; both ways give one reference more.
void* semola_to_tch(uint64_t handle) { return new Tensor(share(handle)); }

uint64_t semola_from_tch(const void* tensor) { return give(Tensor(*static_cast<const Tensor*>(tensor))); }

}  // extern "C"
