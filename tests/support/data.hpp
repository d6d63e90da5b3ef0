// Where tests find data, and what they need again and again.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/error.hpp>

#include "catch.hpp"

namespace test {

/// The project's own test data: tests/data.
inline std::filesystem::path data_folder() { return ARIA_TEST_DATA; }

/// The conformance data beside the project, where they are: a public clone has none.
inline std::optional<std::filesystem::path> conformance_folder() {
  const std::filesystem::path folder = ARIA_CONFORMANCE_DATA;
  return std::filesystem::exists(folder / "RULES.md") ? std::optional(folder) : std::nullopt;
}

/// A folder that exists as long as the object does.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "aria-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// The bytes of a text, for readers of MIDI.
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A table of tab-separated values whose first line names the columns; row by row, column name -> value.
inline std::vector<std::map<std::string, std::string>> read_table(const std::filesystem::path& path) {
  std::istringstream text(read_text(path));
  const auto cells_of = [](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
    return cells;
  };
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> names = cells_of(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> cells = cells_of(line);
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size() && i < cells.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

/// The aria::Error that `work` throws; the test fails where it throws none.
template <class Work>
aria::Error error_of(Work&& work) {
  try {
    work();
  } catch (const aria::Error& error) {
    return error;
  }
  FAIL("no aria::Error was thrown");
  throw;
}

}  // namespace test
