// Command lines: the spellings of the original tools are understood, and what is wrong with one is told apart from work
// that failed.
#pragma once

#include <cxxopts.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include <aria/support/ordered_map.hpp>

namespace cli {

/// The command line alone shows that it is wrong: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Rewrites a command line (without the program's name) to one spelling: `-epochs 10` and `--max_seq_len` become
/// `--epochs` and `--max-seq-len`, and with `has_command` the first word `midi_dataset` becomes `midi-dataset`. Values,
/// negative numbers, single letters and all that follows `--` stay as they are.
inline std::vector<std::string> rewrite_arguments(std::vector<std::string> arguments, bool has_command) {
  const auto with_dashes = [](std::string& text, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (text[i] == '_') text[i] = '-';
    }
  };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_name = [&](std::string_view text) {
    for (const char c : text) {
      if (!is_letter(c) && c != '_' && c != '-') return false;
    }
    return text.size() >= 2 && is_letter(text.front());
  };
  bool command_due = has_command;
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    const std::size_t dashes = argument.starts_with("--") ? 2 : argument.starts_with("-") ? 1 : 0;
    if (dashes == 0) {
      if (command_due) with_dashes(argument, 0, argument.size());
      command_due = false;
      continue;
    }
    const std::size_t end = std::min(argument.find('='), argument.size());
    if (!is_name(std::string_view(argument).substr(dashes, end - dashes))) continue;
    with_dashes(argument, dashes, end);
    if (dashes == 1) argument.insert(0, 1, '-');
  }
  return arguments;
}

/// Parses the words behind a command. `positional` are the options that take the words without a dash, in order; all of
/// them are required unless the command counts them itself. Throws UsageError.
inline cxxopts::ParseResult parse(cxxopts::Options& options, const std::vector<std::string>& words,
                                  const std::vector<std::string>& positional, bool required = true) {
  std::vector<const char*> argv = {"aria"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  options.add_options()("h,help", "show this help");
  options.parse_positional(positional);
  try {
    auto result = options.parse(static_cast<int>(argv.size()), argv.data());
    if (result.count("help") != 0) return result;
    for (const std::string& name : positional) {
      if (required && result.count(name) == 0) throw UsageError(name + " is missing");
    }
    if (!result.unmatched().empty()) throw UsageError("unexpected argument: " + result.unmatched().front());
    return result;
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what());
  }
}

/// The value of an option that takes a number, given as a text. Throws UsageError, naming the option, where it is none.
template <class T>
T number_of(const cxxopts::ParseResult& result, const std::string& name) {
  const auto& text = result[name].as<std::string>();
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  const char* wanted =
      std::is_floating_point_v<T> ? " must be a number, and is " : " must be a whole number from 0, and is ";
  throw UsageError("--" + name + wanted + (text.empty() ? "empty" : text));
}

/// The value of an option. Throws UsageError where it has the wrong type.
template <class T>
T value_of(const cxxopts::ParseResult& result, const std::string& name) {
  try {
    return result[name].as<T>();
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError("--" + name + ": " + error.what());
  }
}

/// A whole number within bounds. Throws UsageError with them and the value.
template <class T = std::uint64_t>
T number_within(const cxxopts::ParseResult& result, const std::string& name, T least, T most) {
  const T number = number_of<T>(result, name);
  if (number >= least && number <= most) return number;
  throw UsageError("--" + name + " must lie between " + std::to_string(least) + " and " + std::to_string(most) +
                   ", and is " + std::to_string(number));
}

/// The text of an option; empty where it was not said. Throws UsageError where what was said is empty.
inline std::string text_if_said(const cxxopts::ParseResult& result, const std::string& name) {
  if (result.count(name) == 0) return "";
  auto said = value_of<std::string>(result, name);
  if (said.empty()) throw UsageError("--" + name + " is empty");
  return said;
}

/// The number of threads that --workers asks for: one a core where it is absent. Throws UsageError.
inline unsigned workers_of(const cxxopts::ParseResult& result) {
  if (result.count("workers") == 0) return aria::default_workers();
  return number_within<unsigned>(result, "workers", 1, 1024);
}

/// Throws UsageError where two of the paths are the same file, links to one file included.
inline void refuse_same_path(std::initializer_list<std::string> paths) {
  namespace fs = std::filesystem;
  std::vector<fs::path> seen;
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    const fs::path normal = fs::absolute(path).lexically_normal();
    for (const fs::path& other : seen) {
      std::error_code ignored;
      if (other == normal || fs::equivalent(other, normal, ignored)) {
        throw UsageError("the same file is named twice: " + path);
      }
    }
    seen.push_back(normal);
  }
}

}  // namespace cli
