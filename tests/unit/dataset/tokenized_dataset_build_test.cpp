#include <aria/dataset/tokenized_dataset_build.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aria/dataset/midi_dataset.hpp>
#include <aria/dataset/midi_dataset_file.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/midi/json_writer.hpp>
#include <aria/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/toy_tokenizer.hpp"

namespace fs = std::filesystem;
using aria::ErrorCode;
using aria::MidiDict;
using aria::Reading;
using aria::TokenId;
using aria::TokenizedDatasetOptions;
using test::ToyTokenizer;
using Tokens = std::vector<TokenId>;

namespace {

// Pieces with a prefix of one to many instruments; every tenth has no notes.
std::vector<MidiDict> random_pieces(std::size_t count, std::uint64_t seed = 0) {
  std::vector<MidiDict> pieces;
  for (std::size_t i = 0; i < count; ++i) {
    pieces.push_back(test::random_piece(1000 * seed + i, {.max_notes = 400}));
    if (i % 10 == 3) pieces.back().notes.clear();
  }
  return pieces;
}

std::string json_of(const std::vector<MidiDict>& pieces) {
  std::string text;
  for (const MidiDict& piece : pieces) text += piece.to_json() + '\n';
  return text;
}

struct Place {
  std::string path(const std::string& name) const { return (folder / name).string(); }
  std::string write(const std::string& text) const {
    test::write_text(folder / "music.jsonl", text);
    return path("music.jsonl");
  }

  // Builds from a file, and returns the bytes.
  template <class T>
  std::string build(const T& tokenizer, const TokenizedDatasetOptions& options = {}) {
    summary = aria::build_tokenized_dataset(tokenizer, path("music.jsonl"), path("out.jsonl"), options,
                                            aria::IfExists::replace);
    return test::read_text(folder / "out.jsonl");
  }

  test::TemporaryFolder folder;
  aria::TokenizedDatasetSummary summary;
};

// What a data set of these pieces holds, put together in the obvious way.
template <class T>
std::string expected(const T& tokenizer, const std::vector<MidiDict>& pieces, const TokenizedDatasetOptions& options,
                     aria::TokenizedDatasetSummary& summary) {
  std::vector<Tokens> sequences;
  summary = {};
  for (const MidiDict& piece : pieces) {
    const aria::RandomStream random(options.seed, summary.entries++);
    Tokens tokens;
    try {
      tokenizer.tokenize(piece, random, tokens);
    } catch (const aria::Error&) {
      ++summary.skipped;
      continue;
    }
    summary.tokens += tokens.size();
    for (const TokenId token : tokens) summary.unknown += token >= tokenizer.vocabulary().size() ? 1 : 0;
    aria::WindowCutter<T> cutter(tokenizer, options.windows, options.padding, options.reading);
    cutter.cut(tokens, [&](auto window) { sequences.emplace_back(window.begin(), window.end()); });
  }
  summary.sequences = sequences.size();
  const auto header = aria::TokenizedDatasetHeader::of(tokenizer, options.windows, options.padding);
  return test::tokenized_text(tokenizer, header, sequences);
}

void check_summary(const aria::TokenizedDatasetSummary& is, const aria::TokenizedDatasetSummary& should_be) {
  CHECK(is.entries == should_be.entries);
  CHECK(is.skipped == should_be.skipped);
  CHECK(is.sequences == should_be.sequences);
  CHECK(is.tokens == should_be.tokens);
  CHECK(is.unknown == should_be.unknown);
}

}  // namespace

TEST_CASE("a TokenizedDataset is built piece by piece, with any tokenizer, padding and reading", "[dataset]") {
  const auto pieces = random_pieces(60);
  Place place;
  place.write(json_of(pieces));
  const auto check = [&](const auto& tokenizer) {
    for (const bool padding : {true, false}) {
      for (const Reading reading : {Reading::standard, Reading::reference}) {
        for (const aria::WindowConfig& windows : {aria::WindowConfig{64, 64}, {100, 31}, {4096, 1}}) {
          TokenizedDatasetOptions options{.windows = windows, .padding = padding, .reading = reading, .seed = 3};
          if (windows.stride_len == 1) options.windows.stride_len = 4000;
          aria::TokenizedDatasetSummary summary;
          const std::string text = expected(tokenizer, pieces, options, summary);
          CHECK((place.build(tokenizer, options) == text));
          check_summary(place.summary, summary);
        }
      }
    }
  };
  check(ToyTokenizer());
  check(aria::LazyTokenizer());
  CHECK(place.summary.skipped >= 6);
}

