// libtorch, as all of nn/ includes it, and what differs between its versions.
#pragma once

#include <torch/torch.h>

/// Whether libtorch is at least of this version: 1.13 is the oldest that is supported.
#define ARIA_TORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))
