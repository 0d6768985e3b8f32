// A list of operations that was recorded once, and is then run again and again without JavaScript in between.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace bandscope {

struct Attribute {
  std::string name;
  TF_AttrType type;
  bool list;
  std::vector<int64_t> integers;  // also booleans, a type, a shape
  std::vector<float> numbers;
  std::string text;
};

// Tensors are numbered: first the parameters, then the inputs, then constants and results.
struct Operation {
  std::string name;
  std::vector<Attribute> attributes;
  std::vector<int> inputs, outputs;
  std::vector<int> freed;  // not needed any more when it is done
};

struct Constant {
  int slot;
  TF_DataType type;
  std::vector<int64_t> shape;
  std::vector<char> bytes;
};

struct Program {
  int64_t rows;  // of each input: its first axis
  int slots;
  std::vector<std::vector<int64_t>> inputShapes;
  std::vector<Constant> constants;
  std::vector<Operation> operations;
  std::vector<int> terms;   // scalars
  std::vector<int> arrays;  // the other results: of a training the gradients, one for each parameter
};

// A TF_Status that throws.
class Status {
 public:
  Status() : status_(TF_NewStatus()) {}
  ~Status() { TF_DeleteStatus(status_); }
  Status(const Status&) = delete;
  operator TF_Status*() { return status_; }
  void check(const std::string& where) {
    if (TF_GetCode(status_) != TF_OK) throw std::runtime_error(where + ": " + TF_Message(status_));
  }

 private:
  TF_Status* status_;
};

inline int64_t countOf(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t side : shape) count *= side;
  return count;
}

// Memory that TensorFlow takes as it is, without a copy.
class Values {
 public:
  explicit Values(int64_t count) : count(count) {
    const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + 63) / 64 * 64;
    data = static_cast<float*>(std::aligned_alloc(64, bytes == 0 ? 64 : bytes));
    if (!data) throw std::bad_alloc();
    std::memset(data, 0, bytes);
  }
  Values(Values&& other) noexcept : data(other.data), count(other.count) { other.data = nullptr; }
  Values(const Values&) = delete;
  ~Values() { std::free(data); }

  float* data;
  int64_t count;
};

// Programs that share a batch, each with its rows of it: how many values input i has for the whole batch.
inline int64_t inputCount(const std::vector<std::shared_ptr<Program>>& programs, int i) {
  int64_t count = 0;
  for (const auto& program : programs) count += countOf(program->inputShapes[i]);
  return count;
}

// Of each, its first row in the batch.
inline std::vector<int64_t> startsOf(const std::vector<std::shared_ptr<Program>>& programs) {
  std::vector<int64_t> starts;
  int64_t start = 0;
  for (const auto& program : programs) {
    starts.push_back(start);
    start += program->rows;
  }
  return starts;
}

// Runs programs on the thread that asks, with a TensorFlow context of its own that uses no other thread: if
// TF_OVERRIDE_GLOBAL_THREADPOOL was set when TensorFlow was loaded. Otherwise contexts share the first one's threads, which is
// right too, but slower.
class Runner {
 public:
  Runner() {
    // ConfigProto: intra_op_parallelism_threads = 1, inter_op_parallelism_threads = 1
    const unsigned char config[] = {0x10, 1, 0x28, 1};
    Status status;
    TFE_ContextOptions* options = TFE_NewContextOptions();
    TFE_ContextOptionsSetConfig(options, config, sizeof config, status);
    if (TF_GetCode(status) == TF_OK) context_ = TFE_NewContext(options, status);
    TFE_DeleteContextOptions(options);
    status.check("a context for recorded operations");
  }
  Runner(const Runner&) = delete;
  ~Runner() {
    clear();
    for (TFE_TensorHandle* handle : parameters_) TFE_DeleteTensorHandle(handle);
    for (const Loaded& loaded : loaded_) {
      for (TFE_TensorHandle* handle : loaded.constants) TFE_DeleteTensorHandle(handle);
    }
    TFE_DeleteContext(context_);
  }

  // Parameters stay where they are: what is written there is what the next run sees.
  void setParameters(std::vector<Values>& values, const std::vector<std::vector<int64_t>>& shapes) {
    for (size_t i = 0; i < values.size(); ++i) {
      TF_Tensor* tensor = TF_NewTensor(TF_FLOAT, shapes[i].data(), static_cast<int>(shapes[i].size()), values[i].data,
                                       values[i].count * sizeof(float), [](void*, size_t, void*) {}, nullptr);
      if (tensor && TF_TensorData(tensor) != values[i].data) {
        TF_DeleteTensor(tensor);
        throw std::runtime_error("TensorFlow copied a parameter");
      }
      parameters_.push_back(handleOf(tensor));
    }
  }

  // Makes a program the next one to `run` by its number, counted from 0; it stays the caller's.
  void add(const Program& program) {
    loaded_.push_back({&program, {}});
    for (const Constant& constant : program.constants) {
      TF_Tensor* tensor = TF_AllocateTensor(constant.type, constant.shape.data(),
                                            static_cast<int>(constant.shape.size()), constant.bytes.size());
      if (tensor) std::memcpy(TF_TensorData(tensor), constant.bytes.data(), constant.bytes.size());
      loaded_.back().constants.push_back(handleOf(tensor));
    }
  }

