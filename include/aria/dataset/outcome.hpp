// What became of each file that a build found, and the table of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/support/atomic_file.hpp>
#include <aria/support/utf8.hpp>

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

/// Writes outcomes as tab-separated values with the header "path outcome reason", one row a file. Tab, CR, LF,
/// backslash and bytes that are not UTF-8 are written \t \r \n \\ \xNN; a reason that is empty is "-".
class OutcomeReport {
 public:
  /// Throws as AtomicFile does.
  OutcomeReport(std::string path, IfExists if_exists) : file_(std::move(path), if_exists) {
    file_.write("path\toutcome\treason\n");
  }

  void add(const FileOutcome& row) {
    row_.clear();
    add_escaped(row.path);
    row_ += '\t';
    row_ += name_of(row.outcome);
    row_ += '\t';
    add_escaped(row.reason.empty() ? "-" : row.reason);
    row_ += '\n';
    file_.write(row_);
  }

  /// Gives the report its final name.
  void commit() { file_.commit(); }

 private:
  void add_escaped(std::string_view text) {
    while (!text.empty()) {
      const std::size_t length = utf8_length(text);
      const std::string_view head = text.substr(0, length == 0 ? 1 : length);
      text.remove_prefix(head.size());
      constexpr std::string_view kPlain = "\t\r\n\\", kEscaped = "trn\\";
      if (const std::size_t i = kPlain.find(head.front()); i != std::string_view::npos) {
        row_ += '\\';
        row_ += kEscaped[i];
      } else if (length != 0) {
        row_ += head;
      } else {
        const auto byte = static_cast<unsigned char>(head.front());
        row_ += "\\x";
        row_ += "0123456789abcdef"[byte >> 4];
        row_ += "0123456789abcdef"[byte & 15];
      }
    }
  }

  AtomicFile file_;
  std::string row_;
};

}  // namespace aria
