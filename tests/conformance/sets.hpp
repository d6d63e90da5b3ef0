// The sets of MIDI files for which it is known what the original tools make of them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/data.hpp"

namespace test {

/// A row of a table: column name -> value.
using Row = std::map<std::string, std::string>;

/// A set of MIDI files and what is expected of them.
struct Set {
  std::string name;
  std::filesystem::path midi;
  std::filesystem::path golden;
};

/// The edge files that the project carries, and the sets beside it where they are.
inline std::vector<Set> sets() {
  const auto own = data_folder() / "edge";
  std::vector<Set> all = {{"edge", own / "midi", own / "golden"}};
  if (const auto folder = conformance_folder()) {
    for (const char* name : {"real", "fuzz"}) all.push_back({name, *folder / name / "midi", *folder / name / "golden"});
  }
  return all;
}

}  // namespace test
