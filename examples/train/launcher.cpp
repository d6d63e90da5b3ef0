// Local processes: started, connected, watched.
#include "launcher.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/nn/distributed/torch_store.hpp>

#include "../cli/program.hpp"

extern char** environ;

namespace train {
namespace {

constexpr const char* kParent = "ARIA_TRAIN_PARENT";
constexpr const char* kAddress = "127.0.0.1";

using Clock = std::chrono::steady_clock;

// The environment of this process without what `changes` name, and with these.
std::vector<std::string> changed_environment(const std::vector<std::string>& changes) {
  const auto key_of = [](std::string_view entry) { return entry.substr(0, entry.find('=') + 1); };
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const bool changes_it = std::any_of(changes.begin(), changes.end(),
                                        [&](const std::string& change) { return key_of(change) == key_of(*entry); });
    if (!changes_it) all.emplace_back(*entry);
  }
  all.insert(all.end(), changes.begin(), changes.end());
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What a rank did to end.
std::string ending_text(std::size_t rank, int status) {
  const std::string name = "rank " + std::to_string(rank);
  if (!WIFSIGNALED(status)) return name + " has failed";
  return name + " was ended by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ')';
}

class Launcher {
 public:
  explicit Launcher(const RunOptions& options) : options_(options) {
    std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, which programs inherit, ends cannot be waited for
    // Waited for below. Blocked before libtorch starts threads, which inherit that.
    ::sigemptyset(&signals_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) ::sigaddset(&signals_, signal);
    ::sigprocmask(SIG_BLOCK, &signals_, &before_);
    const auto store = aria::nn::open_store(kAddress, 0, /*serve=*/true, std::chrono::minutes(1));
    port_ = static_cast<c10d::TCPStore&>(*store).getPort();
    store_.emplace(store, "aria/0/");
  }

  void start(const std::string& command, const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {"aria-train", command};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const std::string count = std::to_string(options_.processes);
    for (std::size_t rank = 0; rank < options_.processes; ++rank) {
      const std::string number = std::to_string(rank);
      auto environment = changed_environment({"RANK=" + number, "LOCAL_RANK=" + number, "WORLD_SIZE=" + count,
                                              "LOCAL_WORLD_SIZE=" + count, std::string("MASTER_ADDR=") + kAddress,
                                              "MASTER_PORT=" + std::to_string(port_),
                                              "TORCHELASTIC_USE_AGENT_STORE=True", "TORCHELASTIC_RESTART_COUNT=0",
                                              std::string(kParent) + '=' + std::to_string(::getpid())});
      children_.push_back(start_one(pointers_to(arguments), pointers_to(environment)));
    }
  }

  int wait() {
    while (alive() > 0) {
      siginfo_t signal{};
      const timespec second{1, 0};
      const int got = ::sigtimedwait(&signals_, &signal, &second);
      if (got == SIGTERM || got == SIGINT) pass_on(got, signal);
      reap();
      if (kill_at_ && Clock::now() > *kill_at_) send_to_all(SIGKILL);
    }
    return status_;
  }

 private:
  pid_t start_one(const std::vector<char*>& arguments, const std::vector<char*>& environment) const {
    const pid_t child = ::fork();
    if (child < 0)
      throw aria::Error(aria::ErrorCode::io, std::string("cannot start a process: ") + std::strerror(errno));
    if (child > 0) return child;
    // Between fork and exec nothing but system calls: other threads may hold locks.
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    ::execve("/proc/self/exe", arguments.data(), environment.data());
    ::_exit(127);
  }

  std::size_t alive() const {
    return static_cast<std::size_t>(
        std::count_if(children_.begin(), children_.end(), [](pid_t pid) { return pid > 0; }));
  }

  // A terminal sends Ctrl-C to all of them itself.
  void pass_on(int got, const siginfo_t& signal) const {
    if (got == SIGTERM || signal.si_code <= 0) send_to_all(got);
  }
  void send_to_all(int signal) const {
    for (const pid_t child : children_) {
      if (child > 0) ::kill(child, signal);
    }
  }

  void reap() {
    for (std::size_t rank = 0; rank < children_.size(); ++rank) {
      int status = 0;
      if (children_[rank] <= 0) continue;
      const pid_t ended = ::waitpid(children_[rank], &status, WNOHANG);
      if (ended == 0 || (ended < 0 && errno != ECHILD)) continue;
      children_[rank] = -1;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) note_failure(rank, status);
    }
  }

  void note_failure(std::size_t rank, int status) {
    if (kill_at_) return;  // another one was the first
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : cli::kWorkFailed;
    kill_at_ = Clock::now() + std::chrono::seconds(10);
    // Who failed by an error has told the others itself.
    if (store_->add("end/count", 1) == 1) store_->set("end/why", ending_text(rank, status));
  }

  const RunOptions& options_;
  sigset_t signals_{}, before_{};
  std::uint16_t port_ = 0;
  std::optional<aria::nn::TorchStore> store_;
  std::vector<pid_t> children_;  // -1: has ended
  int status_ = cli::kDone;
  std::optional<Clock::time_point> kill_at_;  // once one has failed
};

}  // namespace

int launch(const RunOptions& options, const std::string& command, const std::vector<std::string>& words) {
  Launcher launcher(options);
  launcher.start(command, words);
  return launcher.wait();
}

bool stay_with_launcher() {
  const char* parent = std::getenv(kParent);
  if (parent == nullptr) return false;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (std::to_string(::getppid()) != parent) ::raise(SIGTERM);  // it has ended before that
  return true;
}

}  // namespace train
