// What follows a convolution or a product: bias and residual, added in place. TensorFlow's own additions make a new tensor
// each, which costs more than the sum.
#pragma once

#include "call.h"
#include "pool.h"
#include "vector.h"

namespace bandscope {

FOR_EACH_PROCESSOR
static void addRows(float* __restrict y, const float* __restrict bias, const float* __restrict residual,
                    int64_t rows, int64_t channels) {
  if (channels < 8) {
    // short rows make short vectors: the bias is not the inner loop's
    for (int64_t c = 0; c < channels; ++c) {
      const float b = bias[c];
      for (int64_t i = c; i < rows * channels; i += channels) y[i] += b;
    }
    if (residual) {
      for (int64_t i = 0; i < rows * channels; ++i) y[i] += residual[i];
    }
  } else if (residual) {
    for (int64_t r = 0; r < rows; ++r, y += channels, residual += channels) {
      for (int64_t c = 0; c < channels; ++c) y[c] += bias[c] + residual[c];
    }
  } else {
    for (int64_t r = 0; r < rows; ++r, y += channels) {
      for (int64_t c = 0; c < channels; ++c) y[c] += bias[c];
    }
  }
}

// y + bias + residuals, written over y: whoever calls this must be y's only owner. The bias is [c], or [n, c] with one for
// each of the n images of y; there may be one residual; `shape` is the result's.
struct AddInPlace {
  explicit AddInPlace(Construction& from)
      : residuals(static_cast<int>(from.integer("N"))), shape(from.integers("shape")) {}

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    TF_Tensor *y = call.input(0), *bias = call.input(1), *residual = residuals > 0 ? call.input(2) : nullptr;
    if (call.report()) return;
    const int64_t length = TF_TensorElementCount(y), channels = TF_Dim(bias, TF_NumDims(bias) - 1);
    const int64_t images = TF_NumDims(bias) == 1 ? 1 : TF_Dim(bias, 0);
    int64_t wanted = 1;
    for (int64_t side : shape) wanted *= side;
    if (wanted != length || (residual && TF_TensorElementCount(residual) != length) || channels * images == 0 ||
        length % (channels * images) != 0) {
      call.fail("BandscopeAddInPlace: bias, residual and shape must fit y");
      return;
    }
    float* out = static_cast<float*>(TF_TensorData(y));
    const float* shift = values(bias);
    const float* rest = residual ? values(residual) : nullptr;
    const int64_t rows = length / channels / images, piece = std::max<int64_t>(1, 32768 / channels);
    const int64_t pieces = (rows + piece - 1) / piece;
    Pool::get().run(static_cast<int>(images * pieces), [&](int i) {
      const int64_t image = i / pieces, start = (i % pieces) * piece, offset = (image * rows + start) * channels;
      addRows(out + offset, shift + image * channels, rest ? rest + offset : nullptr,
              std::min(piece, rows - start), channels);
    });
    call.pass(0, y, shape);
    call.report();
  }

  int residuals;
  std::vector<int64_t> shape;
};

inline bool registerAddInPlace() {
  return registerOperation<AddInPlace>("BandscopeAddInPlace", {"y: float", "bias: float", "residual: N * float"},
                                       {"sum: float"}, {"N: int >= 0", "shape: list(int)"});
}

}  // namespace bandscope
