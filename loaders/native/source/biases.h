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
    Pool::get().run(static_cast<int>(images * pieces), length, [&](int i) {
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

FOR_EACH_PROCESSOR
static void sumRows(const float* __restrict x, int64_t rows, int64_t channels, float* __restrict sums) {
  for (int64_t r = 0; r < rows; ++r, x += channels) {
    for (int64_t c = 0; c < channels; ++c) sums[c] += x[c];
  }
}

// The gradient of a bias: sums over all axes but the last, and but the first where each image has its own bias.
struct SumRows {
  explicit SumRows(Construction& from) : perImage(from.boolean("per_image")) {}

  void compute(TF_OpKernelContext* context) const {
    Call call(context);
    TF_Tensor* x = call.input(0);
    if (call.report()) return;
    const int64_t channels = TF_Dim(x, TF_NumDims(x) - 1), images = perImage ? TF_Dim(x, 0) : 1;
    float* sums = perImage ? call.output(0, {images, channels}) : call.output(0, {channels});
    if (call.report()) return;
    std::fill(sums, sums + images * channels, 0.0f);
    const int64_t length = TF_TensorElementCount(x);
    if (length == 0) return;
    const int64_t rows = length / channels / images, piece = std::max<int64_t>(16, 16384 / channels);
    const int64_t pieces = (rows + piece - 1) / piece;
    std::vector<float> parts(images * pieces * channels, 0.0f);
    Pool::get().run(static_cast<int>(images * pieces), length, [&](int i) {
      const int64_t image = i / pieces, start = (i % pieces) * piece;
      sumRows(values(x) + (image * rows + start) * channels, std::min(piece, rows - start), channels,
              &parts[i * channels]);
    });
    for (int64_t image = 0; image < images; ++image) {
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (int64_t i = 0; i < pieces; ++i) sum += parts[(image * pieces + i) * channels + c];
        sums[image * channels + c] = static_cast<float>(sum);
      }
    }
  }

  bool perImage;
};

inline bool registerBiases() {
  return registerOperation<AddInPlace>("BandscopeAddInPlace", {"y: float", "bias: float", "residual: N * float"},
                                       {"sum: float"}, {"N: int >= 0", "shape: list(int)"}) &&
         registerOperation<SumRows>("BandscopeSumRows", {"x: float"}, {"sums: float"}, {"per_image: bool"});
}

}  // namespace bandscope
