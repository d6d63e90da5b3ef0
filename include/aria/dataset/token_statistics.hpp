// What the tokens of a data set are like, in memory that does not grow with their number.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <aria/config/instrument.hpp>
#include <aria/dataset/sequence_dataset.hpp>
#include <aria/support/distribution.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// How often each of a few whole numbers occurs: the milliseconds of all tokens that name some, for instance.
class ValueCounts {
 public:
  void add(std::int32_t value, std::uint64_t times) {
    if (times == 0) return;
    counts_[value] += times;
    total_ += times;
  }

  bool empty() const noexcept { return total_ == 0; }
  std::uint64_t total() const noexcept { return total_; }

  std::uint64_t operator[](std::int32_t value) const {
    const auto found = counts_.find(value);
    return found == counts_.end() ? 0 : found->second;
  }

  /// Values that occur, in order, and how often they do.
  const std::map<std::int32_t, std::uint64_t>& counts() const noexcept { return counts_; }

  /// The smallest value that at least `share` (0 to 1) of all values do not exceed: 0 asks for the smallest, 0.5 for
  /// the median, 1 for the largest. 0 where there is none.
  std::int32_t quantile(double share) const {
    if (empty()) return 0;
    constexpr double kRounding = 1e-9;  // 0.07 * 100 shall not ask for the eighth value
    const double wanted = std::max(1.0, std::ceil(share * static_cast<double>(total_) - kRounding));
    double reached = 0;
    for (const auto& [value, times] : counts_) {
      reached += static_cast<double>(times);
      if (reached >= wanted) return value;
    }
    return counts_.rbegin()->first;
  }

  friend bool operator==(const ValueCounts&, const ValueCounts&) = default;

 private:
  std::map<std::int32_t, std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

/// Numbers about the sequences of a TokenizedDataset or a LineDataset. Takes 8 bytes for every token that its tokenizer
/// can write, and less than 1 MB for all else.
struct TokenStatistics {
  static constexpr std::size_t kRoleCount = 4;

  std::uint64_t sequences = 0;
  std::uint64_t tokens = 0;   ///< of all sequences, with their padding
  std::uint64_t padding = 0;  ///< of these, padding
  /// Of these, what a model takes for unknown: the unknown token, and those it has no id for.
  std::uint64_t unknown = 0;
  Distribution lengths;               ///< of the sequences, without padding
  std::vector<std::uint64_t> counts;  ///< by token, those outside of the vocabulary at the end
  std::size_t vocabulary_size = 0;
  std::size_t vocabulary_used = 0;  ///< tokens of the vocabulary that occur

  /// By TokenRole, without padding.
  std::array<std::uint64_t, kRoleCount> roles{};

  // Of a TypedTokenizer; else all of it is empty.
  bool typed = false;
  std::array<std::uint64_t, kTokenKindCount> kinds{};  ///< by TokenKind, without padding
  std::array<std::uint64_t, kSoundCount> notes_of{};   ///< notes by instrument class, then drums
  ValueCounts pitches;                                 ///< of notes, but not of drums
  ValueCounts velocities;  ///< of notes; of the tokens that name one where velocities have tokens of their own
  ValueCounts durations;   ///< milliseconds, a value a token
  ValueCounts waits;       ///< milliseconds, a value a token

  std::uint64_t of(TokenRole role) const noexcept { return roles[static_cast<std::size_t>(role)]; }
  std::uint64_t of(TokenKind kind) const noexcept { return kinds[static_cast<std::size_t>(kind)]; }
  std::uint64_t notes() const noexcept { return of(TokenKind::note) + of(TokenKind::drum); }
};

struct TokenStatisticsOptions {
  unsigned workers = default_workers();
  /// Called now and then, in sequences.
  ProgressCallback on_progress = {};
};

/// Up to `at_most` tokens that occur, the most frequent first; of equally frequent ones the one with the smaller id.
inline std::vector<TokenId> most_frequent(const TokenStatistics& about, std::size_t at_most) {
  std::vector<TokenId> order;
  for (std::size_t token = 0; token < about.counts.size(); ++token) {
    if (about.counts[token] != 0) order.push_back(static_cast<TokenId>(token));
  }
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(at_most, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](TokenId a, TokenId b) {
    return about.counts[a] != about.counts[b] ? about.counts[a] > about.counts[b] : a < b;
  });
  order.erase(end, order.end());
  return order;
}

namespace detail {

// What the counts of all tokens say: everything but the lengths of sequences.
template <Tokenizer T>
class TokenSummary {
 public:
  TokenSummary(const T& tokenizer, TokenStatistics& out) : tokenizer_(tokenizer), out_(out) {}

  void write() {
    const Vocabulary& vocabulary = tokenizer_.vocabulary();
    out_.vocabulary_size = vocabulary.size();
    out_.typed = TypedTokenizer<T>;
    for (std::size_t i = 0; i < out_.counts.size(); ++i) {
      const auto token = static_cast<TokenId>(i);
      const std::uint64_t times = out_.counts[i];
      out_.tokens += times;
      out_.vocabulary_used += i < vocabulary.size() && times != 0;
      if (token == vocabulary.pad()) {  // which may be the unknown token, too
        out_.padding = times;
        continue;
      }
      if (vocabulary.encode(token) == vocabulary.unknown()) out_.unknown += times;
      out_.roles[static_cast<std::size_t>(tokenizer_.role(token))] += times;
      if constexpr (TypedTokenizer<T>) add(tokenizer_.view(token), times);
    }
    if (velocity_tokens_) out_.velocities = std::move(named_velocities_);
  }

