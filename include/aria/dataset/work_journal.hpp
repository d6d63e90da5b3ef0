// The text of `.aria-state`: lines that can be trusted one by one.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <aria/support/atomic_file.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/escape.hpp>
#include <aria/support/file_stamp.hpp>
#include <aria/support/hash128.hpp>

namespace aria {

// The file is UTF-8 of tab-separated lines:
//
//     aria-state 1
//     start <command> <version> <options>                                                      <hash>
//     done  <command> <output> <inputs' size> <inputs' time> <output's size or -> <its time or -> <note> <hash>
//
// The hash is over the line before it and, in "done", over the start line that it belongs to, too: a line that is torn
// or damaged, or that belongs to other options, is none.

/// What is known of an output.
struct WorkEntry {
  FileStamp inputs;
  std::optional<FileStamp> output;  ///< nothing where the inputs give none
  std::string_view note;            ///< escaped
  std::string_view line;            ///< the whole of it
};

namespace detail {

inline Hash128 hash_of_text(std::string_view text, Hash128 seed = {}) noexcept {
  return hash128(std::as_bytes(std::span(text.data(), text.size())), seed);
}

inline std::string hex_of(std::uint64_t number) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kHexDigits[number >> shift & 15];
  return text;
}

}  // namespace detail

/// A command with the options that its entries belong to.
class WorkSection {
 public:
  WorkSection(std::string_view command, std::string_view options, int version) {
    append_escaped(command, command_);
    start_ = "start\t" + command_ + '\t' + std::to_string(version) + '\t';
    append_escaped(options, start_);
    seed_ = detail::hash_of_text(start_);
  }

  const std::string& command() const noexcept { return command_; }
  std::string start_line() const { return start_ + '\t' + detail::hex_of(seed_.low) + '\n'; }

  /// Appends the line of an entry to `lines`.
  void append_entry(std::string_view output, const FileStamp& inputs, const std::optional<FileStamp>& stamp,
                    std::string_view note, std::string& lines) const {
    const std::size_t begin = lines.size();
    const auto add = [&lines](std::uint64_t number) { lines += std::to_string(number) + '\t'; };
    lines += "done\t" + command_ + '\t';
    append_escaped(output, lines);
    lines += '\t';
    add(inputs.size);
    add(inputs.time);
    if (stamp) {
      add(stamp->size);
      add(stamp->time);
    } else {
      lines += "-\t-\t";
    }
    append_escaped(note, lines);
    const Hash128 hash = detail::hash_of_text(std::string_view(lines).substr(begin), seed_);
    lines += '\t' + detail::hex_of(hash.low) + '\n';
  }

 private:
  std::string command_;
  std::string start_;
  Hash128 seed_;
};

/// The entries of a journal's text, by command and output. Of those with the same output the last one counts.
class WorkJournal {
 public:
  static constexpr std::string_view kFirstLine = "aria-state 1\n";

  /// Takes the text. False where it is not that of a journal: then there are no entries.
  bool read(ByteBuffer text) {
    text_ = std::move(text);
    commands_.clear();
    lines_ = 0;
    std::string_view rest = text_.view();
    if (!rest.starts_with(kFirstLine)) return false;
    rest.remove_prefix(kFirstLine.size());
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
      read_line(rest.substr(0, end));
      ++lines_;
    }
    return true;
  }

  /// The entry of an output, which is not escaped; nullptr where there is none.
  const WorkEntry* find(std::string_view command, std::string_view output) const {
    const auto section = commands_.find(command);
    if (section == commands_.end()) return nullptr;
    std::string key;
    append_escaped(output, key);
    const auto entry = section->second.entries.find(key);
    return entry == section->second.entries.end() ? nullptr : &entry->second;
  }

  /// Goes on with this section: entries that belong to other options of the command are forgotten. False where there is
  /// no such section, and its start line has to be written before any entry.
  bool use(const WorkSection& section) {
    const auto known = commands_.find(section.command());
    if (known != commands_.end() && std::string(known->second.line) + '\n' == section.start_line()) return true;
    forget(section.command());
    return false;
  }

  void forget(std::string_view command) {
    if (const auto section = commands_.find(command); section != commands_.end()) commands_.erase(section);
  }

  bool empty() const noexcept {
    for (const auto& [command, section] : commands_) {
      if (!section.entries.empty()) return false;
    }
    return true;
  }

  /// Whether most of the lines are of no use any more.
  bool is_wasteful() const noexcept {
    std::size_t live = 0;
    for (const auto& [command, section] : commands_) live += section.entries.size() + 1;
    return lines_ - live > live + kFewLines;
  }

  void write(AtomicFile& file) const {
    file.write(kFirstLine);
    for (const auto& [command, section] : commands_) {
      write_line(section.line, file);
      for (const auto& [output, entry] : section.entries) write_line(entry.line, file);
    }
  }

 private:
  static constexpr std::size_t kFewLines = 1000;

  struct Section {
    std::string_view line;  // of its start
    Hash128 seed;
    std::unordered_map<std::string_view, WorkEntry> entries;
  };

  // The cells of a line; all of the rest is the last one's.
  template <std::size_t N>
  static std::optional<std::array<std::string_view, N>> cells_of(std::string_view line) {
    std::array<std::string_view, N> cells;
    for (std::size_t i = 0; i + 1 < N; ++i) {
      const std::size_t tab = line.find('\t');
      if (tab == std::string_view::npos) return std::nullopt;
      cells[i] = line.substr(0, tab);
      line.remove_prefix(tab + 1);
    }
    cells[N - 1] = line;
    return cells;
  }

  static bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
  }

  static bool read_stamp(std::string_view size, std::string_view time, FileStamp& stamp) {
    return read_number(size, stamp.size) && read_number(time, stamp.time);
  }

  static void write_line(std::string_view line, AtomicFile& file) {
    file.write(line);
    file.write("\n");
  }

  void read_line(std::string_view line) {
    const std::size_t tab = line.rfind('\t');
    if (tab == std::string_view::npos) return;
    const std::string_view body = line.substr(0, tab), hash = line.substr(tab + 1);
    if (line.starts_with("start\t")) {
      read_start(line, body, hash);
    } else if (line.starts_with("done\t")) {
      read_entry(line, body, hash);
    }
  }

  void read_start(std::string_view line, std::string_view body, std::string_view hash) {
    const auto cells = cells_of<4>(body);
    const Hash128 seed = detail::hash_of_text(body);
    if (!cells || hash != detail::hex_of(seed.low)) return;
    commands_[std::string((*cells)[1])] = {line, seed, {}};
  }

  void read_entry(std::string_view line, std::string_view body, std::string_view hash) {
    const auto cells = cells_of<8>(body);
    if (!cells) return;
    const auto& [done, command, output, in_size, in_time, out_size, out_time, note] = *cells;
    const auto section = commands_.find(command);
    if (section == commands_.end() || hash != detail::hex_of(detail::hash_of_text(body, section->second.seed).low)) {
      return;
    }
    WorkEntry entry{{}, FileStamp{}, note, line};
    if (!read_stamp(in_size, in_time, entry.inputs)) return;
    if (out_size == "-") {
      entry.output.reset();
    } else if (!read_stamp(out_size, out_time, *entry.output)) {
      return;
    }
    section->second.entries.insert_or_assign(output, entry);
  }

  ByteBuffer text_;
  std::map<std::string, Section, std::less<>> commands_;
  std::size_t lines_ = 0;
};

}  // namespace aria
