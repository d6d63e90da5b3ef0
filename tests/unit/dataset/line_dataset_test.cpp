#include <aria/dataset/line_dataset.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/dataset/export.hpp>
#include <aria/dataset/token_statistics.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"
#include "support/random_piece.hpp"

namespace fs = std::filesystem;
using aria::ErrorCode;
using aria::TokenId;
using aria::TokenLinesFile;
using test::NumbersTokenizer;
using Dataset = aria::LineDataset<NumbersTokenizer>;
using Tokens = std::vector<TokenId>;

namespace {

constexpr TokenId kSize = 100;

struct Place {
  std::string write(const std::string& text) const {
    test::write_text(folder / "train.txt", text);
    return path();
  }
  Dataset open(const std::string& text) const { return {write(text), tokenizer}; }
  aria::Error error(const std::string& text) const {
    return test::error_of([&] { open(text); });
  }
  std::string path(const std::string& name = "train.txt") const { return (folder / name).string(); }

  test::TemporaryFolder folder;
  NumbersTokenizer tokenizer{kSize};
};

std::vector<Tokens> random_sequences(std::size_t count, std::size_t length, std::uint64_t seed = 0) {
  test::Dice dice(seed);
  std::vector<Tokens> sequences(count, Tokens(length));
  for (Tokens& sequence : sequences) {
    for (TokenId& token : sequence) token = static_cast<TokenId>(dice.below(kSize));
  }
  return sequences;
}

std::string text_of(const std::vector<Tokens>& sequences) {
  std::string text;
  for (const Tokens& sequence : sequences) text += test::number_line(sequence);
  return text;
}

bool mentions(const aria::Error& error, std::string_view part) {
  return error.message().find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("LineDataset: what was written is read, in any order", "[dataset]") {
  const Place place;
  for (const std::size_t length : {1, 2, 31, 32, 33, 100, 1024}) {
    const auto sequences = random_sequences(60, length, length);
    const Dataset data = place.open(text_of(sequences));
    REQUIRE(data.size() == 60);
    CHECK(data.max_seq_len() == length);
    CHECK(data.file().path() == place.path());
    test::Dice dice(1);
    for (int n = 0; n < 200; ++n) {
      const std::size_t i = dice.below(60);
      CHECK(data.tokens(i) == sequences[i]);
    }
  }
}

TEST_CASE("LineDataset: the target is the source an id later, and padding behind the last one", "[dataset]") {
  const Place place;
  const auto sequences = random_sequences(20, 30);
  const Dataset data = place.open(text_of(sequences));
  aria::Sample reused;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const aria::Sample sample = data.get(i);
    CHECK(sample.source == sequences[i]);
    Tokens later(sequences[i].begin() + 1, sequences[i].end());
    later.push_back(kSize);
    CHECK(sample.target == later);
    data.get(i, {}, reused);
    CHECK(reused.source == sample.source);
    CHECK(reused.target == sample.target);
  }
}

TEST_CASE("LineDataset: the source has no ids that a model does not know, whatever a transform makes", "[dataset]") {
  const Place place;
  Dataset data = place.open("1 2 3 4 5 6\n");
  data.set_transform([](Tokens& tokens, aria::RandomStream&) { tokens = {7, kSize, kSize + 1, 9, 4'000'000'000, 8}; });
  const aria::Sample sample = data.get(0);
  CHECK(sample.source == Tokens{7, 0, 0, 9, 0, 8});
  CHECK(sample.target == Tokens{kSize, kSize, 9, kSize, 8, kSize});
  CHECK(data.tokens(0)[4] == 4'000'000'000);
}

TEST_CASE("LineDataset: transforms draw what belongs to (seed, epoch, number), in any thread", "[dataset]") {
  const Place place;
  Dataset data = place.open(text_of(random_sequences(40, 8)));
  data.set_transform({[](Tokens& tokens, aria::RandomStream& random) {
                        for (TokenId& token : tokens) token = random.below(50);
                      },
                      [](Tokens& tokens, aria::RandomStream&) {
                        for (TokenId& token : tokens) ++token;
                      }});
  const auto expected = [](std::uint64_t seed, std::uint64_t epoch, std::size_t i) {
    aria::RandomStream random(seed, epoch, i);
    Tokens tokens(8);
    for (TokenId& token : tokens) token = random.below(50) + 1;
    return tokens;
  };
  std::vector<std::vector<Tokens>> of_threads(3, std::vector<Tokens>(40));
  std::vector<std::thread> threads;
  for (auto& all : of_threads) {
    threads.emplace_back([&data, &all] {
      for (std::size_t i = all.size(); i-- > 0;) all[i] = data.get(i, {3, 4}).source;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& all : of_threads) {
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == expected(3, 4, i));
  }
  CHECK(data.tokens(7, {3, 5}) == expected(3, 5, 7));
}

TEST_CASE("LineDataset: an empty file, and one that is cut off anywhere", "[dataset]") {
  const Place place;
  const aria::Error empty = place.error("");
  CHECK(empty.code() == ErrorCode::invalid_text);
  CHECK(empty.place().path == place.path());
  CHECK(mentions(empty, "is empty"));

  const std::string text = "1 22 3\n44 5 66\n7 88 9\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const std::string part = text.substr(0, size);
    const auto lines = static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    CAPTURE(part);
    if (part.back() == '\n') {
      CHECK(place.open(part).size() == lines);
      continue;
    }
    const aria::Error error = place.error(part);
    CHECK(error.code() == ErrorCode::invalid_text);
    CHECK(error.place().path == place.path());
    CHECK(error.place().line == lines + 1);
    CHECK(mentions(error, "cut off"));
  }
}

TEST_CASE("LineDataset: a line that is wrong is named, and the others can be read", "[dataset]") {
  const Place place;
  struct Case {
    std::string line, message;
    std::uint64_t byte;  // of the line
  };
  const std::vector<Case> cases = {
      {"", "is no decimal number", 0},
      {"1 2", "has 2 ids, and 3 are expected", 3},
      {"1 2 3 4", "has 4 ids, and 3 are expected", 7},
      {"1 2 3 ", "is no decimal number", 6},
      {"1 2  3", "is no decimal number", 4},
      {"1 2 3\r", "is no decimal number", 4},
      {"1 x 3", "\"x\" is no decimal number", 2},
      {"1 2 100", "\"100\" is no id of the vocabulary, which has 100", 4},
      {"1 99999 3", "is no id of the vocabulary", 2},
      {R"(["<S>", ["piano", 60, 45]])", "is no decimal number", 0},
      {std::string(100'000, '1'), "has too many digits", 0},
      {std::string(100'000, ' '), "is no decimal number", 0},
      {std::string(100'000, '\0'), "is no decimal number", 0},
  };
  const std::string good = "10 20 30\n";
  for (const Case& wrong : cases) {
    for (const std::string& behind : {std::string(), good}) {  // at the end of the file, and not
      const Dataset data = place.open(good + good + wrong.line + '\n' + behind);
      const aria::Error error = test::error_of([&] { data.get(2); });
      CAPTURE(wrong.line.substr(0, 100), error.what());
      CHECK(error.code() == ErrorCode::invalid_text);
      CHECK(error.place().path == place.path());
      CHECK(error.place().line == 3U);
      CHECK(error.place().byte == 2 * good.size() + wrong.byte);
      CHECK(mentions(error, wrong.message));
      CHECK(data.tokens(1) == Tokens{10, 20, 30});
      if (!behind.empty()) CHECK(data.tokens(3) == Tokens{10, 20, 30});
    }
  }
}

TEST_CASE("LineDataset: a first line with other ids is no file of this tokenizer", "[dataset]") {
  const Place place;
  for (const std::string line : {"100 2 3\n", "{\"tokenizer_config\": {}}\n", "\n", "MThd\n"}) {
    const aria::Error error = place.error(line + "1 2 3\n");
    CAPTURE(line, error.what());
    CHECK(error.code() == ErrorCode::invalid_text);
    CHECK(error.place().path == place.path());
    CHECK(error.place().line == 1U);
  }
  // Who knows no tokenizer can open it.
  CHECK(TokenLinesFile(place.write("100 2 3\n1 2 3\n")).size() == 2);
}

TEST_CASE("LineDataset: a sequence that is not there", "[dataset]") {
  const Place place;
  const Dataset data = place.open(text_of(random_sequences(3, 5)));
  for (const std::size_t i : {std::size_t{3}, ~std::size_t{0}}) {
    const aria::Error error = test::error_of([&] { data.get(i); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.place().path == place.path());
    CHECK(mentions(error, "3 sequences"));
  }
}

TEST_CASE("LineDataset: a file that is not there, is a folder, or changes its size", "[dataset]") {
  const Place place;
  CHECK(test::error_of([&] { Dataset(place.path(), place.tokenizer); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([&] { Dataset(place.folder.path().string(), place.tokenizer); }).code() == ErrorCode::io);
  const std::string text = text_of(random_sequences(50, 40));
  for (const std::size_t size : {text.size() - 1, std::size_t{0}, text.size() + 1}) {
    const Dataset data = place.open(text);
    fs::resize_file(place.path(), size);
    const aria::Error error = test::error_of([&] { data.get(49); });
    CHECK(error.code() == ErrorCode::io);
    CHECK(mentions(error, "has changed"));
  }
}

TEST_CASE("LineDataset: a file of whole pages ends where reading must", "[dataset]") {
  // The byte behind the mapping of such a file must not be touched.
  const Place place;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (const std::size_t ids : {std::size_t{2}, std::size_t{16}, page / 2}) {
    std::string line = "7";
    while (line.size() + 1 < 2 * ids) line += " 3";
    line += '\n';
    std::string text;
    while (text.size() < page) text += line;
    REQUIRE(text.size() == page);
    const Dataset data = place.open(text);
    for (std::size_t i = 0; i < data.size(); ++i) {
      const Tokens tokens = data.tokens(i);
      REQUIRE(tokens.size() == ids);
      CHECK(tokens.front() == 7);
      CHECK(tokens.back() == 3);
    }
  }
}

TEST_CASE("LineDataset: statistics count ids and no padding, for any number of workers", "[dataset]") {
  const Place place;
  const auto sequences = random_sequences(3000, 64);
  const Dataset data = place.open(text_of(sequences));
  std::vector<std::uint64_t> counts(kSize + 1);
  for (const Tokens& sequence : sequences) {
    for (const TokenId token : sequence) ++counts[token];
  }
  for (const unsigned workers : {1U, 3U}) {
    const aria::TokenStatistics about = aria::token_statistics(data, {.workers = workers});
    CHECK(about.sequences == 3000);
    CHECK(about.tokens == 3000 * 64);
    CHECK(about.padding == 0);
    CHECK(about.unknown == 0);
    CHECK(about.counts == counts);
    CHECK(about.vocabulary_size == kSize);
    CHECK(about.vocabulary_used == kSize);
    CHECK(about.lengths.min() == 64);
    CHECK(about.lengths.max() == 64);
  }
}

TEST_CASE("LineDataset: statistics show every sequence to a visitor of its thread", "[dataset]") {
  const Place place;
  const auto sequences = random_sequences(3000, 64);
  const Dataset data = place.open(text_of(sequences));
  std::uint64_t expected = 0;
  for (const Tokens& sequence : sequences) expected += sequence[5] * 1000 + sequence[63];
  for (const unsigned workers : {1U, 3U}) {
    std::vector<std::shared_ptr<std::uint64_t>> sums;
    aria::token_statistics(data, {.workers = workers}, [&sums] {
      auto sum = sums.emplace_back(std::make_shared<std::uint64_t>(0));
      return [sum](std::span<const TokenId> tokens) { *sum += tokens[5] * 1000 + tokens[63]; };
    });
    std::uint64_t total = 0;
    for (const auto& sum : sums) total += *sum;
    CHECK(total == expected);
  }
}

TEST_CASE("LineDataset: exported ids, and a description that says what there is", "[dataset]") {
  const Place place;
  const auto sequences = random_sequences(300, 32);
  const Dataset data = place.open(text_of(sequences));
  std::string ids;
  for (const Tokens& sequence : sequences) {
    for (const TokenId token : sequence) ids += {static_cast<char>(token & 0xff), static_cast<char>(token >> 8)};
  }
  for (const bool padding : {true, false}) {
    const aria::ExportOptions options{.padding = padding, .if_exists = aria::IfExists::replace};
    const aria::ExportSummary summary = aria::export_tokens(data, place.path("a.bin"), options);
    CHECK(summary.shape == std::vector<std::uint64_t>{300, 32});
    CHECK(test::read_text(place.path("a.bin")) == ids);
    const aria::JsonDocument document(test::read_text(place.path("a.bin.json")));
    const aria::JsonView about = document.root();
    CHECK(about["dtype"].text() == "uint16");
    CHECK(about["vocabulary_size"].whole_number() == kSize);
    CHECK(about["padding_id"].to_json() == "null");
    CHECK(about["unknown_id"].to_json() == "null");
    CHECK(about["padding"].text() == "none");
    CHECK(about["sequence_length"].whole_number() == 32);
    CHECK(about["sequences"].whole_number() == 300);
    CHECK(about["tokens"].whole_number() == 300 * 32);
    CHECK(about["tokenizer_name"].text() == "numbers");
    CHECK(about["tokenizer_config"]["size"].whole_number() == kSize);
    CHECK(about["source"].to_json() == "null");
  }
}

TEST_CASE("LineDataset: padding that a transform puts in is exported as its id, outside of the vocabulary",
          "[dataset]") {
  const Place place;
  Dataset data = place.open("1 2 3 4\n5 6 7 8\n");
  data.set_transform([](Tokens& tokens, aria::RandomStream&) { tokens.back() = kSize; });
  aria::export_tokens(data, place.path("a.bin"));
  CHECK(test::read_text(place.path("a.bin")) == std::string("\1\0\2\0\3\0d\0\5\0\6\0\7\0d\0", 16));
  const aria::JsonDocument document(test::read_text(place.path("a.bin.json")));
  CHECK(document.root()["padding_id"].whole_number() == kSize);
  const aria::ExportSummary summary = aria::export_tokens(data, place.path("b.bin"), {.padding = false});
  CHECK(summary.tokens == 6);
  CHECK(summary.shape == std::vector<std::uint64_t>{6});
}
