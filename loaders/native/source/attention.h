// Scaled dot-product attention of small heads, and its gradient, one head at a time: the scores, softmax included, never
// leave the cache. TensorFlow's own operations write and read each of them five times.
#pragma once

#include <cmath>
#include <limits>

#include "call.h"
#include "pool.h"
#include "vector.h"

namespace bandscope {

// Vectors of 16 numbers: GCC and Clang split them where a processor's are shorter.
typedef float Lanes __attribute__((vector_size(64), aligned(4)));
constexpr int64_t lanes = 16;

#define INLINE static inline __attribute__((always_inline))

INLINE const Lanes& at(const float* p) { return *reinterpret_cast<const Lanes*>(p); }
INLINE Lanes& at(float* p) { return *reinterpret_cast<Lanes*>(p); }

INLINE float total(const Lanes& x) {
  float sum = 0;
  for (int i = 0; i < lanes; ++i) sum += x[i];
  return sum;
}

// Rows of d values, `stride` apart, to d rows of `padded` values; zeros at the end.
INLINE void pack(const float* rows, int64_t length, int64_t stride, int64_t d, int64_t padded, float* columns) {
  for (int64_t t = 0; t < d; ++t) {
    float* column = columns + t * padded;
    for (int64_t j = 0; j < length; ++j) column[j] = rows[j * stride + t];
    for (int64_t j = length; j < padded; ++j) column[j] = 0;
  }
}

// A row's scores to probabilities.
INLINE void softmax(float* scores, int64_t length, int64_t padded) {
  float largest = scores[0];
  for (int64_t j = length; j < padded; ++j) scores[j] = scores[0];
  Lanes top = at(scores);
  for (int64_t j = lanes; j < padded; j += lanes) {
    const Lanes s = at(scores + j);
    top = s > top ? s : top;
  }
  for (int i = 0; i < lanes; ++i) largest = std::max(largest, top[i]);
  for (int64_t j = 0; j < padded; ++j) scores[j] = exponential(scores[j] - largest);
  for (int64_t j = length; j < padded; ++j) scores[j] = 0;
  Lanes sum = {};
  for (int64_t j = 0; j < padded; j += lanes) sum += at(scores + j);
  const float scale = 1 / total(sum);
  for (int64_t j = 0; j < padded; ++j) scores[j] *= scale;
}

constexpr int block = 4;

// block rows of d numbers times d columns: products[r][j] = Σ_t rows[r][t]·columns[t][j]·scale
INLINE void multiply(const float* rows, int64_t stride, int count, float scale, const float* columns, int64_t d,
                     int64_t padded, float* products) {
  const float* row[block];
  for (int r = 0; r < block; ++r) row[r] = rows + std::min(r, count - 1) * stride;
  for (int64_t j = 0; j < padded; j += lanes) {
    Lanes a = {}, b = {}, c = {}, e = {};
    for (int64_t t = 0; t < d; ++t) {
      const Lanes column = at(columns + t * padded + j);
      a += row[0][t] * column;
      b += row[1][t] * column;
      c += row[2][t] * column;
      e += row[3][t] * column;
    }
    at(products + j) = a * scale;
    at(products + padded + j) = b * scale;
    at(products + 2 * padded + j) = c * scale;
    at(products + 3 * padded + j) = e * scale;
  }
}

// The other way round: rows[r][t] = Σ_j products[r][j]·columns[t][j]·scale
INLINE void gather(const float* products, const float* columns, int64_t d, int64_t padded, int count, float scale,
                   float* rows, int64_t stride) {
  for (int64_t t = 0; t < d; ++t) {
    const float* column = columns + t * padded;
    Lanes sums[block] = {};
    for (int64_t j = 0; j < padded; j += lanes) {
      const Lanes value = at(column + j);
      for (int r = 0; r < block; ++r) sums[r] += at(products + r * padded + j) * value;
    }
    for (int r = 0; r < count; ++r) rows[r * stride + t] = total(sums[r]) * scale;
  }
}

// One head of one image.
FOR_EACH_PROCESSOR
static void attend(const float* q, const float* k, const float* v, int64_t queries, int64_t length, int64_t stride,
                   int64_t d, float scale, float* y, float* scratch) {
  const int64_t padded = (length + lanes - 1) / lanes * lanes;
  float *keys = scratch, *memory = keys + d * padded, *scores = memory + d * padded;
  pack(k, length, stride, d, padded, keys);
  pack(v, length, stride, d, padded, memory);
  for (int64_t i = 0; i < queries; i += block) {
    const int count = static_cast<int>(std::min<int64_t>(block, queries - i));
    multiply(q + i * stride, stride, count, scale, keys, d, padded, scores);
    for (int r = 0; r < block; ++r) softmax(scores + r * padded, length, padded);
    gather(scores, memory, d, padded, count, 1, y + i * stride, stride);
  }
}

// The gradients of one head of one image, from those of its result.
FOR_EACH_PROCESSOR
static void attendBack(const float* dy, const float* q, const float* k, const float* v, int64_t queries,
                       int64_t length, int64_t stride, int64_t d, float scale, float* dq, float* dk, float* dv,
                       float* scratch) {
  const int64_t padded = (length + lanes - 1) / lanes * lanes;
  float *keys = scratch, *memory = keys + d * padded, *dkeys = memory + d * padded, *dmemory = dkeys + d * padded;
  float *scores = dmemory + d * padded, *changes = scores + block * padded;
  pack(k, length, stride, d, padded, keys);
  pack(v, length, stride, d, padded, memory);
  std::fill(dkeys, dkeys + 2 * d * padded, 0.0f);
  for (int64_t i = 0; i < queries; i += block) {
    const int count = static_cast<int>(std::min<int64_t>(block, queries - i));
    multiply(q + i * stride, stride, count, scale, keys, d, padded, scores);
    multiply(dy + i * stride, stride, count, 1, memory, d, padded, changes);
    for (int r = 0; r < block; ++r) {
      float *p = scores + r * padded, *dp = changes + r * padded;
      if (r >= count) {
        // a row that is not there
        std::fill(p, p + padded, 0.0f);
        std::fill(dp, dp + padded, 0.0f);
        continue;
      }
      softmax(p, length, padded);
      Lanes sum = {};
      for (int64_t j = 0; j < padded; j += lanes) sum += at(p + j) * at(dp + j);
      const float mean = total(sum);
      for (int64_t j = 0; j < padded; j += lanes) at(dp + j) = at(p + j) * (at(dp + j) - mean) * scale;
    }
    gather(changes, keys, d, padded, count, 1, dq + i * stride, stride);
    const float *rows[block], *drows[block];
    for (int r = 0; r < block; ++r) {
      rows[r] = q + (i + std::min(r, count - 1)) * stride;
      drows[r] = dy + (i + std::min(r, count - 1)) * stride;
    }
    for (int64_t t = 0; t < d; ++t) {
      float *dkey = dkeys + t * padded, *dvalue = dmemory + t * padded;
      for (int64_t j = 0; j < padded; j += lanes) {
        Lanes a = at(dkey + j), b = at(dvalue + j);
        for (int r = 0; r < block; ++r) {
          a += at(changes + r * padded + j) * rows[r][t];
          b += at(scores + r * padded + j) * drows[r][t];
        }
        at(dkey + j) = a;
        at(dvalue + j) = b;
      }
    }
  }
  for (int64_t t = 0; t < d; ++t) {
    for (int64_t j = 0; j < length; ++j) {
      dk[j * stride + t] = dkeys[t * padded + j];
      dv[j * stride + t] = dmemory[t * padded + j];
    }
  }
}

// What both have in common: q [n, queries, c], k and v [n, length, c].
struct AttentionShape {
  explicit AttentionShape(Construction& from) : heads(from.integer("heads")) {}

