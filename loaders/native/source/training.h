// A whole training step: the rows of a batch on several threads side by side, the sum of their gradients, clipping, AdamW and
// the moving average of the weights.
#pragma once

#include <cmath>
#include <functional>
#include <memory>

#include "optimizer.h"
#include "program.h"
#include "team.h"

namespace bandscope {

FOR_EACH_PROCESSOR
static void addTo(int64_t length, const float* __restrict x, float* __restrict sum) {
  for (int64_t i = 0; i < length; ++i) sum[i] += x[i];
}

FOR_EACH_PROCESSOR
static void average(float decay, float rest, int64_t length, const float* __restrict value, float* __restrict mean) {
  for (int64_t i = 0; i < length; ++i) mean[i] = mean[i] * decay + value[i] * rest;
}

struct TrainingSettings {
  AdamWSettings optimizer;  // its clip is computed here
  double limit;             // of the gradients' joint norm
  float decay, rest;        // of the moving average, and 1 - decay; a decay of 0 for none
};

// The weights and what the optimizer remembers of them, and programs that compute the loss' terms and gradients.
class Training {
 public:
  Training(int threads, std::vector<std::vector<int64_t>> shapes) : shapes(std::move(shapes)), team_(threads) {
    for (const auto& shape : this->shapes) {
      const int64_t count = countOf(shape);
      for (auto* list : {&parameters, &first, &second, &averages, &sums_}) list->emplace_back(count);
      for (int64_t start = 0; start < count; start += piece) {
        pieces_.push_back({static_cast<int>(parameters.size()) - 1, start, std::min(piece, count - start)});
      }
    }
    squares_.resize(pieces_.size());
    for (int i = 0; i < threads; ++i) {
      runners_.emplace_back(new Runner());
      runners_.back()->setParameters(parameters, this->shapes);
    }
  }

  // One for each of the first so many threads, which share the batch in this order.
  void setPrograms(std::vector<std::shared_ptr<Program>> programs) {
    if (!programs_.empty() || programs.empty() || static_cast<int>(programs.size()) > team_.size)
      throw std::runtime_error("a training takes its programs once, one for each thread at most");
    programs_ = std::move(programs);
    for (size_t i = 0; i < programs_.size(); ++i) runners_[i]->add(*programs_[i]);
  }

  const std::vector<std::shared_ptr<Program>>& programs() const { return programs_; }

  // One step. Gives the loss' terms, of which the first is the loss, and the gradients' norm; when one of the two is not a
  // number, nothing has been changed.
  std::vector<double> step(const std::vector<const float*>& inputs, TrainingSettings settings) {
    const int parts = static_cast<int>(programs_.size());
    const std::vector<int64_t> starts = startsOf(programs_);
    team_.run([&](int rank) {
      if (rank < parts) runners_[rank]->run(0, inputs, starts[rank]);
    });
    for (int part = 0; part < parts; ++part) {
      for (size_t i = 0; i < parameters.size(); ++i) {
        if (runners_[part]->arrayCount(static_cast<int>(i)) != parameters[i].count)
          throw std::runtime_error("a gradient does not fit its parameter");
      }
    }
    // always in the order of the parts and pieces: the sum does not depend on which thread is faster
    share([&](int k) {
      const Piece& p = pieces_[k];
      float* sum = sums_[p.tensor].data + p.start;
      std::memcpy(sum, runners_[0]->array(p.tensor) + p.start, p.length * sizeof(float));
      for (int part = 1; part < parts; ++part) addTo(p.length, runners_[part]->array(p.tensor) + p.start, sum);
      squares_[k] = squares(sum, p.length);
    });
    std::vector<double> result(runners_[0]->terms.size(), 0.0);
    for (int part = 0; part < parts; ++part) {
      for (size_t i = 0; i < result.size(); ++i) result[i] += runners_[part]->terms[i];
      runners_[part]->clear();
    }
    double total = 0;
    for (double square : squares_) total += square;
    // rounded as BandscopeSquareSum gives it
    const double norm = std::sqrt(static_cast<double>(static_cast<float>(total)));
    result.push_back(norm);
    if (!std::isfinite(result[0]) || !std::isfinite(norm)) return result;
    settings.optimizer.clip = static_cast<float>(std::min(1.0, settings.limit / (norm + 1e-6)));
    share([&](int k) {
      const Piece& p = pieces_[k];
      float* value = parameters[p.tensor].data + p.start;
      adamWInPlace(settings.optimizer, p.length, sums_[p.tensor].data + p.start, value, first[p.tensor].data + p.start,
                   second[p.tensor].data + p.start);
      if (settings.decay > 0)
        average(settings.decay, settings.rest, p.length, value, averages[p.tensor].data + p.start);
    });
    return result;
  }

  const std::vector<std::vector<int64_t>> shapes;
  std::vector<Values> parameters, first, second, averages;

 private:
  struct Piece {
    int tensor;
    int64_t start, length;
  };
  static constexpr int64_t piece = 16384;

  // All pieces, in as many runs of neighbours as there are threads.
  void share(const std::function<void(int)>& work) {
    const int count = static_cast<int>(pieces_.size());
    team_.run([&](int rank) {
      for (int k = count * rank / team_.size; k < count * (rank + 1) / team_.size; ++k) work(k);
    });
  }

  Team team_;
  std::vector<Values> sums_;
  std::vector<Piece> pieces_;
  std::vector<double> squares_;
  std::vector<std::shared_ptr<Program>> programs_;
  std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace bandscope
