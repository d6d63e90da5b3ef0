// Whether all processes that train together are still alive. Without libtorch.
#pragma once

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
          answered_ = Clock::now();
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
      while (!is_stopped()) {
        Clock::duration silence;
        {
          const std::lock_guard lock(mutex_);
          silence = Clock::now() - answered_;
        }
        if (silence > options_.limit + 2 * options_.period) {
          lose(options_.keeper + " has not answered for " + seconds(silence) + " s");
        }
        sleep();
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

    std::optional<std::string> wait_for_reason() {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.limit + 4 * options_.period, [this] { return reason_ || stopped_; });
      return reason_;
    }

   private:
    static constexpr const char* kDone = "done";

    static std::string key_of(std::uint64_t rank) { return "alive/" + std::to_string(rank); }
    static std::string seconds(Clock::duration time) {
      return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
    }

    // Between two signs of life.
    void round(std::uint64_t count) {
      if (count == 1) store_->set("name/" + std::to_string(options_.rank), options_.name);
      store_->set(key_of(options_.rank), std::to_string(count));
      if (const auto why = store_->get("end/why")) return lose(*why);
      if (options_.count < 2) return;
      const std::uint64_t neighbour = (options_.rank + 1) % options_.count;
      const auto sign = store_->get(key_of(neighbour));
      if (sign != last_sign_ || sign == kDone) {
        last_sign_ = sign;
        last_change_ = Clock::now();
        return;
      }
      if (Clock::now() - last_change_ <= options_.limit) return;
      std::string why = "rank " + std::to_string(neighbour);
      if (const auto name = store_->get("name/" + std::to_string(neighbour))) why += " (" + *name + ')';
      why += " has shown no sign of life for " + seconds(Clock::now() - last_change_) + " s";
      announce(why);
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
    std::optional<std::string> last_sign_;  // of the neighbour; this and the next are the beating thread's own
    Clock::time_point last_change_ = Clock::now();

    std::mutex mutex_;
    std::condition_variable changed_;
    Clock::time_point answered_ = Clock::now();
    std::optional<std::string> reason_;
    bool stopped_ = false, telling_ = false, beat_has_ended_ = false;
  };

  std::shared_ptr<State> state_;
};

}  // namespace aria::nn
