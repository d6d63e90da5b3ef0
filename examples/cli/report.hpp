// The option --report, which several commands have.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <aria/dataset/outcome.hpp>

#include "arguments.hpp"

namespace cli {

/// What an output that exists means: --overwrite allows to replace it.
inline aria::IfExists if_exists_of(const cxxopts::ParseResult& arguments) {
  return arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse;
}

/// The table of outcomes that --report asks for, if it does.
class Report {
 public:
  /// For commands with --overwrite. Throws as OutcomeReport does.
  static Report with_overwrite(const cxxopts::ParseResult& arguments) {
    return Report(arguments, [&](const std::string&) { return if_exists_of(arguments); });
  }

  /// For commands that replace their own outputs, and so an older report.
  static Report replacing(const cxxopts::ParseResult& arguments) {
    return Report(arguments, [](const std::string& path) { return aria::OutcomeReport::unless_report(path); });
  }

  /// What is to be called for every file; empty where no report is wanted.
  std::function<void(const aria::FileOutcome&)> callback() {
    if (!table_) return {};
    return [this](const aria::FileOutcome& row) { table_->add(row); };
  }

  void commit() {
    if (table_) table_->commit();
  }

 private:
  template <class IfExistsOf>
  Report(const cxxopts::ParseResult& arguments, IfExistsOf if_exists) {
    if (arguments.count("report") == 0) return;
    const auto path = value_of<std::string>(arguments, "report");
    table_.emplace(path, if_exists(path));
  }

  std::optional<aria::OutcomeReport> table_;
};

}  // namespace cli
