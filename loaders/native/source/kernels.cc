// Two operations that TensorFlow lacks, for the processor: group normalisation with SiLU in one pass, and its gradient.
// Composed of TensorFlow's own operations it takes nine passes over the memory. Registered through TensorFlow's C API
// when this module is loaded; layout NHWC, float32.
#include <node_api.h>

#if __has_include("tensorflow/c/kernels.h") && __has_include("tensorflow/c/ops.h")
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

// The module may be run on another machine than it was built on (a shared home): the processor is asked at run time.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace {

// Threads that wait for pieces of work. TensorFlow's own pool has no C API.
class Pool {
 public:
  static Pool& get() {
    // never destroyed: at exit its threads may still wait
    static Pool* pool = new Pool();
    return *pool;
  }

  // Calls work(0) … work(count - 1), in any order, and returns when all are done.
  void run(int count, const std::function<void(int)>& work) {
    std::lock_guard<std::mutex> one_at_a_time(caller_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      count_ = count;
      next_ = 0;
      busy_ = static_cast<int>(threads_.size());
      ++generation_;
    }
    wake_.notify_all();
    drain(work, count);
    std::unique_lock<std::mutex> lock(mutex_);
    idle_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  Pool() {
    const char* wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
    int threads = wanted ? std::atoi(wanted) : 0;
    if (threads < 1) threads = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < threads; ++i) {
      threads_.emplace_back([this] { serve(); });
      threads_.back().detach();
    }
  }

  void serve() {
    uint64_t seen = 0;
    for (;;) {
      const std::function<void(int)>* work;
      int count;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_ != seen; });
        seen = generation_;
        work = work_;
        count = count_;
      }
      drain(*work, count);
      std::lock_guard<std::mutex> lock(mutex_);
      if (--busy_ == 0) idle_.notify_one();
    }
  }

  void drain(const std::function<void(int)>& work, int count) {
    for (int i; (i = next_.fetch_add(1)) < count;) work(i);
  }

  std::vector<std::thread> threads_;
  std::mutex caller_, mutex_;
  std::condition_variable wake_, idle_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<int> next_{0};
  int count_ = 0, busy_ = 0;
  uint64_t generation_ = 0;
};

// exp(x) to about 1e-7 (relative), without a branch, so that the compiler makes vectors of it (Cephes' expf).
inline float exponential(float x) {
  x = std::min(88.0f, std::max(-87.0f, x));
  const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5·2²³: rounds to the nearest whole number
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

// Sums of x - shift and of its square for each channel of some pixels.
FOR_EACH_PROCESSOR
void moments(const float* x, const float* shift, int64_t pixels, int64_t channels, float* sum, float* squares) {
  for (int64_t p = 0; p < pixels; ++p, x += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float d = x[c] - shift[c];
      sum[c] += d;
      squares[c] += d * d;
    }
  }
}

// y = silu?((x - mean)·scale + beta)
FOR_EACH_PROCESSOR
void normalise(const float* x, const float* mean, const float* scale, const float* beta, bool silu, int64_t pixels,
               int64_t channels, float* y) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, y += channels) {
    if (silu) {
      for (int64_t c = 0; c < channels; ++c) {
        const float t = (x[c] - mean[c]) * scale[c] + beta[c];
        y[c] = t / (1.0f + exponential(-t));
      }
    } else {
      for (int64_t c = 0; c < channels; ++c) y[c] = (x[c] - mean[c]) * scale[c] + beta[c];
    }
  }
}

// The gradient by the normalised value before SiLU, given that of the result.
inline float inner(float dy, float t) {
  const float s = 1.0f / (1.0f + exponential(-t));
  return dy * s * (1.0f + t * (1.0f - s));
}

