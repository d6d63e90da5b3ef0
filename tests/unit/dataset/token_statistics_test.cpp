#include <aria/dataset/token_statistics.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"
#include "support/random_piece.hpp"

namespace {

using Sequences = std::vector<std::vector<aria::TokenId>>;

// Tokens whose meaning nobody knows, but that have every role: id % 4. Number 9 stands outside of the vocabulary.
class NumberTokenizer {
 public:
  static std::string name() { return "number"; }
  static std::string config_json() { return "{}"; }
  const aria::Vocabulary& vocabulary() const { return *vocabulary_; }
  aria::TokenRole role(aria::TokenId token) const { return static_cast<aria::TokenRole>(token % 4); }
  void tokenize(const aria::MidiDict&, aria::RandomStream, std::vector<aria::TokenId>&) const {}
  aria::MidiDict detokenize(std::span<const aria::TokenId>, aria::SkippedTokens*) const { return {}; }

 private:
  std::shared_ptr<const aria::Vocabulary> vocabulary_ = std::make_shared<const aria::Vocabulary>(
      std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
      aria::Vocabulary::Special{.pad = 5, .unknown = 6}, 9);
};
static_assert(aria::Tokenizer<NumberTokenizer> && !aria::TypedTokenizer<NumberTokenizer>);

// 0 pad, 1 unknown, from 2 a note and from 130 a velocity each.
class KeysTokenizer {
 public:
  static std::string name() { return "keys"; }
  static std::string config_json() { return "{}"; }
  const aria::Vocabulary& vocabulary() const { return *vocabulary_; }
  aria::TokenRole role(aria::TokenId) const { return aria::TokenRole::event; }
  void tokenize(const aria::MidiDict&, aria::RandomStream, std::vector<aria::TokenId>&) const {}
  aria::MidiDict detokenize(std::span<const aria::TokenId>, aria::SkippedTokens*) const { return {}; }
  aria::TokenView view(aria::TokenId token) const {
    if (token < 2 || token >= 258) return {};
    const auto number = static_cast<std::uint8_t>((token - 2) % 128);
    if (token < 130) return {.kind = aria::TokenKind::note, .pitch = number};
    return {.kind = aria::TokenKind::velocity, .velocity = number};
  }
  aria::TokenId find(const aria::TokenView&) const { return 1; }
  static int velocity_step() { return 1; }
  static int max_velocity() { return 127; }
  static std::int32_t time_step() { return 10; }
  static std::int32_t max_time() { return 1000; }

 private:
  static std::shared_ptr<const aria::Vocabulary> make() {
    std::vector<std::string> texts;
    for (int i = 0; i < 258; ++i) texts.push_back(std::to_string(i));
    return std::make_shared<const aria::Vocabulary>(std::move(texts),
                                                    aria::Vocabulary::Special{.pad = 0, .unknown = 1});
  }
  std::shared_ptr<const aria::Vocabulary> vocabulary_ = make();
};
static_assert(aria::TypedTokenizer<KeysTokenizer>);

// A data set of these sequences in a folder of its own.
template <class T>
class Data {
 public:
  Data(const T& tokenizer, const Sequences& sequences, std::uint64_t max_seq_len) : tokenizer_(tokenizer) {
    const auto header = aria::TokenizedDatasetHeader::of(tokenizer, {max_seq_len, max_seq_len}, false);
    aria::ByteBuffer text;
    text.append(header.to_json() + '\n');
    for (const auto& tokens : sequences) {
      aria::write_token_line(tokenizer.vocabulary(), tokens, text);
      text.append('\n');
    }
    test::write_text(path(), text.view());
  }

  std::string path() const { return (folder_ / "data.jsonl").string(); }
  aria::TokenizedDataset<T> open() const { return aria::TokenizedDataset<T>(path(), tokenizer_); }
  aria::TokenStatistics count(unsigned workers = 1) const {
    return aria::token_statistics(open(), {.workers = workers});
  }

