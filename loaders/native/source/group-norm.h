// Group normalisation with SiLU in one pass, and its gradient; layout NHWC. Composed of TensorFlow's own operations it takes
// nine passes over the memory.
#pragma once

#include <cmath>

#include "call.h"
#include "pool.h"
#include "vector.h"

namespace bandscope {

// Sums of x - shift and of its square for each channel of some pixels.
FOR_EACH_PROCESSOR
static void moments(const float* __restrict x, const float* __restrict shift, int64_t pixels, int64_t channels,
                    float* __restrict sum, float* __restrict squares) {
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
static void normalise(const float* __restrict x, const float* __restrict mean, const float* __restrict scale,
                      const float* __restrict beta, bool silu, int64_t pixels, int64_t channels,
                      float* __restrict y) {
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

// The inner gradient g, and sums of it and of it times the normalised x, for each channel of some pixels.
FOR_EACH_PROCESSOR
static void gradientSums(const float* __restrict dy, const float* __restrict x, const float* __restrict mean,
                         const float* __restrict rstd, const float* __restrict gamma, const float* __restrict beta,
                         bool silu, int64_t pixels, int64_t channels, float* __restrict g, float* __restrict sum,
                         float* __restrict products) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, dy += channels, g += channels) {
    if (silu) {
      for (int64_t c = 0; c < channels; ++c) {
        const float z = (x[c] - mean[c]) * rstd[c];
        const float d = inner(dy[c], z * gamma[c] + beta[c]);
        g[c] = d;
        sum[c] += d;
        products[c] += d * z;
      }
    } else {
      for (int64_t c = 0; c < channels; ++c) {
        const float z = (x[c] - mean[c]) * rstd[c];
        g[c] = dy[c];
        sum[c] += dy[c];
        products[c] += dy[c] * z;
      }
    }
  }
}

// dx = rstd·(gamma·g - a - z·b), in place of g, with the groups' means a of gamma·g and b of gamma·g·z
FOR_EACH_PROCESSOR
static void gradient(const float* __restrict x, const float* __restrict mean, const float* __restrict rstd,
                     const float* __restrict gamma, const float* __restrict a, const float* __restrict b,
                     int64_t pixels, int64_t channels, float* __restrict dx) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, dx += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float z = (x[c] - mean[c]) * rstd[c];
      dx[c] = rstd[c] * (gamma[c] * dx[c] - a[c] - z * b[c]);
    }
  }
}

// Images are worked on in pieces of some pixels; sums of a piece are float32, sums of pieces float64, in a fixed order.
struct Pieces {
  int64_t images, pixels, channels, length, count;

  Pieces(int64_t n, int64_t p, int64_t c)
      : images(n), pixels(p), channels(c), length(std::max<int64_t>(16, 32768 / c)), count((p + length - 1) / length) {}

  template <typename Work>
  void each(const Work& work) const {
    Pool::get().run(static_cast<int>(images * count), 4 * images * pixels * channels, [&](int i) {
      const int64_t image = i / count, start = (i % count) * length;
      work(i, image, (image * pixels + start) * channels, std::min(length, pixels - start));
    });
  }
};

struct GroupNormAttributes {
  explicit GroupNormAttributes(Construction& from)
      : groups(from.integer("groups")), epsilon(from.number("epsilon")), silu(from.boolean("silu")) {}

  int64_t groups;
  float epsilon;
  bool silu;
};

struct GroupNorm : GroupNormAttributes {
  using GroupNormAttributes::GroupNormAttributes;

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    TF_Tensor *x = call.input(0), *gamma = call.input(1), *beta = call.input(2);
    if (call.report()) return;
    if (TF_NumDims(x) != 4) {
      call.fail("BandscopeGroupNorm: x must have four axes");
      return;
    }
    const int64_t n = TF_Dim(x, 0), h = TF_Dim(x, 1), w = TF_Dim(x, 2), c = TF_Dim(x, 3);
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
        const double rstd = 1 / std::sqrt(std::max(0.0, variance) + epsilon);
        for (int64_t i = 0; i < perGroup; ++i) {
          const int64_t channel = group * perGroup + i;
          means[image * c + channel] = static_cast<float>(groupMean);
          rstds[image * c + channel] = static_cast<float>(rstd);
          scales[image * c + channel] = static_cast<float>(rstd * g[channel]);
        }
      }
    }
    pieces.each([&](int, int64_t image, int64_t offset, int64_t pixels) {
      normalise(in + offset, means + image * c, &scales[image * c], b, silu, pixels, c, y + offset);
    });
  }
};

struct GroupNormGrad : GroupNormAttributes {
  using GroupNormAttributes::GroupNormAttributes;

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    TF_Tensor *dyTensor = call.input(0), *xTensor = call.input(1), *gammaTensor = call.input(2);
    TF_Tensor *betaTensor = call.input(3), *meanTensor = call.input(4), *rstdTensor = call.input(5);
    if (call.report()) return;
    if (TF_NumDims(xTensor) != 4 || TF_TensorElementCount(dyTensor) != TF_TensorElementCount(xTensor)) {
      call.fail("BandscopeGroupNormGrad: dy and x must have the same four axes");
      return;
    }
    const int64_t n = TF_Dim(xTensor, 0), h = TF_Dim(xTensor, 1), w = TF_Dim(xTensor, 2), c = TF_Dim(xTensor, 3);
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
        gradientSums(dy + offset, x + offset, mean + image * c, rstd + image * c, gamma, beta, silu, pixels, c,
                     dx + offset, sum, sum + c);
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
        gradient(x + offset, mean + image * c, rstd + image * c, gamma, &a[image * c], &b[image * c], pixels, c,
                 dx + offset);
      });
    }
    for (int64_t channel = 0; channel < c; ++channel) {
      dbeta[channel] = static_cast<float>(totals[channel]);
      dgamma[channel] = static_cast<float>(totals[c + channel]);
    }
  }
};

inline bool registerGroupNorm() {
  const std::vector<const char*> attributes = {"groups: int", "epsilon: float", "silu: bool"};
  return registerOperation<GroupNorm>("BandscopeGroupNorm", {"x: float", "gamma: float", "beta: float"},
                                      {"y: float", "mean: float", "rstd: float"}, attributes) &&
         registerOperation<GroupNormGrad>(
             "BandscopeGroupNormGrad",
             {"dy: float", "x: float", "gamma: float", "beta: float", "mean: float", "rstd: float"},
             {"dx: float", "dgamma: float", "dbeta: float"}, attributes);
}

}  // namespace bandscope
