// A network's pass over a batch: its rows on several threads side by side.
#pragma once

#include <memory>

#include "program.h"
#include "team.h"

namespace bandscope {

// The weights, and programs for batches of several shapes.
class Evaluation {
 public:
  Evaluation(int threads, std::vector<std::vector<int64_t>> shapes) : shapes(std::move(shapes)), team_(threads) {
    for (const auto& shape : this->shapes) parameters.emplace_back(countOf(shape));
    for (int i = 0; i < threads; ++i) {
      runners_.emplace_back(new Runner());
      runners_.back()->setParameters(parameters, this->shapes);
    }
  }

  // For batches of one shape: one program for each of the first so many threads, which share the batch in this order.
  // Gives its number.
  int add(std::vector<std::shared_ptr<Program>> programs) {
    if (programs.empty() || static_cast<int>(programs.size()) > team_.size)
      throw std::runtime_error("a batch has one program for each thread at most");
    // a thread that has no part of this batch has a program of that number all the same
    for (int i = 0; i < team_.size; ++i)
      runners_[i]->add(*programs[std::min(static_cast<size_t>(i), programs.size() - 1)]);
    batches_.push_back(std::move(programs));
    return static_cast<int>(batches_.size()) - 1;
  }

  const std::vector<std::shared_ptr<Program>>& batch(int number) const { return batches_.at(number); }

  // Whole batches in; `receive(i, count)` gives the place for the `count` values of result i.
  void run(int number, const std::vector<const float*>& inputs, const std::function<float*(int, int64_t)>& receive) {
    const auto& programs = batches_.at(number);
    const int parts = static_cast<int>(programs.size());
    const std::vector<int64_t> starts = startsOf(programs);
    team_.run([&](int rank) {
      if (rank < parts) runners_[rank]->run(number, inputs, starts[rank]);
    });
    for (size_t i = 0; i < programs[0]->arrays.size(); ++i) {
      const int result = static_cast<int>(i);
      int64_t count = 0;
      for (int part = 0; part < parts; ++part) count += runners_[part]->arrayCount(result);
      float* to = receive(result, count);
      for (int part = 0; part < parts; ++part) {
        const int64_t own = runners_[part]->arrayCount(result);
        std::memcpy(to, runners_[part]->array(result), own * sizeof(float));
        to += own;
      }
    }
    for (int part = 0; part < parts; ++part) runners_[part]->clear();
  }

  const std::vector<std::vector<int64_t>> shapes;
  std::vector<Values> parameters;

 private:
  Team team_;
  std::vector<std::vector<std::shared_ptr<Program>>> batches_;
  std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace bandscope
