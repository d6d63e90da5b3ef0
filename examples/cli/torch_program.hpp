// What every program that computes with libtorch does around its work.
#pragma once

#include <malloc.h>

#include <string>

#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>

namespace cli {

/// Large tensors come and go in every step: their memory is kept instead of being mapped anew each time.
inline void keep_large_blocks() {
#ifdef M_MMAP_MAX
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

/// Runs `work`. libtorch's errors end in a page of addresses: their first line is what they say.
template <class Work>
int in_a_line(Work work) {
  try {
    return work();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw aria::Error(aria::ErrorCode::io, "libtorch: " + text.substr(0, text.find('\n')));
  }
}

}  // namespace cli
