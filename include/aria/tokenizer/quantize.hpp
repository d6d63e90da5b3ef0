// Numbers to the nearest one of a grid.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aria {

/// Which of 0, step, 2 * step, ..., (count - 1) * step is nearest to `value`. What lies outside goes to the nearest
/// end. Of two that are equally near the one counts that a binary search meets first, as in _find_closest_int of the
/// original's tokenizer: 5 is nearest to 0, 15 to 20, 25 to 20, where the step is 10 and the count 500.
constexpr std::size_t nearest_step(std::int64_t value, std::int64_t step, std::size_t count) noexcept {
  std::size_t begin = 0, end = count, nearest = 0;
  std::int64_t distance = -1;
  while (begin < end) {
    const std::size_t middle = (begin + end - 1) / 2;
    const std::int64_t at = static_cast<std::int64_t>(middle) * step;
    const std::int64_t from_here = at > value ? at - value : value - at;
    if (distance < 0 || from_here < distance) {
      distance = from_here;
      nearest = middle;
    }
    if (at < value) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return nearest;
}

static_assert(nearest_step(5, 10, 500) == 0 && nearest_step(15, 10, 500) == 2 && nearest_step(25, 10, 500) == 2);

}  // namespace aria
