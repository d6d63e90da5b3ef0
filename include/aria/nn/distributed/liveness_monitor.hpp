// Whether all processes that train together are still alive. Without libtorch.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <aria/nn/distributed/key_store.hpp>

namespace aria::nn {

/// How a LivenessMonitor watches.
struct LivenessOptions {
  std::uint64_t rank = 0;
  std::uint64_t count = 1;
  std::string name;                             ///< of this process, for people: "pid 17 on host a"
  std::string keeper = "the store of the run";  ///< who serves the store, for people
  std::chrono::milliseconds period{1000};       ///< from one sign of life to the next
  std::chrono::milliseconds limit{30'000};      ///< one who gives none for so long is lost
};

/// Gives signs of life of this process, and watches those of the next one: every process watches one, so that the work
/// does not grow with their number, and whoever misses one tells all. Works as long as threads of the process run, be
/// its steps ever so slow; a process that is killed, stopped or cut off shows none.
///
///     LivenessMonitor monitor(store, {.rank = 0, .count = 2}, [](const std::string& why) { ... });
///     monitor.announce("rank 0: the disk is full");  // ends the others, too
class LivenessMonitor {
 public:
  /// Called once, on a thread of its own, where the work cannot go on: a process is lost, or has announced its end.
  using OnLost = std::function<void(const std::string& why)>;

  LivenessMonitor(std::shared_ptr<KeyStore> store, LivenessOptions options, OnLost on_lost)
      : state_(std::make_shared<State>(std::move(store), std::move(options), std::move(on_lost))) {
    // Both share what they use: one that hangs in a store that does not answer may outlive this object.
    std::thread([state = state_] { state->beat(); }).detach();
    std::thread([state = state_] { state->watch(); }).detach();
  }
  LivenessMonitor(const LivenessMonitor&) = delete;
  LivenessMonitor& operator=(const LivenessMonitor&) = delete;

  /// From now on nobody is watched, and others do not miss this process.
  ~LivenessMonitor() { state_->stop(); }

  /// Tells all others to end, and why. Whether this was the first one to do so.
  bool announce(const std::string& why) noexcept { return state_->announce(why); }

  /// Why the work cannot go on, where that is known.
  std::optional<std::string> reason() { return state_->reason(); }

  /// Why the work cannot go on, as soon as that is known: waits for it as long as a process may stay silent and a
  /// little more. Nothing where all are well.
  std::optional<std::string> wait_for_reason() { return state_->wait_for_reason(); }

 private:
  using Clock = std::chrono::steady_clock;

  class State {
   public:
    State(std::shared_ptr<KeyStore> store, LivenessOptions options, OnLost on_lost)
        : store_(std::move(store)), options_(std::move(options)), on_lost_(std::move(on_lost)) {}

    void beat() {
      for (std::uint64_t count = 1; !is_stopped(); ++count) {
        try {
          round(count);
          const std::lock_guard lock(mutex_);
          ++answers_;
        } catch (const std::exception&) {
          // `watch` sees how long the store has not answered.
        }
        sleep();
      }
      try {
        store_->set(key_of(options_.rank), kDone);
      } catch (const std::exception&) {
      }
      const std::lock_guard lock(mutex_);
      beat_has_ended_ = true;
      changed_.notify_all();
    }

    void watch() {
      Silence silence(options_.period);
      for (std::uint64_t heard = 0; !is_stopped(); sleep()) {
        const std::uint64_t answers = this->answers();
        silence.pass(/*is_over=*/answers != heard);
        heard = answers;
        if (silence.length() > options_.limit + 2 * options_.period) {
          lose(options_.keeper + " has not answered for " + seconds(silence.length()) + " s");
        }
      }
    }

    void stop() {
      std::unique_lock lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !telling_; });  // what is called may be gone afterwards
      changed_.wait_for(lock, std::chrono::seconds(2), [this] { return beat_has_ended_; });
    }

    bool announce(const std::string& why) noexcept {
      try {
        if (store_->add("end/count", 1) != 1) return false;
        store_->set("end/why", why);
      } catch (const std::exception&) {
      }
      return true;
    }

    std::optional<std::string> reason() {
      const std::lock_guard lock(mutex_);
      return reason_;
    }

    std::optional<std::string> wait_for_reason() {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.limit + 4 * options_.period, [this] { return reason_ || stopped_; });
      return reason_;
    }

   private:
    static constexpr const char* kDone = "done";

    // How long nothing was heard, as far as this thread was there to listen: a process that was suspended with all the
    // others has missed nothing.
    class Silence {
     public:
      explicit Silence(Clock::duration period) : most_at_once_(2 * period) {}
      void pass(bool is_over) {
        const auto now = Clock::now();
        length_ = is_over ? Clock::duration(0) : length_ + std::min(now - last_, most_at_once_);
        last_ = now;
      }
      Clock::duration length() const noexcept { return length_; }

     private:
      Clock::duration most_at_once_, length_{0};
      Clock::time_point last_ = Clock::now();
    };

    static std::string key_of(std::uint64_t rank) { return "alive/" + std::to_string(rank); }
    static std::string seconds(Clock::duration time) {
      return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
    }

    // Between two signs of life.
    void round(std::uint64_t count) {
      if (!is_named_) store_->set("name/" + std::to_string(options_.rank), options_.name);
      is_named_ = true;
      store_->set(key_of(options_.rank), std::to_string(count));
      if (const auto why = store_->get("end/why")) return lose(*why);
      if (options_.count < 2) return;
      const std::uint64_t neighbour = (options_.rank + 1) % options_.count;
      const auto sign = store_->get(key_of(neighbour));
      neighbour_.pass(/*is_over=*/sign != last_sign_ || sign == kDone);
      last_sign_ = sign;
      if (neighbour_.length() <= options_.limit) return;
      std::string why = "rank " + std::to_string(neighbour);
      if (const auto name = store_->get("name/" + std::to_string(neighbour))) why += " (" + *name + ')';
      why += " has shown no sign of life for " + seconds(neighbour_.length()) + " s";
      // Who was first may have been lost before it said why.
      if (!announce(why) && !store_->get("end/why")) store_->set("end/why", why);
      lose(why);
    }

    void lose(const std::string& why) {
      std::unique_lock lock(mutex_);
      if (reason_ || stopped_) return;
      reason_ = why;
      telling_ = true;
      changed_.notify_all();
      lock.unlock();
      if (on_lost_) on_lost_(why);
      lock.lock();
      telling_ = false;
      changed_.notify_all();
    }

    std::uint64_t answers() {
      const std::lock_guard lock(mutex_);
      return answers_;
    }

    bool is_stopped() {
      const std::lock_guard lock(mutex_);
      return stopped_ || reason_;
    }

    void sleep() {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.period, [this] { return stopped_ || reason_; });
    }

    const std::shared_ptr<KeyStore> store_;
    const LivenessOptions options_;
    const OnLost on_lost_;
    // The beating thread's own.
    std::optional<std::string> last_sign_;  // of the neighbour
    Silence neighbour_{options_.period};
    bool is_named_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t answers_ = 0;  // rounds in which the store did what it was asked
    std::optional<std::string> reason_;
    bool stopped_ = false, telling_ = false, beat_has_ended_ = false;
  };

  std::shared_ptr<State> state_;
};

}  // namespace aria::nn
