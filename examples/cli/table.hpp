// Tables of text, aligned, for a terminal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/utf8.hpp>

namespace cli {

/// Text from a file as it may go to a terminal: control characters and bytes that are not UTF-8 become "\x1b".
inline std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = aria::utf8_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    // U+0080 to U+009F, which are 0xc2 and a byte below 0xa0, are control characters, too.
    const bool control = byte < 0x20 || byte == 0x7f || (length == 2 && byte == 0xc2 && (text[1] & 0xe0) == 0x80);
    if (length == 0 || control) {
      out.append("\\x").append(1, "0123456789abcdef"[byte >> 4]).append(1, "0123456789abcdef"[byte & 15]);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

/// Rows of cells: the first column is aligned left, the others right.
///
///     cli::Table table;
///     table.add({"", "pieces", "notes"});
///     table.add({"piano", "12", "3,400"});
///     table.print(std::cout);
class Table {
 public:
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  bool empty() const noexcept { return rows_.empty(); }

  void print(std::ostream& out) const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string space(widths[i] - width_of(row[i]), ' ');
        line += i == 0 ? row[i] + space : "  " + space + row[i];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out << line << '\n';
    }
  }

 private:
  // Characters, not bytes.
  static std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }

  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cli
