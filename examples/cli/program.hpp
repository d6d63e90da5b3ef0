// What every program does around its work: commands, errors, exit status.
#pragma once

#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/error.hpp>

#include "arguments.hpp"
#include "table.hpp"

namespace cli {

inline constexpr int kDone = 0, kWorkFailed = 1, kUsage = 2;

/// A command of a program: its name, one line about it, and its work, which gets the words behind the name.
struct Command {
  std::string_view name;
  std::string_view about;
  int (*run)(const std::vector<std::string>& words);
};

/// Runs `work` and turns what it throws into a message on standard error and an exit status. The only place that does.
inline int run_program(std::string_view program, const std::function<int()>& work) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow further is an error of write(), with a message
#ifdef M_MMAP_THRESHOLD
  // Blocks of a few megabytes are used again and again: handing them back to the system each time costs more than they
  // do.
  ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
#endif
  try {
    const int status = work();
    std::cout.flush();
    if (status == kDone && !std::cout) throw aria::Error(aria::ErrorCode::io, "cannot write to standard output");
    return status;
  } catch (const UsageError& error) {
    std::cerr << program << ": " << printable(error.what()) << "\nTry --help.\n";
    return kUsage;
  } catch (const std::bad_alloc&) {
    std::cerr << program << ": out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << program << ": " << printable(error.what()) << '\n';
  }
  return kWorkFailed;
}

/// Runs the command that the first word names.
inline int run_command(std::string_view program, std::string_view about, const std::vector<Command>& commands, int argc,
                       char** argv) {
  return run_program(program, [&] {
    auto words = rewrite_arguments({argv + std::min(argc, 1), argv + argc}, true);
    const bool help = words.empty() || words.front() == "--help" || words.front() == "-h" || words.front() == "help";
    if (help) {
      std::cout << about << "\n\nUsage: " << program << " COMMAND ...\n\n";
      for (const Command& command : commands) {
        std::cout << "  " << command.name << std::string(20 - command.name.size(), ' ') << command.about << '\n';
      }
      std::cout << "\n`" << program << " COMMAND --help` tells more, with an example.\n";
      return words.empty() ? kUsage : kDone;
    }
    for (const Command& command : commands) {
      if (command.name == words.front()) return command.run({words.begin() + 1, words.end()});
    }
    throw UsageError("unknown command: " + words.front());
  });
}

}  // namespace cli
