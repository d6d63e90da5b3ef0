// Putting consecutive sorted runs into one order: what is left of a stable sort when the parts are sorted already.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace aria {

namespace detail {

// Merges the neighbours [a, middle) and [middle, end) of one array to `out`, equal keys from `a` first. The two ends of
// the output are filled side by side: each step waits for the one before it, so two independent chains of steps take
// the time of one. Branches on keys would be mispredicted half of the time, hence the arithmetic.
template <class T, class Key>
void merge_two(const T* a, const T* middle, const T* end, T* out, Key key) {
  const T* b = middle;
  const T* a_last = middle - 1;
  const T* b_last = end - 1;
  T* out_last = out + (end - a) - 1;
  const auto chosen = [](bool second, const T* first, const T* other) {
    return first + ((other - first) & -std::ptrdiff_t{second});
  };
  while (a < a_last && b < b_last) {
    const bool from_b = key(*b) < key(*a);
    *out++ = *chosen(from_b, a, b);
    b += from_b;
    a += !from_b;
    const bool from_a = key(*b_last) < key(*a_last);
    *out_last-- = *chosen(from_a, b_last, a_last);
    a_last -= from_a;
    b_last -= !from_a;
  }
  while (a <= a_last && b <= b_last) *out++ = key(*b) < key(*a) ? *b++ : *a++;
  while (a <= a_last) *out++ = *a++;
  while (b <= b_last) *out++ = *b++;
}

// Drops runs that are empty and joins those that continue the one before: a track that has nothing of this kind, one
// piece after another.
template <class T, class Key>
void join_runs(const T* items, std::vector<std::size_t>& ends, Key key) {
  std::size_t runs = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    const bool continues = runs != 0 && (begin == ends[i] || !(key(items[begin]) < key(items[begin - 1])));
    if (begin == ends[i] && runs == 0) continue;
    ends[continues ? runs - 1 : runs++] = ends[i];
  }
  ends.resize(runs);
}

}  // namespace detail

/// Sorts `items`, stably, where they consist of sorted runs. `ends` are the ends of the runs, the last one that of the
/// items; it is used up. `spare` is memory for as many. Returns where the sorted items are: `items` or `spare`. Takes
/// (number of items) * log2(ends.size()) steps.
template <class T, class Key>
T* merge_runs(T* items, std::vector<std::size_t>& ends, T* spare, Key key) {
  detail::join_runs(items, ends, key);
  while (ends.size() > 1) {
    std::size_t begin = 0;
    std::size_t merged = 0;
    for (std::size_t i = 0; i < ends.size(); i += 2) {
      const std::size_t middle = ends[i];
      const std::size_t end = i + 1 < ends.size() ? ends[i + 1] : middle;
      const T* from = items;
      detail::merge_two(from + begin, from + middle, from + end, spare + begin, key);
      ends[merged++] = end;
      begin = end;
    }
    ends.resize(merged);
    std::swap(items, spare);
  }
  return items;
}

/// The same for a vector, the items of which stay in it.
template <class T, class Key>
void merge_runs(std::vector<T>& items, std::vector<std::size_t>& ends, std::vector<T>& spare, Key key) {
  detail::join_runs(items.data(), ends, key);
  if (ends.size() > 1) spare.resize(items.size());
  if (merge_runs(items.data(), ends, spare.data(), key) == spare.data() && !items.empty()) items.swap(spare);
}

}  // namespace aria