 private:
  test::TemporaryFolder folder_;
  T tokenizer_;
};

// Sequences of 0 to `longest` tokens, some of them more frequent than others, and padding at the end.
Sequences random_sequences(std::uint64_t seed, const aria::Vocabulary& vocabulary, std::size_t longest) {
  test::Dice dice(seed);
  Sequences sequences(1 + dice.below(200));
  const std::uint64_t kinds = 1 + dice.below(vocabulary.token_count());
  for (auto& tokens : sequences) {
    tokens.resize(dice.below(longest + 1));
    for (auto& token : tokens) {
      token = static_cast<aria::TokenId>(dice.one_in(3) ? dice.below(vocabulary.token_count()) : dice.below(kinds));
    }
    if (dice.one_in(2))
      std::fill(tokens.begin() + dice.small(unsigned(tokens.size() + 1)), tokens.end(), vocabulary.pad());
  }
  return sequences;
}

// Counts with the plainest means: every question goes through all tokens.
template <class Which>
std::uint64_t slow_count(const Sequences& sequences, Which which) {
  std::uint64_t count = 0;
  for (const auto& tokens : sequences)
    count += static_cast<std::uint64_t>(std::count_if(tokens.begin(), tokens.end(), which));
  return count;
}

template <class Which, class Value>
aria::ValueCounts slow_values(const Sequences& sequences, Which which, Value value) {
  aria::ValueCounts counts;
  for (const auto& tokens : sequences) {
    for (const aria::TokenId token : tokens) {
      if (which(token)) counts.add(value(token), 1);
    }
  }
  return counts;
}

bool same(const aria::TokenStatistics& a, const aria::TokenStatistics& b) {
  for (const double share : {0.0, 0.05, 0.5, 0.95, 1.0}) {
    if (a.lengths.quantile(share) != b.lengths.quantile(share)) return false;
  }
  return a.lengths.sum() == b.lengths.sum() && a.sequences == b.sequences && a.tokens == b.tokens &&
         a.padding == b.padding && a.unknown == b.unknown && a.counts == b.counts &&
         a.vocabulary_used == b.vocabulary_used && a.roles == b.roles && a.kinds == b.kinds &&
         a.notes_of == b.notes_of && a.pitches == b.pitches && a.velocities == b.velocities &&
         a.durations == b.durations && a.waits == b.waits;
}

}  // namespace

TEST_CASE("token statistics: a sequence that can be counted by hand", "[dataset]") {
  const aria::LazyTokenizer tokenizer;
  const auto id = [&](const char* text) { return tokenizer.vocabulary().find(text).value(); };
  const Sequences sequences = {
      {id(R"(["prefix", "instrument", "piano"])"), id(R"(["prefix", "instrument", "drum"])"), id(R"("<S>")"),
       id(R"(["piano", 60, 45])"), id(R"(["dur", 100])"), id(R"(["drum", 36])"), id(R"(["wait", 250])"),
       id(R"(["piano", 72, 90])"), id(R"(["dur", 100])"), id(R"("<U>")")},
      {id(R"(["drum", 34])"), id(R"("<E>")"), id(R"("<P>")"), id(R"("<P>")")},  // no model knows drum 34
      {},
  };
  const aria::TokenStatistics about = Data(tokenizer, sequences, 10).count();
  CHECK(about.sequences == 3);
  CHECK(about.tokens == 14);
  CHECK(about.padding == 2);
  CHECK(about.unknown == 2);
  CHECK(about.lengths.min() == 0);
  CHECK(about.lengths.quantile(0.5) == 2);
  CHECK(about.lengths.max() == 10);
  CHECK(about.vocabulary_size == tokenizer.vocabulary().size());
  CHECK(about.vocabulary_used == 11);
  CHECK(about.typed);
  CHECK(about.of(aria::TokenRole::prefix) == 2);
  CHECK(about.of(aria::TokenRole::special) == 3);
  CHECK(about.of(aria::TokenRole::event) == 4);
  CHECK(about.of(aria::TokenRole::continuation) == 3);
  CHECK(about.of(aria::TokenKind::special) == 3);
  CHECK(about.of(aria::TokenKind::instrument) == 2);
  CHECK(about.of(aria::TokenKind::note) == 2);
  CHECK(about.of(aria::TokenKind::drum) == 2);
  CHECK(about.of(aria::TokenKind::duration) == 2);
  CHECK(about.of(aria::TokenKind::wait) == 1);
  CHECK(about.notes() == 4);
  CHECK(about.notes_of[static_cast<std::size_t>(aria::Instrument::piano)] == 2);
  CHECK(about.notes_of[aria::kDrums] == 2);
  CHECK(about.pitches.counts() == std::map<std::int32_t, std::uint64_t>{{60, 1}, {72, 1}});
  CHECK(about.velocities.counts() == std::map<std::int32_t, std::uint64_t>{{45, 1}, {90, 1}});
  CHECK(about.durations.counts() == std::map<std::int32_t, std::uint64_t>{{100, 2}});
  CHECK(about.waits.counts() == std::map<std::int32_t, std::uint64_t>{{250, 1}});
  CHECK(most_frequent(about, 3) == std::vector<aria::TokenId>{id(R"("<P>")"), id(R"(["dur", 100])"), id(R"("<S>")")});
  CHECK(most_frequent(about, 1000).size() == 12);
}

