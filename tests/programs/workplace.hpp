// A folder with MIDI files and room for what is made of them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "music.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/run_program.hpp"
#include "text.hpp"

namespace test {

/// DIR holds the MIDI files; outputs go beside it. Paths of the command line are relative to this place.
class Workplace {
 public:
  Workplace() { std::filesystem::create_directory(dir()); }

  std::filesystem::path dir() const { return folder_ / "DIR"; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }

  /// Adds DIR/0.mid to DIR/<count - 1>.mid, all of which are kept.
  void add_music(unsigned count) const {
    for (unsigned i = 0; i < count; ++i) add(std::to_string(i) + ".mid", music(i));
  }
  void add(const std::string& name, std::string_view bytes) const { write_text(dir() / name, bytes); }

  /// Adds a file of this size whose bytes behind `start` are zeros that take no room on the disk.
  void add_sparse(const std::string& name, std::string_view start, std::uint64_t size) const {
    add(name, start);
    std::filesystem::resize_file(dir() / name, size);
  }

  ProgramRun aria(const std::vector<std::string>& arguments, RunOptions options = {}) const {
    options.folder = folder_.path().string();
    return run_program(ARIA_PROGRAM, arguments, options);
  }

  std::string text(const std::string& name) const { return read_text(folder_ / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  /// The names of everything beside DIR, hidden files too, sorted.
  std::vector<std::string> outputs() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path() != dir()) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// The rows of a report: path -> outcome and reason.
  std::map<std::string, std::pair<std::string, std::string>> report(const std::string& name) const {
    std::map<std::string, std::pair<std::string, std::string>> rows;
    for (auto& row : read_table(folder_ / name)) rows[row["path"]] = {row["outcome"], row["reason"]};
    return rows;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace test
