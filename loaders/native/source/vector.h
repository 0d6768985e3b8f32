// What the operations' inner loops share: vectors for whatever processor there is, and the exponential function.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

// The module may be run on another machine than it was built on (a shared home): the processor is asked at run time.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace bandscope {

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

}  // namespace bandscope
