// What JavaScript sees of evaluation.h:
//   evaluation.create(threads, shapes) → evaluation
//   evaluation.write(evaluation, index, values) of a parameter
//   evaluation.add(evaluation, programs) → number
//   evaluation.run(evaluation, number, inputs: Float32Array[]) → Float32Array[]
//   evaluation.dispose(evaluation)
#pragma once

#include "evaluation.h"
#include "js.h"

namespace bandscope {

inline napi_value writeParameter(const Js& js, std::unique_ptr<Evaluation>& evaluation, const napi_value* arguments) {
  Values& values = evaluation->parameters.at(js.whole(arguments[0]));
  const float* from = js.floats(arguments[1], values.count);
  if (values.count > 0) std::memcpy(values.data, from, values.count * sizeof(float));
  return nullptr;
}

inline napi_value addPrograms(const Js& js, std::unique_ptr<Evaluation>& evaluation, const napi_value* arguments) {
  std::vector<std::shared_ptr<Program>> programs;
  js.each(arguments[0], [&](napi_value value) { programs.push_back(programOf(js, value, "results")); });
  napi_value number;
  js.check(napi_create_int32(js.env, evaluation->add(std::move(programs)), &number), "a number");
  return number;
}

inline napi_value evaluate(const Js& js, std::unique_ptr<Evaluation>& evaluation, const napi_value* arguments) {
  const int number = static_cast<int>(js.whole(arguments[0]));
  const auto inputs = inputsOf(js, arguments[1], evaluation->batch(number));
  napi_value results;
  js.check(napi_create_array(js.env, &results), "memory");
  evaluation->run(number, inputs, [&](int i, int64_t count) {
    float* data = nullptr;
    const napi_value result = js.array(napi_float32_array, count, &data);
    js.check(napi_set_element(js.env, results, i, result), "memory");
    return data;
  });
  return results;
}

inline void exportEvaluation(napi_env env, napi_value exports) {
  exportFunctions(env, exports, "evaluation",
                  {{"create", &create<Evaluation>},
                   {"write", &callWith<Evaluation, &writeParameter>},
                   {"add", &callWith<Evaluation, &addPrograms>},
                   {"run", &callWith<Evaluation, &evaluate>},
                   {"dispose", &callWith<Evaluation, &dispose<Evaluation>>}});
}

}  // namespace bandscope
