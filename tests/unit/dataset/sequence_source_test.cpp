#include <aria/dataset/sequence_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aria/dataset/line_dataset.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"
#include "support/toy_tokenizer.hpp"

using aria::ErrorCode;
using aria::Sample;
using aria::SequenceSource;
using aria::source_of;
using aria::TokenId;
using test::NumbersTokenizer;
using test::ToyTokenizer;
using Ids = std::vector<std::int64_t>;
using Tokens = std::vector<TokenId>;
using Source = std::shared_ptr<const SequenceSource>;

namespace {

constexpr std::size_t kLength = 8;

// The toy tokenizer with padding that is neither the first token nor outside of the vocabulary.
class LatePadTokenizer : public ToyTokenizer {
 public:
  static constexpr TokenId kLatePad = 5;

  const aria::Vocabulary& vocabulary() const { return *vocabulary_; }

 private:
  static std::shared_ptr<const aria::Vocabulary> with_late_pad(const aria::Vocabulary& other) {
    std::vector<std::string> texts;
    for (TokenId token = 0; token < other.token_count(); ++token) texts.emplace_back(other.text(token));
    const aria::Vocabulary::Special special{.pad = kLatePad, .unknown = kUnknown};
    return std::make_shared<const aria::Vocabulary>(std::move(texts), special, other.size());
  }

  std::shared_ptr<const aria::Vocabulary> vocabulary_ = with_late_pad(ToyTokenizer::vocabulary());
};

// Draws from all kinds of ids, also unknown ones.
void draw_some(Tokens& tokens, aria::RandomStream& random) {
  for (TokenId& token : tokens) {
    if (random.below(3) == 0) token = random.below(400);
  }
}
void swap_ends(Tokens& tokens, aria::RandomStream& random) {
  if (!tokens.empty() && random.below(2) == 0) std::swap(tokens.front(), tokens.back());
}

struct Place {
  std::string write(const std::string& text) const {
    test::write_text(folder / "data", text);
    return path();
  }
  std::string path() const { return (folder / "data").string(); }

  template <class T>
  std::shared_ptr<aria::TokenizedDataset<T>> tokenized(const T& tokenizer, const std::vector<Tokens>& sequences,
                                                       bool padding) const {
    const auto header = aria::TokenizedDatasetHeader::of(tokenizer, {kLength, 3}, padding);
    const std::string path = write(test::tokenized_text(tokenizer, header, sequences));
    return std::make_shared<aria::TokenizedDataset<T>>(path, tokenizer);
  }
  std::shared_ptr<aria::LineDataset<NumbersTokenizer>> lines(const std::vector<Tokens>& sequences) const {
    std::string text;
    for (const Tokens& sequence : sequences) text += test::number_line(sequence);
    return std::make_shared<aria::LineDataset<NumbersTokenizer>>(write(text), NumbersTokenizer());
  }

  test::TemporaryFolder folder;
};

std::vector<Tokens> random_sequences(std::size_t count, std::size_t ids, std::uint64_t seed = 0) {
  test::Dice dice(seed);
  std::vector<Tokens> sequences(count, Tokens(kLength));
  for (Tokens& sequence : sequences) {
    for (TokenId& token : sequence) token = static_cast<TokenId>(dice.below(ids));
  }
  return sequences;
}

// Sequences of every length up to the longest.
std::vector<Tokens> short_sequences(std::size_t ids) {
  std::vector<Tokens> sequences = random_sequences(2 * kLength + 2, ids);
  for (std::size_t i = 0; i < sequences.size(); ++i) sequences[i].resize(i % (kLength + 1));
  return sequences;
}

// A batch, and what stood in the memory before and behind it.
struct Rows {
  Rows(const SequenceSource& data, const std::vector<std::size_t>& indices, aria::EpochDraw draw, Sample& scratch)
      : source(Ids(indices.size() * data.max_seq_len() + 2, -7)), target(source) {
    aria::fill_batch(data, indices, draw, source.data() + 1, target.data() + 1, scratch);
    for (Ids* ids : {&source, &target}) {
      CHECK(ids->front() == -7);
      CHECK(ids->back() == -7);
      ids->pop_back();
      ids->erase(ids->begin());
    }
  }
  Rows(const SequenceSource& data, const std::vector<std::size_t>& indices, aria::EpochDraw draw = {})
      : Rows(data, indices, draw, fresh()) {}
  static Sample& fresh() {
    static Sample sample;
    return sample = {};
  }

  Ids source, target;
};

// The rows that `tokens` make, put together one id at a time.
struct ExpectedRows {
  void add(const aria::Vocabulary& vocabulary, const Tokens& tokens, TokenId blank) {
    for (std::size_t i = 0; i < kLength; ++i) {
      const TokenId token = i < tokens.size() ? vocabulary.encode(tokens[i]) : blank;
      source.push_back(token < vocabulary.size() ? token : 0);
      target.push_back(i + 1 < tokens.size() ? vocabulary.encode(tokens[i + 1]) : vocabulary.pad());
    }
  }

