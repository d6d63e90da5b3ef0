// Joining the other processes of a run, and what happens when one is lost.
#include "processes.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include <aria/nn/distributed/process_place.hpp>
#include <aria/nn/distributed/torch_group.hpp>
#include <aria/nn/training/device.hpp>

#include "../cli/program.hpp"
#include "launcher.hpp"

namespace train {
namespace {

using namespace aria::nn;
using aria::Error, aria::ErrorCode;

#ifdef ARIA_GLOO

// Whoever sets it ends the process.
std::atomic<bool> is_ending{false};

[[noreturn]] void end_with(const std::string& message, bool is_lost) {
  std::cout.flush();
  std::cerr << "aria-train: " << cli::printable(message) << '\n';
  const bool is_told = message.find(" has failed: ") != std::string::npos;  // its own message says more
  if (is_lost && !is_told)
    std::cerr << "aria-train: the run goes on from its last checkpoint with `aria-train resume`\n";
  std::cerr.flush();
  std::_Exit(cli::kWorkFailed);  // threads may hang in what a lost process will never finish
}

// The thread that trains hears of it, too, unless it hangs.
void end_if_hanging(const std::string& why) {
  std::this_thread::sleep_for(std::chrono::seconds(2));
  if (!is_ending.exchange(true)) end_with(why, /*is_lost=*/true);
}

[[noreturn]] void fail(TorchGroup& group, const std::string& what, bool is_lost, bool one_terminal) {
  const std::string name = "rank " + std::to_string(group.rank());
  if (is_ending.exchange(true)) std::this_thread::sleep_for(std::chrono::hours(1));
  const bool is_first = is_lost || group.announce(name + " has failed: " + what);
  // What all of them find wrong is said once, where somebody would read it several times.
  if (!is_first && one_terminal && group.announced().ends_with(" has failed: " + what)) std::_Exit(cli::kWorkFailed);
  end_with(is_lost || group.is_first() ? what : name + ": " + what, is_lost);
}

int run_at(const ProcessPlace& place, const RunOptions& options, bool one_terminal, const Work& work) {
  const auto group = std::make_shared<TorchGroup>(
      place, [&] { return find_device(options.device.value_or("auto"), place.local_rank); },
      TorchGroupOptions{.limit = std::chrono::seconds(options.rank_timeout), .on_lost = end_if_hanging});
  try {
    const int status = work(group);
    group->meet();
    return status;
  } catch (const Error& error) {
    fail(*group, error.what(), error.code() == ErrorCode::process_lost, one_terminal);
  } catch (const std::exception& error) {
    fail(*group, error.what(), false, one_terminal);
  }
}

#else

int run_at(const ProcessPlace& place, const RunOptions&, bool, const Work&) {
  throw Error(ErrorCode::invalid_argument,
              std::to_string(place.count) +
                  " processes were started, and this aria-train is built for one: Gloo's headers were not installed "
                  "(Debian: libgloo-dev)");
}

#endif

}  // namespace

int in_processes(const RunOptions& options, const std::string& command, const std::vector<std::string>& words,
                 const Work& work) {
  const auto place = place_in();
  const bool is_started = stay_with_launcher();
  // One process of a launcher is as good as none.
  if (!place || (place->count == 1 && !is_started)) {
    return options.processes > 1 ? launch(options, command, words) : work(std::make_shared<SingleProcess>());
  }
  if (!is_started && options.processes > 1) {
    throw cli::UsageError("--nproc " + std::to_string(options.processes) + " starts processes, and another launcher " +
                          "has started " + std::to_string(place->count) + " already");
  }
  return place->count == 1 ? work(std::make_shared<SingleProcess>()) : run_at(*place, options, is_started, work);
}

}  // namespace train
