// A perfect hash: from the texts of a fixed list to their places in it, with one look and without collisions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/error.hpp>
#include <aria/support/random.hpp>

namespace aria {

/// Says where in a list a text stands, if it stands there at all. Texts are not kept: comparing is left to the caller.
///
///     const std::vector<std::string> names = {"do", "re", "mi"};
///     const TextIndex index(names);
///     names[index.candidate("re")] == "re"  // what is no name has some candidate, too, and differs from it
///
/// The hash of a text chooses a bucket, and the bucket's multiplier takes the hash to a slot. Multipliers are searched
/// for, the largest buckets first, until no two texts share a slot (Belazzougui, Botelho, Dietzfelbinger: "Hash,
/// displace, and compress", 2009). Nothing is drawn at random: the same list always gives the same index.
class TextIndex {
 public:
  /// The part that looks texts up, as a value: a loop that also writes characters keeps it in registers, where the
  /// members of an index would be loaded again and again. Valid as long as its index is.
  class Finder {
   public:
    /// The place of `text` in the list, or any other place.
    std::uint32_t candidate(std::string_view text) const noexcept {
      return whole_ ? candidate<true>(text) : candidate<false>(text);
    }

    /// The same for loops that are written once for each value of whole().
    template <bool whole>
    [[gnu::always_inline]] std::uint32_t candidate(std::string_view text) const noexcept {
      const std::uint64_t sum = hash<whole>(text);
      return slots_[slot(sum, multipliers_[bucket(sum)])];
    }

    /// Whether texts are told apart by all their bytes. As a rule, their size and both ends suffice.
    bool whole() const noexcept { return whole_; }

   private:
    friend TextIndex;

    template <bool whole>
    [[gnu::always_inline]] std::uint64_t hash(std::string_view text) const noexcept {
      const std::size_t size = text.size();
      std::uint64_t sum = first_word(text) * first_factor_ + last_word(text) * (last_factor_ + 2 * size);
      if constexpr (whole) {
        sum += size * first_factor_;  // for texts of zeros, which differ in nothing else
        for (std::size_t i = 8; i + 8 < size; i += 8) {
          sum = (sum ^ sum >> 32 ^ load<std::uint64_t>(text.data() + i)) * first_factor_;
        }
      }
      return sum;
    }
    std::size_t bucket(std::uint64_t hash) const noexcept { return hash >> shift_ >> 2; }
    std::size_t slot(std::uint64_t hash, std::uint64_t multiplier) const noexcept {
      return hash * multiplier >> shift_;
    }

    template <class Word>
    static Word load(const char* at) noexcept {
      Word word;
      std::memcpy(&word, at, sizeof word);
      return word;
    }
    static std::uint64_t first_word(std::string_view text) noexcept {
      return text.size() >= 8 ? load<std::uint64_t>(text.data()) : short_word(text);
    }
    static std::uint64_t last_word(std::string_view text) noexcept {
      return text.size() >= 8 ? load<std::uint64_t>(text.data() + text.size() - 8) : short_word(text);
    }
    // All bytes of a text of less than 8, some of them twice: nothing outside of the text is read.
    static std::uint64_t short_word(std::string_view text) noexcept {
      const std::size_t size = text.size();
      if (size >= 4) {
        return load<std::uint32_t>(text.data()) | std::uint64_t{load<std::uint32_t>(text.data() + size - 4)} << 32;
      }
      const auto byte = [text](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(text[i])}; };
      return size == 0 ? 0 : byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16;
    }

    std::uint64_t first_factor_ = 1;
    std::uint64_t last_factor_ = 1;
    const std::uint16_t* multipliers_ = nullptr;
    const std::uint32_t* slots_ = nullptr;
    std::uint64_t shift_ = 0;
    bool whole_ = false;
  };

  /// `texts` has size() and [], and is not empty. Throws invalid_argument where two texts are equal.
  template <class Texts>
  explicit TextIndex(const Texts& texts) {
    if (texts.size() == 0 || texts.size() > kMostTexts) {
      throw Error(ErrorCode::invalid_argument, "a perfect hash has 1 to 2^28 texts");
    }
    make_room(texts.size());
    for (std::uint64_t attempt = 0; attempt < kMostAttempts; ++attempt) {
      finder_.whole_ = attempt != 0;
      finder_.first_factor_ = random_bits(attempt, 0) | 1;
      finder_.last_factor_ = random_bits(attempt, 1) | 1;
      if (build(texts)) return;
    }
    throw Error(ErrorCode::invalid_argument, "no perfect hash of the texts was found");
  }
  TextIndex(TextIndex&&) = default;
  TextIndex& operator=(TextIndex&&) = default;

  /// The place of `text` in the list, or any other place.
  std::uint32_t candidate(std::string_view text) const noexcept { return finder_.candidate(text); }

