// Work done by several threads, results handed over in order, with a bound on what is under way.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace aria {

/// How many threads to use where nobody said: one a core.
inline unsigned default_workers() noexcept { return std::max(1U, std::thread::hardware_concurrency()); }

struct OrderedMapLimits {
  unsigned workers = default_workers();
  /// Results that may wait for their turn, those being worked on included. 0: four a worker.
  std::size_t in_flight = 0;
  /// Upper bound for the summed cost of what is in flight. A single item that costs more runs alone.
  std::uint64_t cost = std::numeric_limits<std::uint64_t>::max();

  std::size_t window() const noexcept { return in_flight != 0 ? in_flight : std::size_t{4} * workers; }
};

/// Calls `sink` with the result of every item, in the order of the items, for any number of workers alike.
///
/// - `next() -> std::optional<Item>` gives the items, one call at a time, nothing at the end;
/// - `cost(const Item&) -> std::uint64_t` what an item takes from `limits.cost` until its result has been handed over;
/// - `make_worker() -> work` is called once a thread, and `work(Item&, Result&)` does the work. A `Result` is
/// constructed
///   once a place in flight and used again, so that its buffers are;
/// - `sink(Result&)` is never called by two threads at once.
///
/// What `next`, `work` or `sink` throws ends the whole and is thrown again here, an exception of `work` in its item's
/// turn.
template <class Item, class Result, class Next, class Cost, class MakeWorker, class Sink>
class OrderedMap {
 public:
  OrderedMap(Next& next, Cost& cost, MakeWorker& make_worker, Sink& sink, const OrderedMapLimits& limits)
      : next_(next), cost_(cost), make_worker_(make_worker), sink_(sink), limits_(limits) {}

  void run() {
    if (limits_.workers <= 1) return run_alone();
    slots_ = std::vector<Slot>(limits_.window());
    std::vector<std::thread> threads;
    threads.reserve(limits_.workers);
    try {
      for (unsigned i = 1; i < limits_.workers; ++i) threads.emplace_back([this] { work_until_done(); });
    } catch (const std::system_error&) {
      // The system gives no more threads: those that there are do the work.
    }
    work_until_done();
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  struct Slot {
    std::optional<Item> item;
    std::uint64_t cost = 0;
    Result result{};
    std::exception_ptr failure;
    bool ready = false;
  };

  void run_alone() {
    auto work = make_worker_();
    Result result{};
    while (std::optional<Item> item = next_()) {
      work(*item, result);
      sink_(result);
    }
  }

  void work_until_done() {
    try {
      auto work = make_worker_();
      while (Slot* slot = take()) {
        try {
          work(*slot->item, slot->result);
        } catch (...) {
          slot->failure = std::current_exception();
        }
        hand_over(*slot);
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }

  // The next item in a slot of its own, as soon as there is room for it; nullptr at the end.
  Slot* take() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (failure_ || exhausted_) return nullptr;
      if (!waiting_) {
        waiting_ = next_();
        if (!waiting_) {
          exhausted_ = true;
          changed_.notify_all();
          return nullptr;
        }
        waiting_cost_ = cost_(*waiting_);
      }
      const bool fits = in_flight_cost_ == 0 || waiting_cost_ <= limits_.cost - std::min(limits_.cost, in_flight_cost_);
      if (fits && issued_ - handed_over_ < slots_.size()) break;
      changed_.wait(lock);
    }
    Slot& slot = slots_[issued_++ % slots_.size()];
    slot.item = std::exchange(waiting_, std::nullopt);
    slot.cost = waiting_cost_;
    in_flight_cost_ += slot.cost;
    return &slot;
  }

  // Marks the slot as ready and, unless another thread does so already, hands over all whose turn has come.
  void hand_over(Slot& mine) {
    std::unique_lock lock(mutex_);
    mine.ready = true;
    if (handing_over_) return;
    handing_over_ = true;
    while (!failure_) {
      Slot& head = slots_[handed_over_ % slots_.size()];
      if (handed_over_ == issued_ || !head.ready) break;
      lock.unlock();
      if (head.failure) std::rethrow_exception(head.failure);
      sink_(head.result);
      lock.lock();
      head.ready = false;
      in_flight_cost_ -= head.cost;
      ++handed_over_;
      changed_.notify_all();
    }
    handing_over_ = false;
  }

  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }

  Next& next_;
  Cost& cost_;
  MakeWorker& make_worker_;
  Sink& sink_;
  const OrderedMapLimits limits_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  std::optional<Item> waiting_;
  std::uint64_t waiting_cost_ = 0;
  std::uint64_t in_flight_cost_ = 0;
  std::size_t issued_ = 0;
  std::size_t handed_over_ = 0;
  bool handing_over_ = false;
  bool exhausted_ = false;
  std::exception_ptr failure_;
};

/// Runs an OrderedMap over the given functions; see there.
template <class Item, class Result, class Next, class Cost, class MakeWorker, class Sink>
void ordered_map(Next next, Cost cost, MakeWorker make_worker, Sink sink, const OrderedMapLimits& limits = {}) {
  OrderedMap<Item, Result, Next, Cost, MakeWorker, Sink>(next, cost, make_worker, sink, limits).run();
}

}  // namespace aria
