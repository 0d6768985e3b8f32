// Between JavaScript and recorded programs.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <string>

#include "program.h"

namespace bandscope {

// Node's C API, with exceptions.
class Js {
 public:
  explicit Js(napi_env env) : env(env) {}

  void check(napi_status status, const char* what) const {
    if (status != napi_ok) throw std::runtime_error(std::string("arguments: ") + what);
  }
  napi_value get(napi_value object, const char* name) const {
    napi_value value;
    check(napi_get_named_property(env, object, name, &value), name);
    return value;
  }
  double number(napi_value value) const {
    double result = 0;
    check(napi_get_value_double(env, value, &result), "a number");
    return result;
  }
  // A number, or a boolean as one.
  double scalar(napi_value value) const {
    napi_valuetype type;
    check(napi_typeof(env, value, &type), "a value");
    if (type != napi_boolean) return number(value);
    bool flag = false;
    napi_get_value_bool(env, value, &flag);
    return flag ? 1 : 0;
  }
  int64_t whole(napi_value value) const { return static_cast<int64_t>(scalar(value)); }
  std::string text(napi_value value) const {
    size_t length = 0;
    check(napi_get_value_string_utf8(env, value, nullptr, 0, &length), "a text");
    std::string result(length + 1, '\0');
    napi_get_value_string_utf8(env, value, &result[0], length + 1, &length);
    result.resize(length);
    return result;
  }
  bool isArray(napi_value value) const {
    bool result = false;
    napi_is_array(env, value, &result);
    return result;
  }
  template <typename Work>
  void each(napi_value array, const Work& work) const {
    uint32_t length = 0;
    check(napi_get_array_length(env, array, &length), "an array");
    for (uint32_t i = 0; i < length; ++i) {
      napi_value value;
      check(napi_get_element(env, array, i, &value), "an element");
      work(value);
    }
  }
  template <typename T>
  std::vector<T> numbers(napi_value array) const {
    std::vector<T> result;
    each(array, [&](napi_value value) { result.push_back(static_cast<T>(scalar(value))); });
    return result;
  }
  // A typed array's bytes, and how many values it has.
  std::pair<const char*, size_t> bytes(napi_value value, size_t& length) const {
    napi_typedarray_type type;
    void* data = nullptr;
    check(napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr), "a typed array");
    const size_t width = type == napi_float64_array ? 8 : type == napi_float32_array || type == napi_int32_array ? 4 : 1;
    return {static_cast<const char*>(data), length * width};
  }
  const float* floats(napi_value value, int64_t wanted) const {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    check(napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr), "a Float32Array");
    if (type != napi_float32_array || static_cast<int64_t>(length) != wanted)
      throw std::runtime_error("arguments: a Float32Array of " + std::to_string(wanted) + " values");
    return static_cast<const float*>(data);
  }
  template <typename T>
  napi_value array(napi_typedarray_type type, const T* values, size_t length) const {
    T* data = nullptr;
    const napi_value result = array(type, length, &data);
    if (length > 0) std::memcpy(data, values, length * sizeof(T));
    return result;
  }
  // One whose values are yet to be written.
  template <typename T>
  napi_value array(napi_typedarray_type type, size_t length, T** data) const {
    napi_value buffer, result;
    void* bytes = nullptr;
    check(napi_create_arraybuffer(env, length * sizeof(T), &bytes, &buffer), "memory");
    check(napi_create_typedarray(env, type, length, buffer, 0, &result), "memory");
    *data = static_cast<T*>(bytes);
    return result;
  }

  napi_env env;
};