 private:
  void add(const TokenView& token, std::uint64_t times) {
    out_.kinds[static_cast<std::size_t>(token.kind)] += times;
    switch (token.kind) {
      case TokenKind::note:
        out_.pitches.add(token.pitch, times);
        out_.velocities.add(token.velocity, times);
        [[fallthrough]];
      case TokenKind::drum:
        if (token.sound < kSoundCount) out_.notes_of[token.sound] += times;
        break;
      case TokenKind::velocity:
        velocity_tokens_ = true;
        named_velocities_.add(token.velocity, times);
        break;
      case TokenKind::duration:
        out_.durations.add(token.value, times);
        break;
      case TokenKind::wait:
        out_.waits.add(token.value, times);
        break;
      default:
        break;
    }
  }

  const T& tokenizer_;
  TokenStatistics& out_;
  bool velocity_tokens_ = false;  // the vocabulary has some
  ValueCounts named_velocities_;
};

// Counts tokens: every thread by itself, added up at the end, which gives the same sums in any order.
template <class File, Tokenizer T, class MakeVisitor>
class TokenCounter {
 public:
  TokenCounter(const SequenceDataset<File, T>& data, const TokenStatisticsOptions& options, MakeVisitor& make_visitor)
      : data_(data),
        options_(options),
        make_visitor_(make_visitor),
        batch_size_(std::max<std::size_t>(1, kBatchTokens / data.max_seq_len())) {}

  TokenStatistics run() {
    ordered_map<Batch, Lengths>([this] { return next(); }, [](const Batch&) { return std::uint64_t{0}; },
                                [this] { return worker(); }, [this](const Lengths& lengths) { add(lengths); },
                                {.workers = options_.workers});
    out_.counts.resize(data_.tokenizer().vocabulary().token_count());
    for (const Counts& counts : counts_) {
      for (std::size_t token = 0; token < counts.size(); ++token) out_.counts[token] += counts[token];
    }
    TokenSummary<T>(data_.tokenizer(), out_).write();
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kBatchTokens = 1 << 16;

  struct Batch {
    std::size_t begin, end;  // numbers of sequences
  };
  using Lengths = std::vector<std::uint32_t>;  // without padding; no sequence has 2^32 tokens
  using Counts = std::vector<std::uint64_t>;

  std::optional<Batch> next() {
    if (next_ == data_.size()) return std::nullopt;
    const std::size_t begin = std::exchange(next_, next_ + std::min(batch_size_, data_.size() - next_));
    return Batch{begin, next_};
  }

  auto worker() {
    const Vocabulary& vocabulary = data_.tokenizer().vocabulary();
    const std::lock_guard lock(mutex_);
    Counts& counts = counts_.emplace_back(vocabulary.token_count());
    return [this, &counts, pad = vocabulary.pad(), reader = data_.file().reader(vocabulary), visit = make_visitor_(),
            tokens = std::vector<TokenId>()](const Batch& batch, Lengths& lengths) mutable {
      lengths.clear();
      for (std::size_t i = batch.begin; i < batch.end; ++i) {
        data_.file().read(i, reader, tokens);
        const std::uint64_t padding_before = counts[pad];
        for (const TokenId token : tokens) ++counts[token];
        visit(std::span<const TokenId>(tokens));
        lengths.push_back(static_cast<std::uint32_t>(tokens.size() - (counts[pad] - padding_before)));
      }
    };
  }

  void add(const Lengths& lengths) {
    out_.sequences += lengths.size();
    for (const std::uint32_t length : lengths) out_.lengths.add(length);
    if (options_.on_progress) options_.on_progress({out_.sequences, data_.size()});
  }

  const SequenceDataset<File, T>& data_;
  const TokenStatisticsOptions& options_;
  MakeVisitor& make_visitor_;
  const std::size_t batch_size_;
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::deque<Counts> counts_;  // one a thread, which keeps its place
  TokenStatistics out_;
};

}  // namespace detail

/// Counts the tokens of all sequences, as they stand in the file, in one pass and on all cores; the result is the same
/// for any number of workers. Throws as `read` of the file does, for the first line that cannot be read.
///
///     const aria::TokenizedDataset data("train.jsonl", aria::LazyTokenizer());
///     const aria::TokenStatistics about = aria::token_statistics(data);
///     about.notes_of[aria::kDrums]  // strokes of drums
///     about.waits.quantile(0.5)     // half of the waits are no longer than this, in milliseconds
///
/// For what depends on the order of tokens, `make_visitor()` is called once for every thread, by one at a time, and
/// gives a function that is called with the std::span<const TokenId> of every sequence that this thread reads.
template <class File, Tokenizer T, class MakeVisitor>
TokenStatistics token_statistics(const SequenceDataset<File, T>& data, const TokenStatisticsOptions& options,
                                 MakeVisitor make_visitor) {
  return detail::TokenCounter<File, T, MakeVisitor>(data, options, make_visitor).run();
}
template <class File, Tokenizer T>
TokenStatistics token_statistics(const SequenceDataset<File, T>& data, const TokenStatisticsOptions& options = {}) {
  return token_statistics(data, options, [] { return [](std::span<const TokenId>) {}; });
}

}  // namespace aria
