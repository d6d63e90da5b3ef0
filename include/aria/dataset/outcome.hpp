// What became of each file that a build found, and the table of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/support/atomic_file.hpp>
#include <aria/support/escape.hpp>
#include <aria/support/file.hpp>

namespace aria {

enum class Outcome : std::uint8_t { kept, load_error, failed_tests, duplicate };

inline constexpr std::array<std::string_view, 4> kOutcomeNames = {"kept", "load_error", "failed_tests", "duplicate"};

constexpr std::string_view name_of(Outcome outcome) noexcept {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

/// One file, its path relative to the folder of the build.
struct FileOutcome {
  std::string_view path;
  Outcome outcome = Outcome::kept;
  std::string_view reason;  ///< empty where there is none
};

inline constexpr std::string_view kReportHeader = "path\toutcome\treason\n";

/// Writes outcomes as tab-separated values with the header "path outcome reason", one row a file. Tab, CR, LF,
/// backslash and bytes that are not UTF-8 are written \t \r \n \\ \xNN; a reason that is empty is "-".
class OutcomeReport {
 public:
  /// Throws as AtomicFile does.
  OutcomeReport(std::string path, IfExists if_exists) : file_(std::move(path), if_exists) {
    file_.write(kReportHeader);
  }

  void add(const FileOutcome& row) {
    row_.clear();
    append_escaped(row.path, row_);
    row_ += '\t';
    row_ += name_of(row.outcome);
    row_ += '\t';
    append_escaped(row.reason.empty() ? "-" : row.reason, row_);
    row_ += '\n';
    file_.write(row_);
  }

  /// What commands that have no --overwrite do with an older file of that name: a report is replaced, anything else is
  /// somebody's file and refused.
  static IfExists unless_report(const std::string& path) {
    try {
      const OpenFile file = open_file(path);
      std::string start(kReportHeader.size(), '\0');
      start.resize(read_up_to(file.descriptor, start.data(), start.size(), path));
      return start == kReportHeader ? IfExists::replace : IfExists::refuse;
    } catch (const Error&) {
      return IfExists::refuse;
    }
  }

  /// Gives the report its final name.
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
  std::string row_;
};

}  // namespace aria
