// Operations that TensorFlow lacks, for the processor, float32, registered through TensorFlow's C API when this module is
// loaded; and training steps and passes over a batch made of them.
#include <node_api.h>

#if __has_include("tensorflow/c/kernels.h") && __has_include("tensorflow/c/ops.h")
#include "biases.h"
#include "attention.h"
#include "evaluation-exports.h"
#include "group-norm.h"
#include "optimizer.h"
#include "training-exports.h"

static bool (*const registrations[])() = {&bandscope::registerGroupNorm, &bandscope::registerBiases,
                                          &bandscope::registerAttention, &bandscope::registerOptimizer};
#else
static bool (*const registrations[])() = {nullptr, nullptr, nullptr, nullptr};
#endif

static const char* const names[] = {"groupNorm", "biases", "attention", "optimizer"};

// exports.NAME says whether an operation, and what belongs to it, is there; exports.training and
// exports.evaluation have functions.
static napi_value init(napi_env env, napi_value exports) {
  for (int i = 0; i < 4; ++i) {
    napi_value registered;
    napi_get_boolean(env, registrations[i] && registrations[i](), &registered);
    napi_set_named_property(env, exports, names[i], registered);
  }
#if __has_include("tensorflow/c/kernels.h") && __has_include("tensorflow/c/ops.h")
  bandscope::exportTraining(env, exports);
  bandscope::exportEvaluation(env, exports);
#endif
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