TEST_CASE("token statistics: random sequences against slow counts, for any number of workers", "[dataset]") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 30)));
  const aria::LazyTokenizer tokenizer;
  const aria::Vocabulary& vocabulary = tokenizer.vocabulary();
  const Sequences sequences = random_sequences(seed, vocabulary, 100);
  // Long sequences are worked on a few at a time, short ones many.
  const Data data(tokenizer, sequences, seed % 3 == 0 ? 100 : seed % 3 == 1 ? 5000 : 100'000);
  const aria::TokenStatistics about = data.count(1);
  const auto count = [&](auto which) { return slow_count(sequences, which); };
  const auto is = [&](aria::TokenKind kind) {
    return [&tokenizer, kind](aria::TokenId token) { return tokenizer.view(token).kind == kind; };
  };
  const auto view = [&](aria::TokenId token) { return tokenizer.view(token); };

  CAPTURE(seed);
  CHECK(about.sequences == sequences.size());
  CHECK(about.tokens == count([](aria::TokenId) { return true; }));
  CHECK(about.padding == count([](aria::TokenId token) { return token == 2; }));
  CHECK(about.unknown == count([&](aria::TokenId token) { return token == 3 || token >= vocabulary.size(); }));
  for (std::size_t kind = 1; kind < aria::kTokenKindCount; ++kind) {
    CHECK(about.kinds[kind] == count(is(static_cast<aria::TokenKind>(kind))));
  }
  CHECK(about.kinds[0] == count(is(aria::TokenKind::special)) - about.padding);
  for (std::size_t role = 1; role < about.roles.size(); ++role) {
    CHECK(about.roles[role] ==
          count([&](aria::TokenId token) { return tokenizer.role(token) == static_cast<aria::TokenRole>(role); }));
  }
  for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
    CHECK(about.notes_of[sound] == count([&](aria::TokenId token) {
            const bool plays = is(aria::TokenKind::note)(token) || is(aria::TokenKind::drum)(token);
            return plays && view(token).sound == sound;
          }));
  }
  using Kind = aria::TokenKind;
  CHECK(about.pitches == slow_values(sequences, is(Kind::note), [&](auto token) { return view(token).pitch; }));
  CHECK(about.velocities == slow_values(sequences, is(Kind::note), [&](auto token) { return view(token).velocity; }));
  CHECK(about.durations == slow_values(sequences, is(Kind::duration), [&](auto token) { return view(token).value; }));
  CHECK(about.waits == slow_values(sequences, is(Kind::wait), [&](auto token) { return view(token).value; }));

  std::vector<std::size_t> lengths;
  for (const auto& tokens : sequences) {
    lengths.push_back(tokens.size() - static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), 2U)));
  }
  std::sort(lengths.begin(), lengths.end());
  CHECK(about.lengths.count() == sequences.size());
  CHECK(about.lengths.min() == static_cast<double>(lengths.front()));
  CHECK(about.lengths.max() == static_cast<double>(lengths.back()));
  CHECK(about.lengths.quantile(0.5) == static_cast<double>(lengths[(lengths.size() - 1) / 2]));

  for (const unsigned workers : {2U, 3U, 8U}) CHECK(same(data.count(workers), about));
}

TEST_CASE("token statistics: tokens without a meaning have roles", "[dataset]") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 10)));
  const NumberTokenizer tokenizer;
  const Sequences sequences = random_sequences(seed, tokenizer.vocabulary(), 50);
  const Data data(tokenizer, sequences, 50);
  const aria::TokenStatistics about = data.count();
  CHECK_FALSE(about.typed);
  CHECK(about.padding == slow_count(sequences, [](aria::TokenId token) { return token == 5; }));
  CHECK(about.unknown == slow_count(sequences, [](aria::TokenId token) { return token == 6 || token == 9; }));
  for (unsigned role = 0; role < 4; ++role) {
    CHECK(about.roles[role] ==
          slow_count(sequences, [&](aria::TokenId token) { return token % 4 == role && token != 5; }));
  }
  CHECK(std::count(about.kinds.begin(), about.kinds.end(), 0U) == aria::kTokenKindCount);
  CHECK(about.notes() == 0);
  CHECK(same(data.count(4), about));

  const auto order = most_frequent(about, 10);
  CHECK(order.size() == static_cast<std::size_t>(std::count_if(about.counts.begin(), about.counts.end(),
                                                               [](std::uint64_t count) { return count != 0; })));
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto before = about.counts[order[i - 1]], here = about.counts[order[i]];
    CHECK((before > here || (before == here && order[i - 1] < order[i])));
  }
}