// Sums of the inner gradient, and of it times the normalised x, for each channel of some pixels.
FOR_EACH_PROCESSOR
void gradientSums(const float* dy, const float* x, const float* mean, const float* rstd, const float* gamma,
                  const float* beta, bool silu, int64_t pixels, int64_t channels, float* sum, float* products) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, dy += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float z = (x[c] - mean[c]) * rstd[c];
      const float g = silu ? inner(dy[c], z * gamma[c] + beta[c]) : dy[c];
      sum[c] += g;
      products[c] += g * z;
    }
  }
}

// dx = rstd·(gamma·g - a - z·b), with the groups' means a of gamma·g and b of gamma·g·z
FOR_EACH_PROCESSOR
void gradient(const float* dy, const float* x, const float* mean, const float* rstd, const float* gamma,
              const float* beta, const float* a, const float* b, bool silu, int64_t pixels, int64_t channels,
              float* dx) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, dy += channels, dx += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float z = (x[c] - mean[c]) * rstd[c];
      const float g = silu ? inner(dy[c], z * gamma[c] + beta[c]) : dy[c];
      dx[c] = rstd[c] * (gamma[c] * g - a[c] - z * b[c]);
    }
  }
}

struct Attributes {
  int64_t groups;
  float epsilon;
  bool silu;
};

void* create(TF_OpKernelConstruction* context) {
  TF_Status* status = TF_NewStatus();
  auto* attributes = new Attributes();
  unsigned char silu = 0;
  TF_OpKernelConstruction_GetAttrInt64(context, "groups", &attributes->groups, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_OpKernelConstruction_GetAttrFloat(context, "epsilon", &attributes->epsilon, status);
  }
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrBool(context, "silu", &silu, status);
  attributes->silu = silu != 0;
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(context, status);
  TF_DeleteStatus(status);
  return attributes;
}

void destroy(void* kernel) { delete static_cast<Attributes*>(kernel); }