// `arrays`: what JavaScript calls them.
inline std::shared_ptr<Program> programOf(const Js& js, napi_value value, const char* arrays) {
  auto program = std::make_shared<Program>();
  program->rows = js.whole(js.get(value, "rows"));
  program->slots = static_cast<int>(js.whole(js.get(value, "slots")));
  js.each(js.get(value, "inputs"),
          [&](napi_value shape) { program->inputShapes.push_back(js.numbers<int64_t>(shape)); });
  js.each(js.get(value, "constants"), [&](napi_value constant) {
    size_t length = 0;
    const auto bytes = js.bytes(js.get(constant, "values"), length);
    program->constants.push_back({static_cast<int>(js.whole(js.get(constant, "slot"))),
                                  static_cast<TF_DataType>(js.whole(js.get(constant, "type"))),
                                  js.numbers<int64_t>(js.get(constant, "shape")),
                                  {bytes.first, bytes.first + bytes.second}});
  });
  js.each(js.get(value, "operations"), [&](napi_value operation) {
    Operation result;
    result.name = js.text(js.get(operation, "name"));
    js.each(js.get(operation, "attributes"), [&](napi_value attribute) {
      Attribute a;
      a.name = js.text(js.get(attribute, "name"));
      a.type = static_cast<TF_AttrType>(js.whole(js.get(attribute, "type")));
      const napi_value given = js.get(attribute, "value");
      a.list = js.isArray(given);
      if (a.type == TF_ATTR_STRING) a.text = js.text(given);
      else if (a.type == TF_ATTR_FLOAT) a.numbers = a.list ? js.numbers<float>(given) : std::vector<float>{static_cast<float>(js.number(given))};
      else a.integers = a.list ? js.numbers<int64_t>(given) : std::vector<int64_t>{js.whole(given)};
      result.attributes.push_back(std::move(a));
    });
    result.inputs = js.numbers<int>(js.get(operation, "inputs"));
    result.outputs = js.numbers<int>(js.get(operation, "outputs"));
    result.freed = js.numbers<int>(js.get(operation, "freed"));
    program->operations.push_back(std::move(result));
  });
  program->arrays = js.numbers<int>(js.get(value, arrays));
  return program;
}

// The whole batch's inputs. @throws when they are not those of the programs
inline std::vector<const float*> inputsOf(const Js& js, napi_value values,
                                          const std::vector<std::shared_ptr<Program>>& programs) {
  const size_t wanted = programs.empty() ? 0 : programs[0]->inputShapes.size();
  std::vector<const float*> inputs;
  js.each(values, [&](napi_value value) {
    if (inputs.size() >= wanted) throw std::runtime_error("arguments: too many inputs");
    inputs.push_back(js.floats(value, inputCount(programs, static_cast<int>(inputs.size()))));
  });
  if (wanted == 0 || inputs.size() != wanted) throw std::runtime_error("arguments: too few inputs, or no programs");
  return inputs;
}

// Calls a function with what JavaScript holds and its other arguments; what it throws, JavaScript gets.
template <typename Thing, napi_value (*function)(const Js&, std::unique_ptr<Thing>&, const napi_value*)>
napi_value callWith(napi_env env, napi_callback_info info) {
  napi_value arguments[4] = {};
  size_t count = 4;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  try {
    void* holder = nullptr;
    const Js js(env);
    js.check(napi_get_value_external(env, arguments[0], &holder), "a handle");
    auto& thing = *static_cast<std::unique_ptr<Thing>*>(holder);
    if (!thing) throw std::runtime_error("it has been disposed");
    return function(js, thing, arguments + 1);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

// create(threads, shapes of the parameters)
template <typename Thing>
napi_value create(napi_env env, napi_callback_info info) {
  napi_value arguments[2] = {}, result = nullptr;
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  try {
    const Js js(env);
    std::vector<std::vector<int64_t>> shapes;
    js.each(arguments[1], [&](napi_value shape) { shapes.push_back(js.numbers<int64_t>(shape)); });
    using Holder = std::unique_ptr<Thing>;
    const int threads = static_cast<int>(std::max<int64_t>(1, js.whole(arguments[0])));
    auto holder = std::make_unique<Holder>(std::make_unique<Thing>(threads, std::move(shapes)));
    const auto end = [](napi_env, void* data, void*) { delete static_cast<Holder*>(data); };
    js.check(napi_create_external(env, holder.get(), end, nullptr, &result), "a handle");
    holder.release();
    return result;
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

template <typename Thing>
napi_value dispose(const Js&, std::unique_ptr<Thing>& thing, const napi_value*) {
  thing.reset();
  return nullptr;
}

inline void exportFunctions(napi_env env, napi_value exports, const char* name,
                            const std::vector<std::pair<const char*, napi_callback>>& functions) {
  napi_value object;
  napi_create_object(env, &object);
  for (const auto& [key, callback] : functions) {
    napi_value function;
    napi_create_function(env, key, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, object, key, function);
  }
  napi_set_named_property(env, exports, name, object);
}

}  // namespace bandscope