TEST_CASE("a TokenizedDataset from memory has the same bytes as one from a file", "[dataset]") {
  const auto pieces = random_pieces(30, 5);
  Place place;
  place.write(json_of(pieces));
  const aria::LazyTokenizer tokenizer;
  const TokenizedDatasetOptions options{.windows = {128, 60}};
  const std::string text = place.build(tokenizer, options);
  aria::build_tokenized_dataset(tokenizer, aria::MidiDataset(pieces), place.path("memory.jsonl"), options);
  CHECK((test::read_text(place.folder / "memory.jsonl") == text));
}

TEST_CASE("a TokenizedDataset has the same bytes for any number of workers", "[dataset]") {
  auto pieces = random_pieces(150, 1);
  // One that is too long to wait for its turn as text.
  MidiDict& large = pieces[70];
  large.notes.clear();
  for (std::int64_t i = 0; i < 200'000; ++i) {
    large.notes.emplace_back(aria::Ticks{i}, aria::Ticks{i + 1}, static_cast<unsigned>(i % 128), 64U, 0U);
  }
  Place place;
  place.write(json_of(pieces));
  const ToyTokenizer tokenizer;
  for (const aria::WindowConfig& windows : {aria::WindowConfig{256, 256}, {64, 10}}) {
    TokenizedDatasetOptions options{.windows = windows};
    aria::TokenizedDatasetSummary summary;
    const std::string text = expected(tokenizer, pieces, options, summary);
    for (const unsigned workers : {1U, 2U, 5U}) {
      options.workers = workers;
      CHECK((place.build(tokenizer, options) == text));
      check_summary(place.summary, summary);
    }
  }
  CHECK(place.summary.unknown > 0);
}

TEST_CASE("what a tokenizer draws belongs to the seed and the number of the entry", "[dataset]") {
  // <D> stands 90 to 110 tokens before the end of long pieces.
  std::vector<MidiDict> pieces;
  for (std::size_t i = 0; i < 30; ++i) {
    MidiDict piece = test::random_piece(1);
    piece.notes.clear();
    for (std::int64_t k = 0; k < 200; ++k) piece.notes.emplace_back(aria::Ticks{k}, aria::Ticks{k + 1}, 60U, 64U, 0U);
    pieces.push_back(piece);
  }
  Place place;
  const aria::LazyTokenizer tokenizer;
  const auto places = [&](std::uint64_t seed) {
    place.build(tokenizer, {.windows = {1024, 1024}, .seed = seed});
    const aria::TokenizedDataset<aria::LazyTokenizer> data(place.path("out.jsonl"), tokenizer);
    std::vector<std::ptrdiff_t> all;
    for (std::size_t i = 0; i < data.size(); ++i) {
      const Tokens tokens = data.tokens(i);
      all.push_back(std::find(tokens.begin(), tokens.end(), aria::LazyVocabulary::kDiminish) - tokens.begin());
    }
    return all;
  };
  place.write(json_of(pieces));
  const auto first = places(0);
  REQUIRE(first.size() == 30);
  CHECK(std::set<std::ptrdiff_t>(first.begin(), first.end()).size() > 5);
  CHECK(places(0) == first);
  CHECK(places(1) != first);
  // An entry in front moves all numbers by one; entry i still draws what is drawn for i.
  pieces.insert(pieces.begin(), pieces.front());
  place.write(json_of(pieces));
  const auto more = places(0);
  CHECK(std::equal(first.begin(), first.end(), more.begin()));
}

