// A ProcessGroup on libtorch's c10d: Gloo, and NCCL for tensors on GPUs where libtorch has it. Where ARIA_GLOO is not
// defined, Gloo's headers are not installed (Debian: libgloo-dev), and there is none.
#pragma once

#ifdef ARIA_GLOO

#include <unistd.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
// libtorch for GPUs says that it has NCCL; its headers may be missing all the same.
#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#define ARIA_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/nn/distributed/liveness_monitor.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/distributed/process_place.hpp>
#include <aria/nn/distributed/torch_store.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// How processes wait for each other.
struct TorchGroupOptions {
  std::chrono::milliseconds limit{30'000};      ///< one who shows no sign of life for so long is lost
  std::chrono::milliseconds patience{600'000};  ///< with those who have not joined yet
  /// Called on another thread where a process is lost: this one may hang in what only that one could end, so that the
  /// usual thing to do is to say why and to end.
  LivenessMonitor::OnLost on_lost{};
};

/// Processes that found each other at a ProcessPlace.
///
///     const auto group = std::make_shared<TorchGroup>(*place_in(), [] { return torch::Device(torch::kCPU); },
///     options); group->any(wants_to_stop);
class TorchGroup : public ProcessGroup {
 public:
  /// Waits for all others; `device` gives where tensors to be summed lie, and its errors reach the others, too. Throws
  /// process_lost where they do not come.
  TorchGroup(const ProcessPlace& place, const std::function<torch::Device()>& device, TorchGroupOptions options)
      : place_(place), options_(std::move(options)) {
    store_ = open_store(place.address, place.port, serves(), options_.patience);
    // A connection of its own: the other one is taken while it waits.
    keys_ = std::make_shared<TorchStore>(open_store(place.address, place.port, false, options_.patience), prefix());
    translated([this] { wait_for_all(); });
    monitor_.emplace(keys_,
                     LivenessOptions{.rank = place.rank,
                                     .count = place.count,
                                     .name = "pid " + std::to_string(::getpid()) + " on " + host_name(),
                                     .keeper = std::string(place.launcher_answers ? "the launcher" : "rank 0") +
                                               ", which keeps the processes together at " + place.address + ':' +
                                               std::to_string(place.port) + ",",
                                     .period = std::min(kPeriod, options_.limit / 5),
                                     .limit = options_.limit},
                     options_.on_lost);
    try {
      translated([&] { connect(device()); });
    } catch (const std::exception& error) {
      announce("rank " + std::to_string(place_.rank) + " has failed: " + error.what());
      throw;
    }
  }

  /// Does not wait for the others; ends them unless all of them have met before.
  ~TorchGroup() override {
    if (!has_met_ && !broken_) announce("rank " + std::to_string(place_.rank) + " has left before the end");
    if (!broken_) return;
    // Their threads hang in what a lost process will never finish, and are joined by their destructors.
    (void)gloo_.release();
    (void)tensors_.release();
  }

  std::uint64_t rank() const noexcept override { return place_.rank; }
  std::uint64_t size() const noexcept override { return place_.count; }
  std::uint64_t local_rank() const noexcept override { return place_.local_rank; }
  std::uint64_t local_size() const noexcept override { return place_.local_count; }

  void sum(std::span<double> numbers) override {
    torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(numbers.size())}, torch::kDouble);
    std::copy(numbers.begin(), numbers.end(), tensor.data_ptr<double>());
    waiting([&] {
      std::vector<torch::Tensor> tensors = {tensor};
      gloo_->allreduce(tensors)->wait();
    });
    std::copy_n(tensor.data_ptr<double>(), numbers.size(), numbers.begin());
  }

  std::function<void()> start_sum(const torch::Tensor& tensor) override {
    std::vector<torch::Tensor> tensors = {tensor};
    const auto work = guarded([&] { return backend(tensor)->allreduce(tensors); });
    return [this, work] { waiting([&] { work->wait(); }); };
  }

  void broadcast(const torch::Tensor& tensor) override {
    std::vector<torch::Tensor> tensors = {tensor};
    waiting([&] { backend(tensor)->broadcast(tensors)->wait(); });
  }

