// What JavaScript sees of training.h:
//   training.create(threads, shapes) → training
//   training.setPrograms(training, programs)
//   training.write(training, kind, index, values), training.read(training, kind, index) → Float32Array; kinds: 0 parameters,
//     1 and 2 moments, 3 averages
//   training.step(training, inputs: Float32Array[], settings) → Float64Array of the loss' terms and the gradients' norm
//   training.dispose(training)
#pragma once

#include "js.h"
#include "training.h"

namespace bandscope {

inline napi_value setPrograms(const Js& js, std::unique_ptr<Training>& training, const napi_value* arguments) {
  std::vector<std::shared_ptr<Program>> programs;
  js.each(arguments[0], [&](napi_value value) {
    programs.push_back(programOf(js, value, "gradients"));
    programs.back()->terms = js.numbers<int>(js.get(value, "terms"));
  });
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
  const auto inputs = inputsOf(js, arguments[0], training->programs());
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

inline void exportTraining(napi_env env, napi_value exports) {
  exportFunctions(env, exports, "training",
                  {{"create", &create<Training>},
                   {"setPrograms", &callWith<Training, &setPrograms>},
                   {"write", &callWith<Training, &writeValues>},
                   {"read", &callWith<Training, &readValues>},
                   {"step", &callWith<Training, &takeStep>},
                   {"dispose", &callWith<Training, &dispose<Training>>}});
}

}  // namespace bandscope
