// What JavaScript sees of training.h:
//   training.create(threads, shapes) → training
//   training.setPrograms(training, programs)
//   training.write(training, kind, index, values), training.read(training, kind, index) → Float32Array; kinds: 0 parameters,
//     1 and 2 moments, 3 averages
//   training.step(training, inputs: Float32Array[], settings) → Float64Array of the loss' terms and the gradients' norm
//   training.dispose(training)
#pragma once

#include <node_api.h>

#include <string>

#include "training.h"

namespace bandscope {

// Node's C API, with exceptions.
class Js {
 public:
  explicit Js(napi_env env) : env(env) {}

  void check(napi_status status, const char* what) const {
    if (status != napi_ok) throw std::runtime_error(std::string("a training's arguments: ") + what);
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
      throw std::runtime_error("a training's arguments: a Float32Array of " + std::to_string(wanted) + " values");
    return static_cast<const float*>(data);
  }
  template <typename T>
  napi_value array(napi_typedarray_type type, const T* values, size_t length) const {
    void* data = nullptr;
    napi_value buffer, result;
    check(napi_create_arraybuffer(env, length * sizeof(T), &data, &buffer), "memory");
    if (length > 0) std::memcpy(data, values, length * sizeof(T));
    check(napi_create_typedarray(env, type, length, buffer, 0, &result), "memory");
    return result;
  }

  napi_env env;
};

inline std::shared_ptr<Program> programOf(const Js& js, napi_value value) {
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
  program->terms = js.numbers<int>(js.get(value, "terms"));
  program->gradients = js.numbers<int>(js.get(value, "gradients"));
  return program;
}

using TrainingFunction = napi_value (*)(const Js&, std::unique_ptr<Training>&, const napi_value*);

// Calls a function with a training and its other arguments; what it throws, JavaScript gets.
template <TrainingFunction function>
napi_value callTraining(napi_env env, napi_callback_info info) {
  napi_value arguments[4] = {};
  size_t count = 4;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  try {
    void* holder = nullptr;
    const Js js(env);
    js.check(napi_get_value_external(env, arguments[0], &holder), "a training");
    auto& training = *static_cast<std::unique_ptr<Training>*>(holder);
    if (!training) throw std::runtime_error("the training has been disposed");
    return function(js, training, arguments + 1);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

inline napi_value createTraining(napi_env env, napi_callback_info info) {
  napi_value arguments[2] = {}, result = nullptr;
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  try {
    const Js js(env);
    std::vector<std::vector<int64_t>> shapes;
    js.each(arguments[1], [&](napi_value shape) { shapes.push_back(js.numbers<int64_t>(shape)); });
    using Holder = std::unique_ptr<Training>;
    const int threads = static_cast<int>(std::max<int64_t>(1, js.whole(arguments[0])));
    auto holder = std::make_unique<Holder>(std::make_unique<Training>(threads, std::move(shapes)));
    const auto end = [](napi_env, void* data, void*) { delete static_cast<Holder*>(data); };
    js.check(napi_create_external(env, holder.get(), end, nullptr, &result), "a handle");
    holder.release();
    return result;
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

inline napi_value setPrograms(const Js& js, std::unique_ptr<Training>& training, const napi_value* arguments) {
  std::vector<std::shared_ptr<Program>> programs;
  js.each(arguments[0], [&](napi_value value) { programs.push_back(programOf(js, value)); });
  training->setPrograms(std::move(programs));
  return nullptr;
}

inline Values& valuesOf(const Js& js, Training& training, napi_value kind, napi_value index) {
  std::vector<Values>* lists[] = {&training.parameters, &training.first, &training.second, &training.averages};
  return lists[js.whole(kind) & 3]->at(js.whole(index));
}

inline napi_value writeValues(const Js& js, std::unique_ptr<Training>& training, const napi_value* arguments) {
  Values& values = valuesOf(js, *training, arguments[0], arguments[1]);
  const float* from = js.floats(arguments[2], values.count);
  if (values.count > 0) std::memcpy(values.data, from, values.count * sizeof(float));
  return nullptr;
}

inline napi_value readValues(const Js& js, std::unique_ptr<Training>& training, const napi_value* arguments) {
  const Values& values = valuesOf(js, *training, arguments[0], arguments[1]);
  return js.array(napi_float32_array, values.data, values.count);
}

inline napi_value takeStep(const Js& js, std::unique_ptr<Training>& training, const napi_value* arguments) {
  std::vector<const float*> inputs;
  js.each(arguments[0], [&](napi_value value) {
    const int i = static_cast<int>(inputs.size());
    if (i >= training->inputs()) throw std::runtime_error("a training's arguments: too many inputs");
    inputs.push_back(js.floats(value, training->inputCount(i)));
  });
  if (training->inputs() == 0 || static_cast<int>(inputs.size()) != training->inputs())
    throw std::runtime_error("a training's arguments: too few inputs, or no programs");
  const napi_value settings = arguments[1];
  const auto setting = [&](const char* name) { return static_cast<float>(js.number(js.get(settings, name))); };
  const auto result = training->step(
      inputs, {{setting("beta1"), setting("rest1"), setting("beta2"), setting("rest2"), setting("scale1"),
                setting("scale2"), setting("epsilon"), setting("shrink"), 1.0f},
               js.number(js.get(settings, "limit")),
               setting("decay"),
               setting("rest")});
  return js.array(napi_float64_array, result.data(), result.size());
}

inline napi_value disposeTraining(const Js&, std::unique_ptr<Training>& training, const napi_value*) {
  training.reset();
  return nullptr;
}

inline void exportTraining(napi_env env, napi_value exports) {
  napi_value object;
  napi_create_object(env, &object);
  const std::pair<const char*, napi_callback> functions[] = {{"create", &createTraining},
                                                             {"setPrograms", &callTraining<&setPrograms>},
                                                             {"write", &callTraining<&writeValues>},
                                                             {"read", &callTraining<&readValues>},
                                                             {"step", &callTraining<&takeStep>},
                                                             {"dispose", &callTraining<&disposeTraining>}};
  for (const auto& [name, callback] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, object, name, function);
  }
  napi_set_named_property(env, exports, "training", object);
}

}  // namespace bandscope
