// Memory as programs that compute with libtorch keep it.
#pragma once

#include <malloc.h>

namespace benchmark {

/// As aria-train and its like do: large tensors come and go, and their memory is kept.
inline void keep_large_blocks() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
}

}  // namespace benchmark
