// Any data set of sequences behind one interface, for what need not be compiled again for each: loaders and training.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/dataset/sequence_dataset.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// A TokenizedDataset, a LineDataset or whatever else is a SequenceDataset, with its transform. Several threads may use
/// it. Made by source_of.
class SequenceSource {
 public:
  virtual ~SequenceSource() = default;

  virtual std::size_t size() const = 0;
  virtual std::size_t max_seq_len() const = 0;
  virtual const Vocabulary& vocabulary() const = 0;
  virtual bool has_transform() const = 0;

  /// The file, and the line in which sequence `i` stands.
  virtual const std::string& path() const = 0;
  virtual std::uint64_t line_number(std::size_t i) const = 0;

  /// Which tokenizer's the ids are: `name()` and `config_json()`.
  virtual std::string tokenizer_name() const = 0;
  virtual std::string tokenizer_config() const = 0;

  /// Tokens of an event, where all events have as many, and begin behind the first token of a sequence; else 1.
  virtual std::size_t event_size() const { return 1; }

  /// Sequence `i`, transformed. Throws as SequenceDataset::get does.
  virtual void get(std::size_t i, EpochDraw draw, Sample& out) const = 0;

  /// The tokens of sequence `i` as they stand in the file. Throws as `read` of the file does.
  virtual void read(std::size_t i, std::vector<TokenId>& out) const = 0;
};

namespace detail {

template <class Data>
class SourceOf : public SequenceSource {
 public:
  explicit SourceOf(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  std::size_t size() const override { return data_->size(); }
  std::size_t max_seq_len() const override { return data_->max_seq_len(); }
  const Vocabulary& vocabulary() const override { return data_->tokenizer().vocabulary(); }
  bool has_transform() const override { return data_->has_transform(); }
  const std::string& path() const override { return data_->file().path(); }
  std::uint64_t line_number(std::size_t i) const override { return data_->file().line_number(i); }
  std::string tokenizer_name() const override { return std::string(data_->tokenizer().name()); }
  std::string tokenizer_config() const override { return std::string(data_->tokenizer().config_json()); }
  std::size_t event_size() const override {
    if constexpr (requires { data_->tokenizer().event_size(); }) {
      return data_->tokenizer().event_size();
    } else {
      return 1;
    }
  }
  void get(std::size_t i, EpochDraw draw, Sample& out) const override { data_->get(i, draw, out); }
  void read(std::size_t i, std::vector<TokenId>& out) const override {
    auto reader = data_->file().reader(vocabulary());
    data_->file().read(i, reader, out);
  }

 private:
  std::shared_ptr<const Data> data_;
};

}  // namespace detail

/// The data set behind the interface; it is shared, not copied.
///
///     auto data = std::make_shared<aria::TokenizedDataset<aria::LazyTokenizer>>("train.jsonl", tokenizer);
///     const std::shared_ptr<const aria::SequenceSource> source = aria::source_of(data);
template <class Data>
std::shared_ptr<const SequenceSource> source_of(std::shared_ptr<Data> data) {
  return std::make_shared<const detail::SourceOf<std::remove_const_t<Data>>>(std::move(data));
}

/// Writes sequences as rows of max_seq_len() ids to `source` and `target`, which have room for all of them; `scratch`
/// is memory that is used again. Shorter ones are filled up: targets with padding, from which nothing is learnt, and
/// sources with padding or, where the vocabulary has none, 0. Throws as `get` does, and invalid_argument where a
/// transform made a sequence too long.
inline void fill_batch(const SequenceSource& data, std::span<const std::size_t> indices, EpochDraw draw,
                       std::int64_t* source, std::int64_t* target, Sample& scratch) {
  const auto length = static_cast<std::ptrdiff_t>(data.max_seq_len());
  const std::int64_t pad = data.vocabulary().pad();
  const std::int64_t blank = data.vocabulary().pad() < data.vocabulary().size() ? pad : 0;
  for (const std::size_t index : indices) {
    data.get(index, draw, scratch);
    if (scratch.source.size() > data.max_seq_len()) {
      throw Error(ErrorCode::invalid_argument,
                  "a transform made " + std::to_string(scratch.source.size()) + " tokens of a sequence, and at most " +
                      std::to_string(data.max_seq_len()) + " are expected",
                  {.path = data.path(), .line = data.line_number(index)});
    }
    std::fill(std::copy(scratch.source.begin(), scratch.source.end(), source), source + length, blank);
    std::fill(std::copy(scratch.target.begin(), scratch.target.end(), target), target + length, pad);
    source += length;
    target += length;
  }
}

}  // namespace aria