  Ids source, target;
};

template <class Data>
void check_is_the_same(const Data& data, const SequenceSource& source, const std::vector<Tokens>& sequences) {
  REQUIRE(source.size() == sequences.size());
  CHECK(source.max_seq_len() == kLength);
  CHECK(&source.vocabulary() == &data.tokenizer().vocabulary());
  CHECK(source.path() == data.file().path());
  CHECK(source.tokenizer_name() == data.tokenizer().name());
  CHECK(source.tokenizer_config() == data.tokenizer().config_json());
  CHECK(source.has_transform() == data.has_transform());
  Sample sample;
  Tokens tokens;
  for (const aria::EpochDraw draw : {aria::EpochDraw{0, 0}, aria::EpochDraw{3, 1}, aria::EpochDraw{3, 2}}) {
    for (std::size_t i = sequences.size(); i-- > 0;) {
      CHECK(source.line_number(i) == data.file().line_number(i));
      source.get(i, draw, sample);
      CHECK(sample.source == data.get(i, draw).source);
      CHECK(sample.target == data.get(i, draw).target);
      source.read(i, tokens);
      CHECK(tokens == sequences[i]);
    }
  }
}

// Batches that threads ask for all at once are those that one asks for.
void check_threads(const SequenceSource& source) {
  constexpr std::size_t kBatch = 5;
  const aria::EpochDraw draw{.seed = 9, .epoch = 4};
  std::vector<std::size_t> all(source.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Rows expected(source, all, draw);
  for (const std::size_t count : {1, 2, 3, 8}) {
    // Every thread fills all rows, from another one on.
    std::vector<Ids> sources(count, Ids(expected.source.size(), -1)), targets = sources;
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < count; ++number) {
      threads.emplace_back([&, number] {
        Sample scratch;
        const std::size_t batches = (all.size() + kBatch - 1) / kBatch;
        for (std::size_t i = 0; i < batches; ++i) {
          const std::size_t first = (i + number) % batches * kBatch;
          const std::size_t size = std::min(kBatch, all.size() - first);
          const std::vector<std::size_t> part(all.begin() + static_cast<std::ptrdiff_t>(first),
                                              all.begin() + static_cast<std::ptrdiff_t>(first + size));
          aria::fill_batch(source, part, draw, sources[number].data() + first * kLength,
                           targets[number].data() + first * kLength, scratch);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t number = 0; number < count; ++number) {
      CHECK(sources[number] == expected.source);
      CHECK(targets[number] == expected.target);
    }
  }
}

}  // namespace

TEST_CASE("SequenceSource: a TokenizedDataset behind it is the same", "[dataset]") {
  const Place place;
  const ToyTokenizer tokenizer;
  const auto sequences = random_sequences(40, tokenizer.vocabulary().token_count());
  const auto data = place.tokenized(tokenizer, sequences, true);
  const Source source = source_of(data);
  CHECK(source->line_number(0) == 2);
  CHECK(!source->has_transform());
  check_is_the_same(*data, *source, sequences);
  data->set_transform({draw_some, swap_ends});
  CHECK(source->has_transform());
  check_is_the_same(*data, *source, sequences);
}

TEST_CASE("SequenceSource: a LineDataset behind it is the same", "[dataset]") {
  const Place place;
  const auto sequences = random_sequences(40, 100);
  const auto data = place.lines(sequences);
  const Source source = source_of(data);
  CHECK(source->line_number(0) == 1);
  CHECK(source->tokenizer_name() == "numbers");
  check_is_the_same(*data, *source, sequences);
  data->set_transform({draw_some, swap_ends});
  check_is_the_same(*data, *source, sequences);
}

TEST_CASE("SequenceSource: the data set is shared, and lives as long as the source", "[dataset]") {
  const Place place;
  auto data = place.lines({{1, 2, 3, 4, 5, 6, 7, 8}});
  Source source = source_of(std::shared_ptr<const aria::LineDataset<NumbersTokenizer>>(data));
  CHECK(data.use_count() == 2);
  data.reset();
  Tokens tokens;
  source->read(0, tokens);
  CHECK(tokens == Tokens{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("SequenceSource: errors name file and line", "[dataset]") {
  const Place place;
  place.write("1 2 3\n4 5 6\n7 8\n");
  const Source source =
      source_of(std::make_shared<aria::LineDataset<NumbersTokenizer>>(place.path(), NumbersTokenizer()));
  Sample sample;
  Tokens tokens;
  Ids ids(9);
  const std::vector<std::size_t> indices = {0, 1, 2};
  for (const aria::Error& error :
       {test::error_of([&] { source->get(2, {}, sample); }), test::error_of([&] { source->read(2, tokens); }),
        test::error_of([&] { aria::fill_batch(*source, indices, {}, ids.data(), ids.data(), sample); })}) {
    CHECK(error.code() == ErrorCode::invalid_text);
    CHECK(error.place().path == place.path());
    CHECK(error.place().line == 3);
  }
  CHECK(test::error_of([&] { source->get(3, {}, sample); }).code() == ErrorCode::invalid_argument);
}

TEST_CASE("fill_batch: a row a sequence, and targets are an id ahead", "[dataset]") {
  const Place place;
  const auto data = place.lines({{1, 2, 3, 4, 5, 6, 7, 8}, {11, 12, 13, 14, 15, 16, 17, 18}, {0, 0, 0, 0, 0, 0, 0, 9}});
  const Source source = source_of(data);
  const Rows rows(*source, {2, 0, 0});
  CHECK(rows.source == Ids{0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(rows.target == Ids{0, 0, 0, 0, 0, 0, 9, 100, 2, 3, 4, 5, 6, 7, 8, 100, 2, 3, 4, 5, 6, 7, 8, 100});
  CHECK(Rows(*source, {}).source.empty());
  // What a transform made of tokens that a model does not know, it does not get to see.
  data->set_transform([](Tokens& tokens, aria::RandomStream&) { tokens = {7, 100, 101, 9, 4'000'000'000, 8, 1, 2}; });
  const Rows strange(*source, {1});
  CHECK(strange.source == Ids{7, 0, 0, 9, 0, 8, 1, 2});
  CHECK(strange.target == Ids{100, 100, 9, 100, 8, 1, 2, 100});
}

TEST_CASE("fill_batch: draws belong to seed, epoch and sequence, not to the batch", "[dataset]") {
  const Place place;
  const auto data = place.lines(random_sequences(40, 100));
  data->set_transform(draw_some);
  const Source source = source_of(data);
  const Rows two(*source, {17, 4}, {1, 2}), one(*source, {4}, {1, 2});
  CHECK(std::equal(one.source.begin(), one.source.end(), two.source.begin() + kLength));
  CHECK(Rows(*source, {4}, {1, 3}).source != one.source);
  CHECK(Rows(*source, {4}, {2, 2}).source != one.source);
}

TEST_CASE("fill_batch: shorter sequences are filled up with padding", "[dataset]") {
  const Place place;
  const auto check = [&](const auto& tokenizer, TokenId blank) {
    const aria::Vocabulary& vocabulary = tokenizer.vocabulary();
    const auto sequences = short_sequences(vocabulary.token_count());
    const Source source = source_of(place.tokenized(tokenizer, sequences, false));
    ExpectedRows expected;
    std::vector<std::size_t> indices;
    Sample reused;
    for (std::size_t i = sequences.size(); i-- > 0;) {
      indices.push_back(i);
      expected.add(vocabulary, sequences[i], blank);
    }
    const Rows rows(*source, indices, {}, reused);
    CHECK(rows.source == expected.source);
    CHECK(rows.target == expected.target);
  };
  check(ToyTokenizer(), ToyTokenizer::kPad);
  check(LatePadTokenizer(), LatePadTokenizer::kLatePad);
  check(NumbersTokenizer(), 0);  // which has padding, but no model knows it
}

TEST_CASE("fill_batch: a transform that makes a sequence too long is refused", "[dataset]") {
  // It wrote behind the row, and behind the batch in the last one.
  const Place place;
  const auto data = place.lines(random_sequences(3, 100));
  data->set_transform([](Tokens& tokens, aria::RandomStream&) { tokens.push_back(1); });
  const Source source = source_of(data);
  const std::vector<std::size_t> indices = {2};
  Ids ids(kLength, -7), targets = ids;
  Sample sample;
  const aria::Error error =
      test::error_of([&] { aria::fill_batch(*source, indices, {}, ids.data(), targets.data(), sample); });
  CHECK(error.code() == ErrorCode::invalid_argument);
  CHECK(error.place().path == place.path());
  CHECK(error.place().line == 3);
}

TEST_CASE("fill_batch: any number of threads get the same", "[dataset]") {
  const Place place;
  SECTION("from a TokenizedDataset") {
    const LatePadTokenizer tokenizer;
    const auto data = place.tokenized(tokenizer, short_sequences(tokenizer.vocabulary().token_count()), false);
    data->set_transform({draw_some, swap_ends, draw_some});
    check_threads(*source_of(data));
  }
  SECTION("from a LineDataset") {
    const auto data = place.lines(random_sequences(64, 100));
    data->set_transform({draw_some, swap_ends});
    check_threads(*source_of(data));
  }
}
