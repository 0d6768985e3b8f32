// Threads for our own operations.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bandscope {

// While there is one, this thread's operations keep to this thread.
class AloneHere {
 public:
  AloneHere() { ++depth(); }
  ~AloneHere() { --depth(); }
  static bool now() { return depth() > 0; }

 private:
  static int& depth() {
    static thread_local int depth = 0;
    return depth;
  }
};

// Threads that wait for pieces of work. TensorFlow's own pool has no C API.
class Pool {
 public:
  static Pool& get() {
    // never destroyed: at exit its threads may still wait
    static Pool* pool = new Pool();
    return *pool;
  }

  // Calls work(0) … work(count - 1), in any order, and returns when all are done. `cost` is roughly how many numbers are
  // added: to wake a thread for little takes longer than to do it.
  void run(int count, int64_t cost, const std::function<void(int)>& work) {
    if (count <= 1 || cost < 300000 || threads_.empty() || AloneHere::now()) {
      for (int i = 0; i < count; ++i) work(i);
      return;
    }
    std::lock_guard<std::mutex> one_at_a_time(caller_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      count_ = count;
      next_ = 0;
      ++generation_;
    }
    wake_.notify_all();
    drain(work, count);
    std::unique_lock<std::mutex> lock(mutex_);
    // a thread that has not woken by now need not be waited for
    work_ = nullptr;
    idle_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  Pool() {
    const char* wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
    int threads = wanted ? std::atoi(wanted) : 0;
    if (threads < 1) threads = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < threads; ++i) {
      threads_.emplace_back([this] { serve(); });
      threads_.back().detach();
    }
  }

  void serve() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (!work_) continue;
      const std::function<void(int)>* work = work_;
      const int count = count_;
      ++busy_;
      lock.unlock();
      drain(*work, count);
      lock.lock();
      if (--busy_ == 0) idle_.notify_one();
    }
  }

  void drain(const std::function<void(int)>& work, int count) {
    for (int i; (i = next_.fetch_add(1)) < count;) work(i);
  }

  std::vector<std::thread> threads_;
  std::mutex caller_, mutex_;
  std::condition_variable wake_, idle_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<int> next_{0};
  int count_ = 0, busy_ = 0;
  uint64_t generation_ = 0;
};

}  // namespace bandscope