  bool read(Call& call, TF_Tensor* q, TF_Tensor* k, TF_Tensor* v) {
    if (call.report()) return false;
    if (TF_NumDims(q) != 3 || TF_NumDims(k) != 3 || TF_NumDims(v) != 3) {
      call.fail("BandscopeAttention: q, k and v must have three axes");
      return false;
    }
    n = TF_Dim(q, 0), queries = TF_Dim(q, 1), c = TF_Dim(q, 2), length = TF_Dim(k, 1);
    if (heads < 1 || c % heads != 0 || length < 1 || TF_Dim(k, 0) != n || TF_Dim(k, 2) != c ||
        TF_TensorElementCount(v) != n * length * c) {
      call.fail("BandscopeAttention: k and v must fit q, and the heads divide its channels");
      return false;
    }
    d = c / heads;
    padded = (length + lanes - 1) / lanes * lanes;
    scale = 1 / std::sqrt(static_cast<float>(d));
    return true;
  }

  // Calls work(offset into the queries, offset into the keys) for each head of each image.
  template <typename Work>
  void each(const Work& work) const {
    Pool::get().run(static_cast<int>(n * heads), n * c * queries * length, [&](int i) {
      const int64_t image = i / heads, head = i % heads;
      work(image * queries * c + head * d, image * length * c + head * d);
    });
  }

  int64_t heads, n = 0, queries = 0, c = 0, length = 0, d = 0, padded = 0;
  float scale = 1;
};

struct Attention : AttentionShape {
  using AttentionShape::AttentionShape;

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    TF_Tensor *q = call.input(0), *k = call.input(1), *v = call.input(2);
    AttentionShape shape(*this);
    if (!shape.read(call, q, k, v)) return;
    float* y = call.output(0, {shape.n, shape.queries, shape.c});
    if (call.report()) return;
    shape.each([&](int64_t a, int64_t b) {
      std::vector<float> scratch((2 * shape.d + block) * shape.padded);
      attend(values(q) + a, values(k) + b, values(v) + b, shape.queries, shape.length, shape.c, shape.d, shape.scale,
             y + a, scratch.data());
    });
  }
};

struct AttentionGrad : AttentionShape {
  using AttentionShape::AttentionShape;

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    TF_Tensor *dy = call.input(0), *q = call.input(1), *k = call.input(2), *v = call.input(3);
    AttentionShape shape(*this);
    if (!shape.read(call, q, k, v)) return;
    if (TF_TensorElementCount(dy) != TF_TensorElementCount(q)) {
      call.fail("BandscopeAttentionGrad: dy must fit q");
      return;
    }
    float* dq = call.output(0, {shape.n, shape.queries, shape.c});
    float* dk = call.output(1, {shape.n, shape.length, shape.c});
    float* dv = call.output(2, {shape.n, shape.length, shape.c});
    if (call.report()) return;
    shape.each([&](int64_t a, int64_t b) {
      std::vector<float> scratch((4 * shape.d + 2 * block) * shape.padded);
      attendBack(values(dy) + a, values(q) + a, values(k) + b, values(v) + b, shape.queries, shape.length, shape.c,
                 shape.d, shape.scale, dq + a, dk + b, dv + b, scratch.data());
    });
  }
};

inline bool registerAttention() {
  return registerOperation<Attention>("BandscopeAttention", {"q: float", "k: float", "v: float"}, {"y: float"},
                                      {"heads: int"}) &&
         registerOperation<AttentionGrad>("BandscopeAttentionGrad",
                                          {"dy: float", "q: float", "k: float", "v: float"},
                                          {"dq: float", "dk: float", "dv: float"}, {"heads: int"});
}

}  // namespace bandscope
