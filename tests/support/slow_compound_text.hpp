// The text of compound events read and written the slow and obvious way: what the quick way is held against.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/anticipation/compound.hpp>

namespace test {

/// What a text holds, or where it is wrong first: a word that is no number or out of its range, or the end of a text
/// with words missing.
class SlowCompoundText {
 public:
  explicit SlowCompoundText(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && !byte_;) {
      const std::size_t begin = text.find_first_not_of(kSpaces, at);
      if (begin == text.npos) break;
      at = std::min(text.find_first_of(kSpaces, begin), text.size());
      take(text.substr(begin, at - begin));
      if (bad_) byte_ = begin;
    }
    if (!byte_ && numbers_.size() % 5 != 0) byte_ = text.size();
    if (byte_) line_ = 1 + lines_in(text.substr(0, *byte_));
    for (std::size_t i = 0; i + 5 <= numbers_.size(); i += 5) {
      events_.push_back({{numbers_[i]},
                         {numbers_[i + 1]},
                         static_cast<std::uint8_t>(numbers_[i + 2]),
                         static_cast<std::uint8_t>(numbers_[i + 3]),
                         static_cast<std::uint8_t>(numbers_[i + 4])});
    }
  }

  bool fails() const { return byte_.has_value(); }
  std::optional<std::uint64_t> byte() const { return byte_; }
  std::optional<std::uint64_t> line() const { return line_; }
  const std::vector<aria::anticipation::CompoundEvent>& events() const { return events_; }

 private:
  static constexpr std::string_view kSpaces = " \t\n\v\f\r";

  static std::uint64_t lines_in(std::string_view text) {
    std::uint64_t lines = 0;
    for (const char c : text) lines += c == '\n' ? 1 : 0;
    return lines;
  }

  void take(std::string_view word) {
    constexpr std::int64_t kMost = INT64_MAX / 16;
    constexpr std::int64_t kLowest[] = {0, -1, 0, 0, 0}, kHighest[] = {kMost, kMost, 127, 128, 127};
    const std::size_t field = numbers_.size() % 5;
    const std::string_view digits = word.substr(word.starts_with('-') ? 1 : 0);
    bad_ = digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != digits.npos;
    if (bad_) return;
    const std::int64_t number = std::stoll(std::string(word));
    bad_ = number < kLowest[field] || number > kHighest[field];
    numbers_.push_back(number);
  }

  std::vector<std::int64_t> numbers_;
  bool bad_ = false;
  std::optional<std::uint64_t> byte_, line_;
  std::vector<aria::anticipation::CompoundEvent> events_;
};

inline std::string slow_compound_text(std::span<const aria::anticipation::CompoundEvent> events) {
  std::string text;
  for (const auto& event : events) {
    for (const std::int64_t number : {event.time.count, event.duration.count, std::int64_t{event.pitch},
                                      std::int64_t{event.instrument}, std::int64_t{event.velocity}}) {
      text += (text.empty() ? "" : " ") + std::to_string(number);
    }
  }
  return text;
}

}  // namespace test
