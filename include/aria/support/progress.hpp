// How long work reports how far it has come. The library calls; programs draw.
#pragma once

#include <cstdint>
#include <functional>

namespace aria {

struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0 where it is not known
};

/// Called now and then from any one thread at a time; never after the work has returned. May be empty.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace aria