  // `inputs`: values of whole batches, of which this takes its rows from `first` on. Results stay until `clear`.
  void run(int number, const std::vector<const float*>& inputs, int64_t first) {
    clear();
    const Loaded& loaded = loaded_[number];
    const Program& program = *loaded.program;
    slots_.assign(program.slots, nullptr);
    owned_.assign(program.slots, false);
    for (size_t i = 0; i < parameters_.size(); ++i) slots_[i] = parameters_[i];
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto& shape = program.inputShapes[i];
      const int64_t count = countOf(shape), width = count / program.rows;
      TF_Tensor* tensor =
          TF_AllocateTensor(TF_FLOAT, shape.data(), static_cast<int>(shape.size()), count * sizeof(float));
      if (tensor) std::memcpy(TF_TensorData(tensor), inputs[i] + first * width, count * sizeof(float));
      set(static_cast<int>(parameters_.size() + i), handleOf(tensor));
    }
    for (size_t i = 0; i < loaded.constants.size(); ++i) slots_[program.constants[i].slot] = loaded.constants[i];
    for (const Operation& operation : program.operations) execute(operation);
    for (int slot : program.arrays) arrays_.push_back(resolve(slot));
    for (int slot : program.terms) {
      TF_Tensor* tensor = resolve(slot);
      terms.push_back(*static_cast<const float*>(TF_TensorData(tensor)));
      TF_DeleteTensor(tensor);
    }
  }

  const float* array(int i) const { return static_cast<const float*>(TF_TensorData(arrays_[i])); }
  int64_t arrayCount(int i) const { return TF_TensorElementCount(arrays_[i]); }

  // Lets go of all results.
  void clear() {
    for (TF_Tensor* tensor : arrays_) TF_DeleteTensor(tensor);
    arrays_.clear();
    terms.clear();
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (owned_[i] && slots_[i]) TFE_DeleteTensorHandle(slots_[i]);
    }
    slots_.clear();
  }

  std::vector<float> terms;

 private:
  struct Loaded {
    const Program* program;
    std::vector<TFE_TensorHandle*> constants;
  };

  TFE_TensorHandle* handleOf(TF_Tensor* tensor) {
    if (!tensor) throw std::bad_alloc();
    Status status;
    TFE_TensorHandle* handle = TFE_NewTensorHandle(tensor, status);
    TF_DeleteTensor(tensor);
    status.check("a tensor");
    return handle;
  }

  void set(int slot, TFE_TensorHandle* handle) {
    slots_[slot] = handle;
    owned_[slot] = true;
  }

  TF_Tensor* resolve(int slot) {
    Status status;
    TF_Tensor* tensor = TFE_TensorHandleResolve(slots_[slot], status);
    status.check("a result");
    return tensor;
  }

  void execute(const Operation& operation) {
    Status status;
    TFE_Op* op = TFE_NewOp(context_, operation.name.c_str(), status);
    status.check(operation.name);
    for (int slot : operation.inputs) {
      if (TF_GetCode(status) == TF_OK) TFE_OpAddInput(op, slots_[slot], status);
    }
    for (const Attribute& attribute : operation.attributes) setAttribute(op, attribute, status);
    std::vector<TFE_TensorHandle*> results(operation.outputs.size(), nullptr);
    int count = static_cast<int>(results.size());
    if (TF_GetCode(status) == TF_OK) TFE_Execute(op, results.data(), &count, status);
    TFE_DeleteOp(op);
    status.check(operation.name);
    for (size_t i = 0; i < results.size(); ++i) set(operation.outputs[i], results[i]);
    for (int slot : operation.freed) {
      TFE_DeleteTensorHandle(slots_[slot]);
      slots_[slot] = nullptr;
    }
  }

  static void setAttribute(TFE_Op* op, const Attribute& a, TF_Status* status) {
    const char* name = a.name.c_str();
    const int length = static_cast<int>(a.type == TF_ATTR_FLOAT ? a.numbers.size() : a.integers.size());
    switch (a.type) {
      case TF_ATTR_STRING:
        TFE_OpSetAttrString(op, name, a.text.data(), a.text.size());
        break;
      case TF_ATTR_INT:
        if (a.list) TFE_OpSetAttrIntList(op, name, a.integers.data(), length);
        else TFE_OpSetAttrInt(op, name, a.integers[0]);
        break;
      case TF_ATTR_FLOAT:
        if (a.list) TFE_OpSetAttrFloatList(op, name, a.numbers.data(), length);
        else TFE_OpSetAttrFloat(op, name, a.numbers[0]);
        break;
      case TF_ATTR_BOOL:
        if (a.list) {
          std::vector<unsigned char> flags(a.integers.begin(), a.integers.end());
          TFE_OpSetAttrBoolList(op, name, flags.data(), length);
        } else {
          TFE_OpSetAttrBool(op, name, a.integers[0] != 0);
        }
        break;
      case TF_ATTR_TYPE:
        TFE_OpSetAttrType(op, name, static_cast<TF_DataType>(a.integers[0]));
        break;
      case TF_ATTR_SHAPE:
        if (TF_GetCode(status) == TF_OK) TFE_OpSetAttrShape(op, name, a.integers.data(), length, status);
        break;
      default:
        TF_SetStatus(status, TF_INVALID_ARGUMENT, "an attribute of an unknown type");
    }
  }

  TFE_Context* context_ = nullptr;
  std::vector<Loaded> loaded_;
  std::vector<TFE_TensorHandle*> parameters_, slots_;
  std::vector<bool> owned_;
  std::vector<TF_Tensor*> arrays_;
};

}  // namespace bandscope
