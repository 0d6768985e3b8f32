// Threads that do the same work side by side.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "pool.h"

namespace bandscope {

// Threads that do the same work, each knowing its number; the caller is number 0.
class Team {
 public:
  explicit Team(int size) : size(size) {
    for (int rank = 1; rank < size; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
  }
  ~Team() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Calls work(0) … work(size - 1) at the same time and returns when all are done. @throws what the first of them threw
  void run(const std::function<void(int)>& work) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      busy_ = size - 1;
      errors_.assign(size, nullptr);
      ++generation_;
    }
    wake_.notify_all();
    attempt(work, 0);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    for (const std::exception_ptr& error : errors_) {
      if (error) std::rethrow_exception(error);
    }
  }

  const int size;

 private:
  void serve(int rank) {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return ended_ || generation_ != seen; });
      if (ended_) return;
      seen = generation_;
      const std::function<void(int)>* work = work_;
      lock.unlock();
      attempt(*work, rank);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void attempt(const std::function<void(int)>& work, int rank) {
    // our own operations too keep to this thread
    AloneHere alone;
    try {
      work(rank);
    } catch (...) {
      errors_[rank] = std::current_exception();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* work_ = nullptr;
  std::vector<std::exception_ptr> errors_;
  uint64_t generation_ = 0;
  int busy_ = 0;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace bandscope