TEST_CASE("token statistics: velocities that have tokens of their own", "[dataset]") {
  const aria::TokenStatistics about = Data(KeysTokenizer(), {{130 + 80, 2 + 60, 2 + 64, 130 + 90, 2 + 60}}, 5).count();
  CHECK(about.velocities.counts() == std::map<std::int32_t, std::uint64_t>{{80, 1}, {90, 1}});
  CHECK(about.pitches.counts() == std::map<std::int32_t, std::uint64_t>{{60, 2}, {64, 1}});
  // Nothing is said of the velocities where only notes occur.
  CHECK(Data(KeysTokenizer(), {{2 + 60}}, 5).count().velocities.empty());
}

TEST_CASE("token statistics: the first line that cannot be read is named, for any number of workers", "[dataset]") {
  const NumberTokenizer tokenizer;
  const Data data(tokenizer, Sequences(200, {1, 2, 3}), 60'000);
  auto text = test::read_text(data.path());
  const auto spoil = [&](std::size_t line) {
    std::size_t at = 0;
    for (std::size_t i = 1; i < line; ++i) at = text.find('\n', at) + 1;
    text.replace(text.find('2', at), 1, "x");
  };
  spoil(190);
  spoil(77);
  test::write_text(data.path(), text);
  for (const unsigned workers : {1U, 2U, 7U}) {
    const auto error = test::error_of([&] { data.count(workers); });
    CHECK(error.code() == aria::ErrorCode::invalid_json);
    CHECK(error.place().path == data.path());
    CHECK(error.place().line == 77U);
  }
}

TEST_CASE("token statistics: progress ends with all sequences, and an empty data set has none", "[dataset]") {
  const NumberTokenizer tokenizer;
  const Data data(tokenizer, Sequences(100, {1, 2, 3}), 60'000);
  std::uint64_t last = 0, calls = 0;
  aria::token_statistics(data.open(), {.workers = 2, .on_progress = [&](const aria::Progress& progress) {
                                         CHECK(progress.done > last);
                                         CHECK(progress.total == 100);
                                         last = progress.done;
                                         ++calls;
                                       }});
  CHECK(last == 100);
  CHECK(calls > 1);

  const aria::TokenStatistics nothing = Data(tokenizer, {}, 10).count(2);
  CHECK(nothing.sequences == 0);
  CHECK(nothing.tokens == 0);
  CHECK(nothing.lengths.empty());
  CHECK(most_frequent(nothing, 5).empty());
}

TEST_CASE("counts of values: quantiles as of all values in order", "[dataset]") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 50)));
  test::Dice dice(seed);
  aria::ValueCounts counts;
  std::vector<std::int32_t> all;
  for (std::uint64_t i = dice.below(20); i > 0; --i) {
    const auto value = static_cast<std::int32_t>(dice.below(30)) - 10;
    const std::uint64_t times = dice.below(10);
    counts.add(value, times);
    all.insert(all.end(), times, value);
  }
  std::sort(all.begin(), all.end());
  CHECK(counts.total() == all.size());
  CHECK(counts.empty() == all.empty());
  for (std::int32_t value = -11; value < 21; ++value) {
    CHECK(counts[value] == static_cast<std::uint64_t>(std::count(all.begin(), all.end(), value)));
  }
  for (const double share : {0.0, 0.07, 0.25, 0.5, 0.95, 1.0}) {
    CHECK(counts.quantile(share) == [&] {  // the smallest that enough values do not exceed
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (static_cast<double>(i + 1) >= share * static_cast<double>(all.size()) - 1e-9) return all[i];
      }
      return 0;
    }());
  }
}

TEST_CASE("token statistics: padding outside of the vocabulary that is the unknown token, too, is padding",
          "[dataset]") {
  const test::NumbersTokenizer tokenizer(10);
  const auto header = aria::TokenizedDatasetHeader::of(tokenizer, {4, 4}, true);
  const test::TemporaryFolder folder;
  test::write_text(folder / "a.jsonl", header.to_json() + "\n[3, 4, \"<P>\", \"<P>\"]\n[5, 5, 5, 5]\n");
  const aria::TokenizedDataset data((folder / "a.jsonl").string(), tokenizer);
  const aria::TokenStatistics about = aria::token_statistics(data);
  CHECK(about.tokens == 8);
  CHECK(about.padding == 2);
  CHECK(about.unknown == 0);
  CHECK(about.vocabulary_used == 3);
  CHECK(about.lengths.min() == 2);
  CHECK(about.of(aria::TokenRole::event) == 6);
  CHECK(about.of(aria::TokenRole::special) == 0);
  // In a sample it has the id 0 as a source, and is padding as a target.
  CHECK(data.get(0).source == std::vector<aria::TokenId>{3, 4, 0, 0});
  CHECK(data.get(0).target == std::vector<aria::TokenId>{4, 10, 10, 10});
}