  Finder finder() const noexcept { return finder_; }

 private:
  static constexpr std::size_t kMostTexts = std::size_t{1} << 28;
  static constexpr std::uint64_t kMostAttempts = 100;
  // Odd numbers; small ones would leave the texts of a bucket close together.
  static constexpr std::uint32_t kFirstMultiplier = 0x8001, kLastMultiplier = 0xffff;

  // The texts by their buckets: those of bucket b from first[b] to first[b + 1].
  struct Buckets {
    std::vector<std::uint32_t> first;
    std::vector<std::uint32_t> texts;
    std::size_t size(std::size_t bucket) const { return first[bucket + 1] - first[bucket]; }
  };

  // Slots for 4/3 to 8/3 of the texts, and a bucket for four slots.
  void make_room(std::size_t count) {
    finder_.shift_ = 62;
    while ((std::size_t{3} << (64 - finder_.shift_)) < count * 4) --finder_.shift_;
    slots_.resize(std::size_t{1} << (64 - finder_.shift_));
    multipliers_.resize(slots_.size() / 4);
    finder_.slots_ = slots_.data();
    finder_.multipliers_ = multipliers_.data();
  }

  // False where these factors do not work.
  template <class Texts>
  bool build(const Texts& texts) {
    std::vector<std::uint64_t> hashes(texts.size());
    for (std::size_t i = 0; i < hashes.size(); ++i)
      hashes[i] = finder_.whole_ ? finder_.hash<true>(texts[i]) : finder_.hash<false>(texts[i]);
    const Buckets buckets = fill_buckets(hashes);
    std::vector<bool> taken(slots_.size());
    for (const std::uint32_t bucket : by_size(buckets)) {
      if (buckets.size(bucket) == 0) break;
      if (!are_different(texts, hashes, buckets, bucket) || !place(hashes, buckets, bucket, taken)) return false;
    }
    return true;
  }

  Buckets fill_buckets(const std::vector<std::uint64_t>& hashes) const {
    Buckets buckets;
    buckets.first.resize(multipliers_.size() + 2);  // counts, then ends, and thereby the next one's beginning
    for (const std::uint64_t hash : hashes) ++buckets.first[finder_.bucket(hash) + 2];
    std::partial_sum(buckets.first.begin(), buckets.first.end(), buckets.first.begin());
    buckets.texts.resize(hashes.size());
    for (std::uint32_t i = 0; i < hashes.size(); ++i) buckets.texts[buckets.first[finder_.bucket(hashes[i]) + 1]++] = i;
    return buckets;
  }

  // The numbers of the buckets, the largest first.
  static std::vector<std::uint32_t> by_size(const Buckets& buckets) {
    std::vector<std::uint32_t> order(buckets.first.size() - 2);
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&buckets](std::uint32_t a, std::uint32_t b) { return buckets.size(a) > buckets.size(b); });
    return order;
  }

  // False where different texts of a bucket have the same hash.
  template <class Texts>
  static bool are_different(const Texts& texts, const std::vector<std::uint64_t>& hashes, const Buckets& buckets,
                            std::size_t bucket) {
    for (std::size_t i = buckets.first[bucket]; i < buckets.first[bucket + 1]; ++i) {
      for (std::size_t j = buckets.first[bucket]; j < i; ++j) {
        const std::uint32_t a = buckets.texts[j], b = buckets.texts[i];
        if (hashes[a] != hashes[b]) continue;
        if (texts[a] == texts[b]) {
          throw Error(ErrorCode::invalid_argument, "the text " + std::string(texts[a]) + " stands twice");
        }
        return false;
      }
    }
    return true;
  }

  // Finds a multiplier that takes the texts of a bucket to free slots.
  bool place(const std::vector<std::uint64_t>& hashes, const Buckets& buckets, std::size_t bucket,
             std::vector<bool>& taken) {
    const std::size_t begin = buckets.first[bucket], end = buckets.first[bucket + 1];
    for (std::uint32_t multiplier = kFirstMultiplier; multiplier <= kLastMultiplier; multiplier += 2) {
      const auto slot_of = [&](std::size_t i) { return finder_.slot(hashes[buckets.texts[i]], multiplier); };
      std::size_t i = begin;
      while (i < end && !taken[slot_of(i)]) taken[slot_of(i++)] = true;
      if (i == end) {
        multipliers_[bucket] = static_cast<std::uint16_t>(multiplier);
        for (i = begin; i < end; ++i) slots_[slot_of(i)] = buckets.texts[i];
        return true;
      }
      while (i > begin) taken[slot_of(--i)] = false;
    }
    return false;
  }

  std::vector<std::uint16_t> multipliers_;  // by bucket
  std::vector<std::uint32_t> slots_;        // places in the list
  Finder finder_;
};

}  // namespace aria
