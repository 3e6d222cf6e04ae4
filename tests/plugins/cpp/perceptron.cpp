/* A plugin in C++: a model with one hidden layer, for data of one input and one target of fixed size.

   Tensors are held by a class that gives its reference back; failures of the host become exceptions, and exceptions are
   caught where they would leave the plugin.

   Build: c++ -std=c++17 -shared -fPIC -O2 -fvisibility=hidden -I plugin-api/include -o libperceptron.so perceptron.cpp */

#include "semola_plugin.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

const SemolaHostApi *host = nullptr;

SemolaStr text(const std::string &string) { return {string.data(), string.size()}; }

[[noreturn]] void fail_with_hosts_text() {
  const SemolaStr said = host->last_error();
  throw std::runtime_error(std::string(said.data, said.length));
}

/* Runs what may throw; nothing gets past here. */
template <class Body> SemolaStatus guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::exception &error) {
    host->set_error({error.what(), std::strlen(error.what())});
  } catch (...) {
    host->set_error({"something was thrown", 20});
  }
  return -1;
}

/* One reference to a tensor of the host. */
class Tensor {
public:
  explicit Tensor(SemolaRaw owned) : raw_(owned) {}
  Tensor(Tensor &&other) noexcept : raw_(std::exchange(other.raw_, 0)) {}
  Tensor &operator=(Tensor &&other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  Tensor(const Tensor &) = delete;
  Tensor &operator=(const Tensor &) = delete;
  ~Tensor() { host->tensor_drop(raw_); }

  SemolaValue argument() const { return {SEMOLA_TENSOR, 0, raw_}; }
  /* Hands the reference over: a result. */
  SemolaRaw release() { return std::exchange(raw_, 0); }

private:
  SemolaRaw raw_;
};

/* An operator of libtorch, looked up once, when the plugin is loaded. */
class Operator {
public:
  Operator(const char *name, const char *overload) : name_(name), overload_(overload) {}
  void resolve() {
    if (host->op_lookup(text(name_), text(overload_), &id_) < 0) fail_with_hosts_text();
  }
  template <class... Arguments> Tensor operator()(const Arguments &...arguments) const {
    const SemolaValue values[] = {arguments...};
    SemolaValue result{0, 0, 0};
    const SemolaStatus count = host->op_call(id_, values, sizeof...(Arguments), &result, 1);
    if (count < 0) fail_with_hosts_text();
    if (count != 1 || result.tag != SEMOLA_TENSOR) throw std::runtime_error(name_ + " did not return one tensor");
    return Tensor(result.bits);
  }

private:
  std::string name_, overload_;
  SemolaOpId id_ = 0;
};

Operator linear("aten::linear", ""), tanh_("aten::tanh", ""), reshape("aten::reshape", "");

SemolaValue ints(const std::vector<int64_t> &numbers) {
  return {SEMOLA_INTS, static_cast<uint32_t>(numbers.size()), reinterpret_cast<uint64_t>(numbers.data())};
}

/* The shapes of the fields in one list of a spec. A plugin that needs more of it takes a JSON library. */
std::vector<std::vector<int64_t>> shapes(const std::string &spec, const std::string &list) {
  const size_t begin = spec.find("\"" + list + "\":["), end = spec.find("}]", begin);
  if (begin == std::string::npos || end == std::string::npos) throw std::runtime_error("the spec has no list of " + list);
  std::vector<std::vector<int64_t>> all;
  for (size_t at = spec.find("\"shape\":[", begin); at != std::string::npos && at < end; at = spec.find("\"shape\":[", at)) {
    all.emplace_back();
    at += std::strlen("\"shape\":[");
    while (spec[at] != ']') {
      size_t used = 0;
      all.back().push_back(std::stoll(spec.substr(at, 24), &used));
      at += used + (spec[at + used] == ',');
    }
  }
  return all;
}

std::vector<int64_t> only_shape(const std::string &spec, const std::string &list) {
  const auto all = shapes(spec, list);
  if (all.size() != 1) throw std::runtime_error("perceptron takes one field of " + list + ", found " + std::to_string(all.size()));
  for (const int64_t size : all[0])
    if (size < 0) throw std::runtime_error("perceptron takes fields of fixed size");
  return all[0];
}

int64_t numel(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

struct Layer {
  Tensor weight, bias;

  /* Parameters belong to the host: it initialises them under its seed, trains and saves them. */
  static Tensor parameter(SemolaParamScope scope, const std::string &name, std::vector<int64_t> shape, double bound) {
    SemolaRaw raw = 0;
    if (host->param_create(scope, text(name), {shape.data(), shape.size()}, {1, 0, -bound, bound}, true, &raw) < 0)
      fail_with_hosts_text();
    return Tensor(raw);
  }
  Layer(SemolaParamScope scope, const std::string &name, int64_t inputs, int64_t outputs)
      : weight(parameter(scope, name + ".weight", {outputs, inputs}, 1 / std::sqrt(double(inputs)))),
        bias(parameter(scope, name + ".bias", {outputs}, 1 / std::sqrt(double(inputs)))) {}

  Tensor operator()(const SemolaValue &x) const { return linear(x, weight.argument(), bias.argument()); }
};

struct Perceptron {
  std::vector<int64_t> flat, prediction;
  Layer hidden, output;

  Perceptron(SemolaParamScope scope, const std::vector<int64_t> &input, const std::vector<int64_t> &target)
      : flat{-1, numel(input)}, prediction(target), hidden(scope, "hidden", numel(input), 96),
        output(scope, "output", 96, numel(target)) {
    prediction.insert(prediction.begin(), -1);
  }

  Tensor forward(SemolaRaw input) const {
    const Tensor x = reshape(SemolaValue{SEMOLA_TENSOR, 0, input}, ints(flat));
    const Tensor features = tanh_(hidden(x.argument()).argument());
    return reshape(output(features.argument()).argument(), ints(prediction));
  }
};

void drop(void *self) { delete static_cast<Perceptron *>(self); }

SemolaStatus forward(void *self, const SemolaRaw *inputs, uint32_t count, uint32_t, SemolaRaw *out, uint32_t capacity) {
  return guarded([&] {
    if (count != 1 || capacity < 1) throw std::runtime_error("perceptron takes one input and gives one prediction");
    out[0] = static_cast<const Perceptron *>(self)->forward(inputs[0]).release();
    return 1;
  });
}

const SemolaModelVtable model = {sizeof model, 0, drop, forward};

SemolaStr default_options() { return {"{}", 2}; }

SemolaStatus create(const SemolaCreateArgs *args, SemolaObject *out) {
  return guarded([&] {
    const std::string spec(args->spec.data, args->spec.length);
    if (spec.find("\"task\":\"regression\"") == std::string::npos) throw std::runtime_error("perceptron solves regressions");
    auto made = std::make_unique<Perceptron>(args->parameters, only_shape(spec, "inputs"), only_shape(spec, "targets"));
    *out = {made.release(), &model};
    return 0;
  });
}

const SemolaComponent components[] = {
    {sizeof(SemolaComponent), SEMOLA_MODEL, {"perceptron", 10}, {"one hidden layer", 16}, default_options, create}};

/* C++17 cannot name the fields of a record: this fills it while compiling. */
constexpr SemolaManifest manifest() {
  SemolaManifest made{SEMOLA_MANIFEST_HEAD, {}, {}, {}, {}, {}, {}, 1, 0, {}};
  auto set = [](uint8_t *field, const char *value) {
    while (*value) *field++ = static_cast<uint8_t>(*value++);
  };
  set(made.id, "perceptron");
  set(made.version, "0.1.0");
  set(made.vendor, "The semola-host authors");
  set(made.licence, "MIT OR Apache-2.0");
  set(made.compiler, "C++");
  made.components[0].kind = SEMOLA_MODEL;
  set(made.components[0].name, "perceptron");
  return made;
}

} // namespace

SEMOLA_MANIFEST = manifest();

extern "C" __attribute__((visibility("default"))) SemolaStatus semola_plugin_v1(const SemolaHostApi *api,
                                                                                SemolaCPlugin *plugin) {
  host = api;
  return guarded([&] {
    for (Operator *op : {&linear, &tanh_, &reshape}) op->resolve();
    *plugin = {sizeof *plugin, 1, components, {"", 0}, nullptr};
    return 0;
  });
}