// The inputs and outputs of one call; lets go of them at its end.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  TF_Tensor* input(int i) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, i, &tensor, status_);
    return keep(tensor);
  }

  float* output(int i, const std::vector<int64_t>& shape) {
    size_t bytes = sizeof(float);
    for (int64_t side : shape) bytes *= side;
    TF_Tensor* tensor = TF_AllocateOutput(context_, i, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), bytes,
                                          status_);
    return keep(tensor) ? static_cast<float*>(TF_TensorData(tensor)) : nullptr;
  }

  bool fail(const char* message) {
    TF_SetStatus(status_, TF_INVALID_ARGUMENT, message);
    return report();
  }

  // Whether something went wrong; TensorFlow is told.
  bool report() {
    if (TF_GetCode(status_) == TF_OK) return false;
    TF_OpKernelContext_Failure(context_, status_);
    return true;
  }

 private:
  TF_Tensor* keep(TF_Tensor* tensor) {
    if (tensor) tensors_.push_back(tensor);
    return tensor;
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

const float* values(TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

// Images are worked on in pieces of some pixels; sums of a piece are float32, sums of pieces float64, in a fixed order.
struct Pieces {
  int64_t images, pixels, channels, length, count;

  Pieces(int64_t n, int64_t p, int64_t c)
      : images(n), pixels(p), channels(c), length(std::max<int64_t>(16, 32768 / c)), count((p + length - 1) / length) {}

  template <typename Work>
  void each(const Work& work) const {
    Pool::get().run(static_cast<int>(images * count), [&](int i) {
      const int64_t image = i / count, start = (i % count) * length;
      work(i, image, (image * pixels + start) * channels, std::min(length, pixels - start));
    });
  }
};

void compute(void* kernel, TF_OpKernelContext* context) {
  const Attributes& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  TF_Tensor *x = call.input(0), *gamma = call.input(1), *beta = call.input(2);
  if (call.report()) return;
  if (TF_NumDims(x) != 4) {
    call.fail("BandscopeGroupNorm: x must have four axes");
    return;
  }
  const int64_t n = TF_Dim(x, 0), h = TF_Dim(x, 1), w = TF_Dim(x, 2), c = TF_Dim(x, 3), groups = attributes.groups;
  if (groups < 1 || c % groups != 0 || TF_TensorElementCount(gamma) != c || TF_TensorElementCount(beta) != c) {
    call.fail("BandscopeGroupNorm: the groups must divide the channels, gamma and beta must have one value for each");
    return;
  }
  float* y = call.output(0, {n, h, w, c});
  float* means = call.output(1, {n, c});
  float* rstds = call.output(2, {n, c});
  if (call.report() || n * h * w * c == 0) return;
  const Pieces pieces(n, h * w, c);
  const int64_t perGroup = c / groups;
  const float *in = values(x), *g = values(gamma), *b = values(beta);
  std::vector<float> sums(2 * n * pieces.count * c, 0.0f), scales(n * c);
  pieces.each([&](int i, int64_t image, int64_t offset, int64_t pixels) {
    // relative to the first pixel, so that a mean far from 0 costs no digits
    float* sum = &sums[2 * i * c];
    moments(in + offset, in + image * pieces.pixels * c, pixels, c, sum, sum + c);
  });
  for (int64_t image = 0; image < n; ++image) {
    const float* first = in + image * pieces.pixels * c;
    std::vector<double> mean(c), spread(c);
    for (int64_t channel = 0; channel < c; ++channel) {
      double sum = 0, squares = 0;
      for (int64_t i = 0; i < pieces.count; ++i) {
        const float* piece = &sums[2 * (image * pieces.count + i) * c];
        sum += piece[channel];
        squares += piece[c + channel];
      }
      mean[channel] = first[channel] + sum / pieces.pixels;
      spread[channel] = squares / pieces.pixels - (sum / pieces.pixels) * (sum / pieces.pixels);
    }
    for (int64_t group = 0; group < groups; ++group) {
      double groupMean = 0, variance = 0;
      for (int64_t i = 0; i < perGroup; ++i) groupMean += mean[group * perGroup + i] / perGroup;
      for (int64_t i = 0; i < perGroup; ++i) {
        const double d = mean[group * perGroup + i] - groupMean;
        variance += (spread[group * perGroup + i] + d * d) / perGroup;
      }
      const double rstd = 1 / std::sqrt(std::max(0.0, variance) + attributes.epsilon);
      for (int64_t i = 0; i < perGroup; ++i) {
        const int64_t channel = group * perGroup + i;
        means[image * c + channel] = static_cast<float>(groupMean);
        rstds[image * c + channel] = static_cast<float>(rstd);
        scales[image * c + channel] = static_cast<float>(rstd * g[channel]);
      }
    }
  }
  pieces.each([&](int, int64_t image, int64_t offset, int64_t pixels) {
    normalise(in + offset, means + image * c, &scales[image * c], b, attributes.silu, pixels, c, y + offset);
  });
}

void computeGradient(void* kernel, TF_OpKernelContext* context) {
  const Attributes& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  TF_Tensor *dyTensor = call.input(0), *xTensor = call.input(1), *gammaTensor = call.input(2);
  TF_Tensor *betaTensor = call.input(3), *meanTensor = call.input(4), *rstdTensor = call.input(5);
  if (call.report()) return;
  if (TF_NumDims(xTensor) != 4 || TF_TensorElementCount(dyTensor) != TF_TensorElementCount(xTensor)) {
    call.fail("BandscopeGroupNormGrad: dy and x must have the same four axes");
    return;
  }
  const int64_t n = TF_Dim(xTensor, 0), h = TF_Dim(xTensor, 1), w = TF_Dim(xTensor, 2), c = TF_Dim(xTensor, 3);
  const int64_t groups = attributes.groups;
  if (groups < 1 || c % groups != 0 || TF_TensorElementCount(gammaTensor) != c ||
      TF_TensorElementCount(betaTensor) != c || TF_TensorElementCount(meanTensor) != n * c ||
      TF_TensorElementCount(rstdTensor) != n * c) {
    call.fail("BandscopeGroupNormGrad: the inputs do not fit each other");
    return;
  }
  float* dx = call.output(0, {n, h, w, c});
  float* dgamma = call.output(1, {c});
  float* dbeta = call.output(2, {c});
  if (call.report()) return;
  const float *dy = values(dyTensor), *x = values(xTensor), *gamma = values(gammaTensor), *beta = values(betaTensor);
  const float *mean = values(meanTensor), *rstd = values(rstdTensor);
  std::vector<double> totals(2 * c, 0.0);
  if (n * h * w * c > 0) {
    const Pieces pieces(n, h * w, c);
    const int64_t perGroup = c / groups;
    std::vector<float> sums(2 * n * pieces.count * c, 0.0f), a(n * c), b(n * c);
    pieces.each([&](int i, int64_t image, int64_t offset, int64_t pixels) {
      float* sum = &sums[2 * i * c];
      gradientSums(dy + offset, x + offset, mean + image * c, rstd + image * c, gamma, beta, attributes.silu, pixels, c,
                   sum, sum + c);
    });
    for (int64_t image = 0; image < n; ++image) {
      std::vector<double> sum(2 * c, 0.0);
      for (int64_t i = 0; i < pieces.count; ++i) {
        const float* piece = &sums[2 * (image * pieces.count + i) * c];
        for (int64_t channel = 0; channel < 2 * c; ++channel) sum[channel] += piece[channel];
      }
      for (int64_t channel = 0; channel < 2 * c; ++channel) totals[channel] += sum[channel];
      for (int64_t group = 0; group < groups; ++group) {
        double first = 0, second = 0;
        for (int64_t i = group * perGroup; i < (group + 1) * perGroup; ++i) {
          first += gamma[i] * sum[i];
          second += gamma[i] * sum[c + i];
        }
        for (int64_t i = group * perGroup; i < (group + 1) * perGroup; ++i) {
          a[image * c + i] = static_cast<float>(first / (pieces.pixels * perGroup));
          b[image * c + i] = static_cast<float>(second / (pieces.pixels * perGroup));
        }
      }
    }
    pieces.each([&](int, int64_t image, int64_t offset, int64_t pixels) {
      gradient(dy + offset, x + offset, mean + image * c, rstd + image * c, gamma, beta, &a[image * c], &b[image * c],
               attributes.silu, pixels, c, dx + offset);
    });
  }
  for (int64_t channel = 0; channel < c; ++channel) {
    dbeta[channel] = static_cast<float>(totals[channel]);
    dgamma[channel] = static_cast<float>(totals[c + channel]);
  }
}

bool registerOperation(const char* name, const std::vector<const char*>& inputs,
                       const std::vector<const char*>& outputs, void (*function)(void*, TF_OpKernelContext*)) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* operation = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(operation, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(operation, output);
  for (const char* attribute : {"groups: int", "epsilon: float", "silu: bool"}) {
    TF_OpDefinitionBuilderAddAttr(operation, attribute);
  }
  TF_OpDefinitionBuilderSetShapeInferenceFunction(operation, &TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(operation, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(name, "CPU", &create, function, &destroy);
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  const bool done = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return done;
}

bool registerAll() {
  return registerOperation("BandscopeGroupNorm", {"x: float", "gamma: float", "beta: float"},
                           {"y: float", "mean: float", "rstd: float"}, &compute) &&
         registerOperation("BandscopeGroupNormGrad",
                           {"dy: float", "x: float", "gamma: float", "beta: float", "mean: float", "rstd: float"},
                           {"dx: float", "dgamma: float", "dbeta: float"}, &computeGradient);
}

}  // namespace
#else
static bool registerAll() { return false; }
#endif

// exports.groupNorm says whether the operations are there.
static napi_value init(napi_env env, napi_value exports) {
  napi_value registered;
  napi_get_boolean(env, registerAll(), &registered);
  napi_set_named_property(env, exports, "groupNorm", registered);
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
