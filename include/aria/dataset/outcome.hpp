// What became of each file that a build found, and the table of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aria/support/atomic_file.hpp>

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

  // The length of the UTF-8 sequence at the start of `text` (RFC 3629), 0 where there is none.
  static std::size_t utf8_length(std::string_view text) {
    const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    for (std::size_t i = 1; i < length; ++i) {
      if ((at(i) & 0xc0) != 0x80) return 0;
    }
    const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
    const bool surrogate = lead == 0xed && at(1) > 0x9f;
    const bool too_high = lead == 0xf4 && at(1) > 0x8f;
    return overlong || surrogate || too_high ? 0 : length;
  }

  AtomicFile file_;
  std::string row_;
};

}  // namespace aria
