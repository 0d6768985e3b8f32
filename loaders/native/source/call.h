// TensorFlow's C API for kernels, a little more comfortable.
#pragma once

#include <cstdint>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace bandscope {

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

  // Output i is this input, whose memory it shares, in another shape.
  void pass(int i, TF_Tensor* tensor, const std::vector<int64_t>& shape) {
    TF_Tensor* alias = TF_AllocateTensor(TF_FLOAT, nullptr, 0, sizeof(float));
    keep(alias);
    TF_TensorBitcastFrom(tensor, TF_FLOAT, alias, shape.data(), static_cast<int>(shape.size()), status_);
    if (TF_GetCode(status_) == TF_OK) TF_SetOutput(context_, i, alias, status_);
  }

  int inputs() const { return TF_NumInputs(context_); }

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

// A kernel's attributes, read when it is made. What is read first fails first.
class Construction {
 public:
  explicit Construction(TF_OpKernelConstruction* context) : context_(context), status_(TF_NewStatus()) {}
  ~Construction() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(context_, status_);
    TF_DeleteStatus(status_);
  }

  int64_t integer(const char* name) {
    int64_t value = 0;
    if (ok()) TF_OpKernelConstruction_GetAttrInt64(context_, name, &value, status_);
    return value;
  }

  float number(const char* name) {
    float value = 0;
    if (ok()) TF_OpKernelConstruction_GetAttrFloat(context_, name, &value, status_);
    return value;
  }

  bool boolean(const char* name) {
    unsigned char value = 0;
    if (ok()) TF_OpKernelConstruction_GetAttrBool(context_, name, &value, status_);
    return value != 0;
  }

  std::vector<int64_t> integers(const char* name) {
    int32_t length = 0, bytes = 0;
    if (ok()) TF_OpKernelConstruction_GetAttrSize(context_, name, &length, &bytes, status_);
    std::vector<int64_t> values(length > 0 ? length : 0);
    if (ok()) TF_OpKernelConstruction_GetAttrInt64List(context_, name, values.data(), length, status_);
    return values;
  }

 private:
  bool ok() const { return TF_GetCode(status_) == TF_OK; }

  TF_OpKernelConstruction* context_;
  TF_Status* status_;
};

// Registers an operation with float inputs and outputs, and its kernel for the processor. `Kernel` is made from a
// Construction and has compute(TF_OpKernelContext*).
template <typename Kernel>
bool registerOperation(const char* name, const std::vector<const char*>& inputs,
                       const std::vector<const char*>& outputs, const std::vector<const char*>& attributes) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* operation = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(operation, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(operation, output);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(operation, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(operation, &TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(operation, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(
        name, "CPU",
        [](TF_OpKernelConstruction* context) -> void* {
          Construction construction(context);
          return new Kernel(construction);
        },
        [](void* kernel, TF_OpKernelContext* context) { static_cast<Kernel*>(kernel)->compute(context); },
        [](void* kernel) { delete static_cast<Kernel*>(kernel); });
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  const bool done = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return done;
}

}  // namespace bandscope
