// What an optimizer does to all of a network's tensors, in one call each: dozens of small operations a tensor otherwise.
#pragma once

#include <cmath>

#include "call.h"
#include "pool.h"
#include "vector.h"

namespace bandscope {

// A list of tensors in pieces of some values each, in a fixed order.
class Slices {
 public:
  // The inputs first … first + count - 1 of a call.
  Slices(Call& call, int first, int count) {
    for (int i = 0; i < count; ++i) {
      tensors.push_back(call.input(first + i));
      if (!tensors.back()) return;
      const int64_t length = TF_TensorElementCount(tensors.back());
      values_ += length;
      for (int64_t start = 0; start < length; start += 16384) {
        slices_.push_back({i, start, std::min<int64_t>(16384, length - start)});
      }
    }
  }

  int count() const { return static_cast<int>(slices_.size()); }

  // Calls work(slice, tensor, start, length) for each.
  template <typename Work>
  void each(const Work& work) const {
    Pool::get().run(count(), 2 * values_, [&](int i) {
      const Slice& slice = slices_[i];
      work(i, slice.tensor, slice.start, slice.length);
    });
  }

  std::vector<int64_t> shape(int i) const {
    std::vector<int64_t> sides(TF_NumDims(tensors[i]));
    for (size_t axis = 0; axis < sides.size(); ++axis) sides[axis] = TF_Dim(tensors[i], static_cast<int>(axis));
    return sides;
  }

  std::vector<TF_Tensor*> tensors;

 private:
  struct Slice {
    int tensor;
    int64_t start, length;
  };
  std::vector<Slice> slices_;
  int64_t values_ = 0;
};

// Values of as many further inputs as there are tensors; empty when their lengths differ.
inline std::vector<const float*> alike(Call& call, const Slices& slices, int first) {
  std::vector<const float*> result;
  for (size_t i = 0; i < slices.tensors.size(); ++i) {
    TF_Tensor* tensor = call.input(first + static_cast<int>(i));
    if (!tensor || TF_TensorElementCount(tensor) != TF_TensorElementCount(slices.tensors[i])) return {};
    result.push_back(values(tensor));
  }
  return result;
}

struct AdamWSettings {
  float beta1, rest1, beta2, rest2, scale1, scale2, epsilon, shrink, clip;
};

FOR_EACH_PROCESSOR
static void adamW(const AdamWSettings& s, int64_t length, const float* __restrict parameter,
                  const float* __restrict gradient, const float* __restrict first, const float* __restrict second,
                  float* __restrict newParameter, float* __restrict newFirst, float* __restrict newSecond) {
  const AdamWSettings k = s;
  for (int64_t i = 0; i < length; ++i) {
    const float g = gradient[i] * k.clip;
    const float m = first[i] * k.beta1 + g * k.rest1;
    const float v = second[i] * k.beta2 + g * g * k.rest2;
    newParameter[i] = parameter[i] * k.shrink - (m * k.scale1) / (std::sqrt(v) * k.scale2 + k.epsilon);
    newFirst[i] = m;
    newSecond[i] = v;
  }
}

// The same, over what it reads.
FOR_EACH_PROCESSOR
static void adamWInPlace(const AdamWSettings& s, int64_t length, const float* __restrict gradient,
                         float* __restrict parameter, float* __restrict first, float* __restrict second) {
  const AdamWSettings k = s;
  for (int64_t i = 0; i < length; ++i) {
    const float g = gradient[i] * k.clip;
    const float m = first[i] * k.beta1 + g * k.rest1;
    const float v = second[i] * k.beta2 + g * g * k.rest2;
    parameter[i] = parameter[i] * k.shrink - (m * k.scale1) / (std::sqrt(v) * k.scale2 + k.epsilon);
    first[i] = m;
    second[i] = v;
  }
}

// One step of AdamW: parameters, gradients and both moments, N tensors each, to new parameters and moments. `settings` are
// β1, 1 - β1, β2, 1 - β2, the moments' scales, ε, what is left of a parameter after its decay, and the gradients' factor.
struct AdamW {
  explicit AdamW(Construction& from) : count(static_cast<int>(from.integer("N"))) {}

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    const Slices parameters(call, 0, count);
    if (call.report()) return;
    const auto gradients = alike(call, parameters, count), first = alike(call, parameters, 2 * count),
               second = alike(call, parameters, 3 * count);
    TF_Tensor* settings = call.input(4 * count);
    if (call.report()) return;
    if (gradients.empty() || first.empty() || second.empty() || TF_TensorElementCount(settings) != 9) {
      call.fail("BandscopeAdamW: gradients and moments must fit their parameters, and there are nine settings");
      return;
    }
    std::vector<float*> outputs;
    for (int i = 0; i < 3 * count; ++i) outputs.push_back(call.output(i, parameters.shape(i % count)));
    if (call.report()) return;
    AdamWSettings s;
    std::memcpy(&s, values(settings), sizeof s);
    parameters.each([&](int, int i, int64_t start, int64_t length) {
      adamW(s, length, values(parameters.tensors[i]) + start, gradients[i] + start, first[i] + start,
            second[i] + start, outputs[i] + start, outputs[count + i] + start, outputs[2 * count + i] + start);
    });
  }

