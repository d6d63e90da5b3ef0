// Putting consecutive sorted runs into one order: what is left of a stable sort when the parts are sorted already.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace aria {

namespace detail {

// Merges [a, a_end) and [b, b_end) to `out`, equal keys from `a` first. The two ends of the output are filled side by
// side: each step waits for the one before it, so two independent chains of steps take the time of one. Branches would
// be mispredicted half of the time, hence the arithmetic on pointers.
template <class T, class Key>
void merge_two(const T* a, const T* a_end, const T* b, const T* b_end, T* out, Key key) {
  const auto size = static_cast<std::size_t>((a_end - a) + (b_end - b));
  T* out_end = out + size;
  for (std::size_t half = size / 2; half != 0; --half) {
    if (a == a_end || b == b_end) break;
    const bool from_b = key(*b) < key(*a);
    *out++ = *(from_b ? b : a);
    b += from_b;
    a += !from_b;
    if (a == a_end || b == b_end) break;
    const bool last_from_a = key(b_end[-1]) < key(a_end[-1]);
    *--out_end = *(last_from_a ? a_end - 1 : b_end - 1);
    a_end -= last_from_a;
    b_end -= !last_from_a;
  }
  while (a != a_end && b != b_end) *out++ = key(*b) < key(*a) ? *b++ : *a++;
  while (a != a_end) *out++ = *a++;
  while (b != b_end) *out++ = *b++;
}

}  // namespace detail

/// Sorts `items`, stably, where they consist of sorted runs. `ends` are the ends of the runs, the last one
/// `items.size()`; it is used up. `spare` is memory to work in. Takes items.size() * log2(ends.size()) steps.
template <class T, class Key>
void merge_runs(std::vector<T>& items, std::vector<std::size_t>& ends, std::vector<T>& spare, Key key) {
  // A run that starts where the one before it ends (a track that has nothing of this kind, one piece after another) is
  // part of it already.
  std::size_t runs = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    const bool continues = runs != 0 && (begin == ends[i] || !(key(items[begin]) < key(items[begin - 1])));
    if (begin == ends[i] && runs == 0) continue;
    ends[continues ? runs - 1 : runs++] = ends[i];
  }
  ends.resize(runs);
  while (ends.size() > 1) {
    spare.clear();
    spare.insert(spare.end(), items.begin(), items.end());  // sets the size without asking T for a default
    std::size_t begin = 0;
    std::size_t merged = 0;
    for (std::size_t i = 0; i < ends.size(); i += 2) {
      const std::size_t end = ends[i + 1 < ends.size() ? i + 1 : i];
      if (i + 1 < ends.size()) {
        const T* from = items.data();
        detail::merge_two(from + begin, from + ends[i], from + ends[i], from + end, spare.data() + begin, key);
      }
      ends[merged++] = end;
      begin = end;
    }
    ends.resize(merged);
    items.swap(spare);
  }
}

}  // namespace aria
