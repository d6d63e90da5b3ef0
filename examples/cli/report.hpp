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
  /// Throws as OutcomeReport does.
  explicit Report(const cxxopts::ParseResult& arguments) {
    if (arguments.count("report") != 0) {
      table_.emplace(value_of<std::string>(arguments, "report"), if_exists_of(arguments));
    }
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
  std::optional<aria::OutcomeReport> table_;
};

}  // namespace cli
