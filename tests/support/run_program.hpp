// Runs a program as a user does, and tells what came of it.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace test {

/// Sanitizers take memory and time of their own: what is measured under them says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

struct RunOptions {
  std::string folder{};                                   ///< where to run; empty: here
  std::string output{};                                   ///< where standard output goes; empty: it is captured
  std::optional<std::uint64_t> file_size_limit{};         ///< bytes that a file may have: a disk that is full
  bool as_nobody = false;                                 ///< root runs it without its rights
  std::optional<std::chrono::microseconds> kill_after{};  ///< kill -9 at this time, unless it has ended
  std::optional<std::uint64_t> kill_at_stop{};            ///< kill -9 where system call kill_at_stop / 2 begins or ends
  std::vector<std::pair<std::string, std::string>> environment{};  ///< variables that it gets, or loses where empty
  bool count_stops = false;                                        ///< trace the program; see ProgramRun::stops
};

struct ProgramRun {
  int status = -1;               ///< exit status, -1 where a signal ended it
  int signal = 0;                ///< the signal that ended it, or 0
  std::string output;            ///< standard output
  std::string complaints;        ///< standard error
  std::uint64_t peak_bytes = 0;  ///< peak resident set
  std::uint64_t stops = 0;       ///< beginnings and ends of system calls, where traced
};

namespace detail {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

inline std::string contents_of(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

// In the child: what is between fork and exec. Nothing here allocates but setenv, and the parent has one thread.
[[noreturn]] inline void become(const std::vector<const char*>& arguments, const RunOptions& options, int output,
                                int complaints) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing behind
  if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(126);
  if (!options.output.empty()) output = ::open(options.output.c_str(), O_WRONLY);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(complaints, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  if (options.file_size_limit) {
    const rlimit limit{*options.file_size_limit, *options.file_size_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (options.as_nobody && ::geteuid() == 0 &&
      (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0))
    ::_exit(126);
  for (const auto& [name, value] : options.environment) {
    value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
  }
  if (options.kill_at_stop || options.count_stops) {
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // the leak detector traces, too, and a process has one tracer
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
  }
  ::execv(arguments.front(), const_cast<char* const*>(arguments.data()));
  ::_exit(126);  // not one of the program's own
}

// Lets the program run from system call to system call until it ends, or is killed at the given stop.
inline void trace(pid_t child, const RunOptions& options, ProgramRun& run) {
  int status = 0;
  long signal = 0;
  ::waitpid(child, &status, 0);
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
  while (::ptrace(PTRACE_SYSCALL, child, nullptr, signal) == 0) {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WSTOPPED | WNOWAIT);
    if (ended.si_code != CLD_TRAPPED) return;  // wait4 collects it
    ::waitpid(child, &status, 0);
    const bool at_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
    signal = at_call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    if (at_call && run.stops++ == options.kill_at_stop) ::kill(child, SIGKILL);
  }
}

}  // namespace detail

/// Runs the program with the given arguments to its end.
///
///     const test::ProgramRun run = test::run_program(ARIA_PROGRAM, {"midi-dataset", "--help"});
///     CHECK(run.status == 0);
inline ProgramRun run_program(const std::string& program, const std::vector<std::string>& arguments,
                              const RunOptions& options = {}) {
  std::vector<const char*> words{program.c_str()};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  const detail::TemporaryFile output(std::tmpfile()), complaints(std::tmpfile());
  REQUIRE((output && complaints));

  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) detail::become(words, options, ::fileno(output.get()), ::fileno(complaints.get()));
  ProgramRun run;
  if (options.kill_at_stop || options.count_stops) detail::trace(child, options, run);
  if (options.kill_after) {
    std::this_thread::sleep_for(*options.kill_after);
    ::kill(child, SIGKILL);
  }
  int status = 0;
  rusage usage{};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  if (WIFEXITED(status)) run.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
  run.output = detail::contents_of(output.get());
  run.complaints = detail::contents_of(complaints.get());
  run.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return run;
}

}  // namespace test
