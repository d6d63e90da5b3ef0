// Lets threads through one at a time, in the order of their numbers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stdexcept>

namespace aria {

/// For the part of parallel work that has to be done in order. Numbers count from 0 and every number gets one ticket; a
/// ticket that is given up before its turn stops all that wait behind it.
///
///     Turnstile turnstile;
///     // in a thread that has item i, while others have 0 to i - 1 or had them:
///     Turnstile::Ticket ticket(turnstile, i);
///     prepare(item);                     // at the same time as others
///     ticket.pass([&] { total += item.size; item.position = total; });
class Turnstile {
 public:
  /// Thrown by `pass` where a number before was given up.
  struct Stopped : std::runtime_error {
    Stopped() : std::runtime_error("stopped because work before it failed") {}
  };

  class Ticket {
   public:
    Ticket(Turnstile& turnstile, std::uint64_t number) noexcept : turnstile_(turnstile), number_(number) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      if (!used_) turnstile_.stop();
    }

    /// Waits for its turn and calls `work`. Throws Stopped, or what `work` throws.
    template <class Work>
    void pass(Work work) {
      turnstile_.wait_for(number_);
      work();
      used_ = true;
      turnstile_.next();
    }

   private:
    Turnstile& turnstile_;
    std::uint64_t number_;
    bool used_ = false;
  };

 private:
  // Turns are short as a rule, and going to sleep takes longer than most of them.
  static constexpr int kLooks = 4000;

  void wait_for(std::uint64_t number) {
    for (int look = 0; look < kLooks; ++look) {
      if (next_.load(std::memory_order_acquire) == number) return;
      rest_a_moment();
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || next_.load(std::memory_order_acquire) == number; });
    if (next_.load(std::memory_order_acquire) != number) throw Stopped();
  }

  void next() {
    const std::lock_guard lock(mutex_);
    next_.fetch_add(1, std::memory_order_release);
    changed_.notify_all();
  }

  void stop() noexcept {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  static void rest_a_moment() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  std::atomic<std::uint64_t> next_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
};

}  // namespace aria