  std::string said_by(std::uint64_t rank, const std::string& text) override {
    const std::string key = "said/" + std::to_string(said_++);
    return waiting([&] {
      if (rank == place_.rank) {
        keys_->set(key, text);
        return text;
      }
      for (;;) {
        if (auto said = keys_->get(key)) return *said;
        if (const auto why = monitor_->reason()) throw Error(ErrorCode::process_lost, *why);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
  }

  double waited() const noexcept override { return waited_; }

  /// Tells all others to end, and why. Whether this was the first one to do so.
  bool announce(const std::string& why) noexcept {
    broken_ = true;
    const bool is_first = monitor_->announce(why);
    // The others are to read it before the store goes with this process.
    if (serves()) std::this_thread::sleep_for(std::chrono::seconds(3));
    return is_first;
  }

  /// What was announced first.
  std::string announced() noexcept {
    try {
      // Whoever announces counts first and writes then.
      for (int i = 0; i < 100; ++i) {
        if (const auto why = keys_->get("end/why")) return *why;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    } catch (const std::exception&) {
    }
    return "";
  }

  /// Waits until all others are here, too: to be called before the end, so that nobody misses anybody.
  void meet() {
    (void)any(false);
    has_met_ = true;
  }

 private:
#if ARIA_TORCH_AT_LEAST(2, 0)
  using Backend = c10d::Backend;
#else
  using Backend = c10d::ProcessGroup;
#endif

  bool serves() const noexcept { return place_.rank == 0 && !place_.launcher_answers; }

  static constexpr std::chrono::milliseconds kPeriod{1000};  // from one sign of life to the next, at most

  // Processes that torchrun started again do not meet what the first ones left.
  static std::string prefix() {
    const char* restart = std::getenv("TORCHELASTIC_RESTART_COUNT");
    return std::string("aria/") + (restart == nullptr ? "0" : restart) + '/';
  }

  static std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this machine";
  }

  void wait_for_all() {
    const auto key = [](std::uint64_t rank) { return "joined/" + std::to_string(rank); };
    if (keys_->add(key(place_.rank), 1) != 1) {
      throw Error(ErrorCode::invalid_argument, "there are two processes of rank " + std::to_string(place_.rank) +
                                                   " at " + place_.address + ':' + std::to_string(place_.port));
    }
    const auto until = std::chrono::steady_clock::now() + options_.patience;
    for (std::uint64_t rank = 0; rank < place_.count; ++rank) {
      while (!keys_->get(key(rank))) {
        if (const auto why = keys_->get("end/why")) throw Error(ErrorCode::process_lost, *why);
        if (std::chrono::steady_clock::now() > until) {
          throw Error(ErrorCode::process_lost, "rank " + std::to_string(rank) + " of " + std::to_string(place_.count) +
                                                   " did not come to " + place_.address + ':' +
                                                   std::to_string(place_.port) + " within " +
                                                   std::to_string(options_.patience.count() / 1000) + " s");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  }

  void connect(const torch::Device& device) {
    // Slow is not lost: how long others may stay silent is for the monitor to say.
    constexpr std::chrono::hours kForever{24 * 365};
    const auto options = c10d::ProcessGroupGloo::Options::create(kForever);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    const bool one_machine = place_.count == place_.local_count;
    options->devices = {interface != nullptr ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                        : one_machine        ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                             : c10d::ProcessGroupGloo::createDefaultDevice()};
    options->threads = 2;
    gloo_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        c10::make_intrusive<c10d::PrefixStore>(prefix() + "gloo", store_), static_cast<int>(place_.rank),
        static_cast<int>(place_.count), options);
#ifdef ARIA_NCCL
    if (device.is_cuda()) {
      const auto nccl = c10d::ProcessGroupNCCL::Options::create();
      nccl->timeout = kForever;
      tensors_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(
          c10::make_intrusive<c10d::PrefixStore>(prefix() + "nccl", store_), static_cast<int>(place_.rank),
          static_cast<int>(place_.count), nccl);
    }
#else
    (void)device;
#endif
  }

  Backend* backend(const torch::Tensor& tensor) const {
    return tensor.is_cuda() && tensors_ ? tensors_.get() : gloo_.get();
  }

  // Of libtorch's errors the first line is what they say.
  template <class Work>
  static void translated(Work work) {
    try {
      work();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(ErrorCode::process_lost, "the processes cannot be connected: " + detail::first_line(error));
    }
  }

  // What fails because a process is lost says which one.
  template <class Work>
  std::invoke_result_t<Work> guarded(Work work) {
    try {
      return work();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      broken_ = true;
      throw Error(ErrorCode::process_lost,
                  monitor_->wait_for_reason().value_or("the connection to another process broke: " +
                                                       detail::first_line(error)));
    }
  }

  template <class Work>
  std::invoke_result_t<Work> waiting(Work work) {
    struct Watch {
      double& total;
      std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
      ~Watch() { total += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
    };
    const Watch watch{waited_};
    return guarded(work);
  }

  ProcessPlace place_;
  TorchGroupOptions options_;
  c10::intrusive_ptr<c10d::Store> store_;
  std::shared_ptr<TorchStore> keys_;
  std::optional<LivenessMonitor> monitor_;
  c10::intrusive_ptr<Backend> gloo_, tensors_;
  bool broken_ = false, has_met_ = false;
  std::uint64_t said_ = 0;
  double waited_ = 0;
};

}  // namespace aria::nn

#endif  // ARIA_GLOO