  int count;
};

FOR_EACH_PROCESSOR
static void blend(float a, float b, int64_t length, const float* __restrict x, const float* __restrict y,
                  float* __restrict result) {
  for (int64_t i = 0; i < length; ++i) result[i] = x[i] * a + y[i] * b;
}

// a·x + b·y of N tensors x and N tensors y.
struct Blend {
  explicit Blend(Construction& from) : count(static_cast<int>(from.integer("N"))) {}

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    const Slices x(call, 0, count);
    if (call.report()) return;
    const auto y = alike(call, x, count);
    TF_Tensor* factors = call.input(2 * count);
    if (call.report()) return;
    if (y.empty() || TF_TensorElementCount(factors) != 2) {
      call.fail("BandscopeBlend: both lists must fit each other, and there are two factors");
      return;
    }
    std::vector<float*> outputs;
    for (int i = 0; i < count; ++i) outputs.push_back(call.output(i, x.shape(i)));
    if (call.report()) return;
    const float a = values(factors)[0], b = values(factors)[1];
    x.each([&](int, int i, int64_t start, int64_t length) {
      blend(a, b, length, values(x.tensors[i]) + start, y[i] + start, outputs[i] + start);
    });
  }

  int count;
};

FOR_EACH_PROCESSOR
static double squares(const float* __restrict x, int64_t length) {
  // sixteen sums, so that the compiler may make vectors of them without a change of order
  float sums[16] = {};
  int64_t i = 0;
  for (; i + 16 <= length; i += 16) {
    for (int j = 0; j < 16; ++j) sums[j] += x[i + j] * x[i + j];
  }
  double total = 0;
  for (; i < length; ++i) total += static_cast<double>(x[i]) * x[i];
  for (float sum : sums) total += sum;
  return total;
}

// The sum of the squares of all values of N tensors.
struct SquareSum {
  explicit SquareSum(Construction& from) : count(static_cast<int>(from.integer("N"))) {}

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    const Slices x(call, 0, count);
    float* output = call.report() ? nullptr : call.output(0, {});
    if (!output || call.report()) return;
    std::vector<double> sums(x.count());
    x.each([&](int slice, int i, int64_t start, int64_t length) {
      sums[slice] = squares(values(x.tensors[i]) + start, length);
    });
    double total = 0;
    for (double sum : sums) total += sum;
    *output = static_cast<float>(total);
  }

  int count;
};

inline bool registerOptimizer() {
  const std::vector<const char*> attributes = {"N: int >= 1"};
  return registerOperation<AdamW>(
             "BandscopeAdamW",
             {"parameters: N * float", "gradients: N * float", "first: N * float", "second: N * float",
              "settings: float"},
             {"new_parameters: N * float", "new_first: N * float", "new_second: N * float"}, attributes) &&
         registerOperation<Blend>("BandscopeBlend", {"x: N * float", "y: N * float", "factors: float"},
                                  {"z: N * float"}, attributes) &&
         registerOperation<SquareSum>("BandscopeSquareSum", {"x: N * float"}, {"sum: float"}, attributes);
}

}  // namespace bandscope