TEST_CASE("pieces without tokens are skipped and told, in order, with their numbers and why", "[dataset]") {
  auto pieces = random_pieces(40, 2);
  for (MidiDict& piece : pieces) piece.instruments = {{aria::Ticks{0}, 0U, 0U}};  // a piano
  const std::set<std::uint64_t> ignored = {0, 17, 39};
  for (const std::uint64_t i : ignored) {
    MidiDict& piece = pieces[i];
    piece.instruments = {{aria::Ticks{0}, 0U, 120U}};  // fret noise
    piece.notes.clear();
    piece.notes.emplace_back(aria::Ticks{0}, aria::Ticks{10}, 60U, 64U, 0U);
  }
  Place place;
  place.write(json_of(pieces));
  for (const unsigned workers : {1U, 3U}) {
    std::vector<std::pair<std::uint64_t, std::string>> skipped;
    TokenizedDatasetOptions options{.windows = {64, 64}, .workers = workers};
    options.on_skipped = [&](std::uint64_t entry, std::string_view reason) { skipped.emplace_back(entry, reason); };
    place.build(aria::LazyTokenizer(), options);
    std::vector<std::pair<std::uint64_t, std::string>> should_be;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (ignored.count(i) != 0) {
        should_be.emplace_back(i, "has no notes left after ignoring instruments");
      } else if (pieces[i].notes.empty()) {
        should_be.emplace_back(i, "has no notes");
      }
    }
    CHECK(skipped == should_be);
    CHECK(skipped.size() >= 7);
    CHECK(place.summary.skipped == skipped.size());
  }
}

TEST_CASE("a build whose result is empty writes nothing", "[dataset]") {
  Place place;
  const auto check = [&](const std::string& text, const std::string& message) {
    const std::string path = place.write(text);
    const aria::Error error = test::error_of([&] { place.build(ToyTokenizer()); });
    CHECK(error.code() == ErrorCode::empty_result);
    CHECK(error.place().path == path);
    CHECK(error.message() == message);
    CHECK_FALSE(fs::exists(place.path("out.jsonl")));
  };
  MidiDict silent = test::random_piece(1);
  silent.notes.clear();
  check("", "holds no pieces");
  check(json_of({silent, silent}), "none of the 2 pieces has tokens");
  CHECK(test::error_of([&] {
          aria::build_tokenized_dataset(ToyTokenizer(), aria::MidiDataset(), place.path("out.jsonl"));
        }).code() == ErrorCode::empty_result);
}

TEST_CASE("a line that is no piece is named, wherever it stands", "[dataset]") {
  const auto pieces = random_pieces(40);
  const std::size_t bad = GENERATE(0, 1, 20, 39);
  Place place;
  for (const std::string line : {"", "{}", "no JSON", "[]", R"(["<S>"])"}) {
    std::string text;
    for (std::size_t i = 0; i < pieces.size(); ++i) text += (i == bad ? line : pieces[i].to_json()) + '\n';
    const std::string path = place.write(text);
    for (const unsigned workers : {1U, 3U}) {
      const aria::Error error = test::error_of([&] {
        place.build(ToyTokenizer(), {.windows = {64, 64}, .workers = workers});
      });
      CAPTURE(line, error.what());
      CHECK(error.code() == ErrorCode::invalid_json);
      CHECK(error.place().path == path);
      CHECK(error.place().line == bad + 1);
      CHECK_FALSE(fs::exists(place.path("out.jsonl")));
    }
  }
}

TEST_CASE("a prefix that leaves no room is told with the line of its piece", "[dataset]") {
  auto pieces = random_pieces(3, 4);
  for (MidiDict& piece : pieces) piece.instruments = {{aria::Ticks{0}, 0U, 0U}};  // one instrument, but for drums
  MidiDict many = pieces.front();
  many.notes.clear();
  for (unsigned channel = 0; channel < 8; ++channel) {
    many.instruments.emplace_back(aria::Ticks{0}, channel, 8 * channel);
    many.notes.emplace_back(aria::Ticks{0}, aria::Ticks{10}, 60U, 64U, channel);
  }
  for (MidiDict& piece : pieces) {
    for (aria::NoteMsg& note : piece.notes) note = {note.start(), note.end(), note.pitch(), note.velocity(), 0U};
  }
  pieces.insert(pieces.begin() + 1, many);
  Place place;
  const std::string path = place.write(json_of(pieces));
  const aria::LazyTokenizer tokenizer;
  const Tokens tokens = tokenizer.tokenize(many);
  const auto prefix = static_cast<std::uint64_t>(std::count_if(
      tokens.begin(), tokens.end(), [&](TokenId token) { return tokenizer.role(token) == aria::TokenRole::prefix; }));
  REQUIRE(prefix > 4);
  for (const unsigned workers : {1U, 3U}) {
    CHECK_NOTHROW(place.build(tokenizer, {.windows = {prefix + 1, 1}, .workers = workers}));
    fs::remove(place.path("out.jsonl"));
    const aria::Error error = test::error_of([&] {
      place.build(tokenizer, {.windows = {prefix, 1}, .workers = workers});
    });
    CAPTURE(error.what());
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.place().path == path);
    CHECK(error.place().line == 2U);
    CHECK(error.message().find("prefix") != std::string::npos);
    CHECK_FALSE(fs::exists(place.path("out.jsonl")));
  }
}

