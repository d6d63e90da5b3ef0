// How far the tables of a run are written.
#pragma once

#include <cstdint>

namespace aria::nn {

/// Rows below the headers of the tables of a project directory.
struct TableRows {
  std::uint64_t losses = 0;
  std::uint64_t epochs = 0;
  std::uint64_t validations = 0;

  friend bool operator==(const TableRows&, const TableRows&) = default;
};

}  // namespace aria::nn