TEST_CASE("windows and paths that cannot be are refused before anything is written", "[dataset]") {
  Place place;
  place.write(json_of(random_pieces(3)));
  const ToyTokenizer tokenizer;
  for (const aria::WindowConfig& windows : {aria::WindowConfig{0, 0}, {64, 0}, {64, 65}, {~std::uint64_t{0}, 1}}) {
    CHECK(test::error_of([&] { place.build(tokenizer, {.windows = windows}); }).code() == ErrorCode::invalid_argument);
  }
  CHECK_FALSE(fs::exists(place.path("out.jsonl")));
  const auto build = [&](const std::string& from, const std::string& to) {
    return test::error_of([&] { aria::build_tokenized_dataset(tokenizer, place.path(from), place.path(to)); });
  };
  CHECK(build("missing", "out.jsonl").code() == ErrorCode::not_found);
  CHECK(build("music.jsonl", "missing/out.jsonl").code() == ErrorCode::not_found);
  CHECK(build("music.jsonl", "music.jsonl").code() == ErrorCode::already_exists);
  CHECK_FALSE(fs::exists(place.path("out.jsonl")));
}

TEST_CASE("progress of a build ends where the file does", "[dataset]") {
  Place place;
  place.write(json_of(random_pieces(50)));
  for (const unsigned workers : {1U, 3U}) {
    std::vector<std::uint64_t> done;
    TokenizedDatasetOptions options{.windows = {64, 64}, .workers = workers};
    options.on_progress = [&](const aria::Progress& progress) {
      CHECK(progress.total == fs::file_size(place.path("music.jsonl")));
      done.push_back(progress.done);
    };
    place.build(ToyTokenizer(), options);
    CHECK(done.size() == 50);
    CHECK(std::is_sorted(done.begin(), done.end()));
    CHECK(done.back() == fs::file_size(place.path("music.jsonl")));
  }
}

TEST_CASE("the sequences of a piece stay on its side of the split", "[dataset]") {
  std::vector<MidiDict> pieces;  // each has a pitch of its own
  for (unsigned i = 0; i < 100; ++i) {
    MidiDict piece = test::random_piece(i);
    piece.notes.clear();
    for (std::int64_t k = 0; k < 100; ++k) piece.notes.emplace_back(aria::Ticks{k}, aria::Ticks{k + 1}, i, 64U, 0U);
    pieces.push_back(piece);
  }
  Place place;
  const auto counts = aria::split_midi_dataset(place.write(json_of(pieces)), {.train_ratio = 0.7, .seed = 1});
  REQUIRE(counts.train > 10);
  REQUIRE(counts.validation > 10);
  const ToyTokenizer tokenizer;
  std::map<TokenId, std::set<std::string>> sides;
  for (const auto& [name, entries] :
       {std::pair("music_train.jsonl", counts.train), {"music_val.jsonl", counts.validation}}) {
    aria::build_tokenized_dataset(tokenizer, place.path(name), place.path("out.jsonl"), {.windows = {32, 16}},
                                  aria::IfExists::replace);
    const aria::TokenizedDataset<ToyTokenizer> data(place.path("out.jsonl"), tokenizer);
    CHECK(data.size() > 10 * entries);
    for (std::size_t i = 0; i < data.size(); ++i) {
      for (const TokenId token : data.tokens(i)) {
        if (tokenizer.role(token) == aria::TokenRole::event) sides[token].insert(name);
      }
    }
  }
  CHECK(sides.size() == pieces.size());
  for (const auto& [key, names] : sides) CHECK(names.size() == 1);
}
