#include <aria/dataset/tokenized_dataset.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/support/random.hpp>
#include <aria/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/toy_tokenizer.hpp"

namespace fs = std::filesystem;
using aria::ErrorCode;
using aria::TokenId;
using aria::TokenizedDatasetFile;
using aria::TokenizedDatasetHeader;
using test::ToyTokenizer;
using Dataset = aria::TokenizedDataset<ToyTokenizer>;
using Tokens = std::vector<TokenId>;

namespace {

constexpr std::size_t kLength = 8;
const std::string kGoodLine = R"(["<P>", "<P>", "<P>", "<P>", "<P>", "<P>", ["e", 1], ["c", 2]])";

// A file and the data set in it.
struct Place {
  std::string write(const std::string& text) const {
    test::write_text(folder / "data.jsonl", text);
    return path();
  }
  Dataset open(const std::string& text) const { return {write(text), tokenizer}; }
  aria::Error error(const std::string& text) const {
    return test::error_of([&] { open(text); });
  }
  std::string path() const { return (folder / "data.jsonl").string(); }
  std::string header(bool padding = true) const {
    return TokenizedDatasetHeader::of(tokenizer, {kLength, 3}, padding).to_json() + '\n';
  }
  std::vector<Tokens> random_sequences(std::size_t count) const {
    test::Dice dice(7);
    std::vector<Tokens> sequences;
    for (std::size_t i = 0; i < count; ++i) sequences.push_back(tokenizer.random_tokens(dice, kLength));
    return sequences;
  }
  std::string text_of(const std::vector<Tokens>& sequences, bool padding = true) const {
    return test::tokenized_text(tokenizer, TokenizedDatasetHeader::of(tokenizer, {kLength, 3}, padding), sequences);
  }

  test::TemporaryFolder folder;
  ToyTokenizer tokenizer;
};

bool mentions(const aria::Error& error, std::string_view part) {
  return error.message().find(part) != std::string::npos;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("TokenizedDataset: what was written is read, in any order", "[dataset]") {
  const Place place;
  const auto sequences = place.random_sequences(200);
  const Dataset data = place.open(place.text_of(sequences));
  REQUIRE(data.size() == 200);
  CHECK(data.max_seq_len() == kLength);
  CHECK(data.file().header().windows.stride_len == 3);
  CHECK(data.file().header().padding);
  CHECK(data.file().path() == place.path());
  test::Dice dice(1);
  for (int n = 0; n < 1000; ++n) {
    const std::size_t i = dice.below(200);
    CHECK(data.tokens(i) == sequences[i]);
  }
}

TEST_CASE("TokenizedDataset: the target is the source a token later", "[dataset]") {
  const Place place;
  const auto sequences = place.random_sequences(50);
  const Dataset data = place.open(place.text_of(sequences));
  bool met_outsider = false;
  aria::Sample reused;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const aria::Sample sample = data.get(i);
    REQUIRE(sample.source.size() == kLength);
    REQUIRE(sample.target.size() == kLength);
    for (std::size_t k = 0; k < kLength; ++k) {
      const bool outside = sequences[i][k] == place.tokenizer.outsider();
      met_outsider = met_outsider || outside;
      CHECK(sample.source[k] == (outside ? ToyTokenizer::kUnknown : sequences[i][k]));
      CHECK(sample.target[k] == (k + 1 == kLength ? ToyTokenizer::kPad : sample.source[k + 1]));
    }
    data.get(i, {}, reused);
    CHECK(reused.source == sample.source);
    CHECK(reused.target == sample.target);
  }
  CHECK(met_outsider);
}

TEST_CASE("TokenizedDataset: sequences without padding have any length up to the longest", "[dataset]") {
  const Place place;
  std::vector<Tokens> sequences;
  for (std::size_t size = 0; size <= kLength; ++size) sequences.emplace_back(size, ToyTokenizer::event(size));
  const Dataset data = place.open(place.text_of(sequences, false));
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    CHECK(data.tokens(i) == sequences[i]);
    CHECK(data.get(i).target.size() == i);
  }
  sequences.emplace_back(kLength + 1, ToyTokenizer::event(1));
  const Dataset longer = place.open(place.text_of(sequences, false));
  const aria::Error error = test::error_of([&] { longer.get(kLength + 1); });
  CHECK(error.code() == ErrorCode::invalid_json);
  CHECK(error.place().line == kLength + 3);
  CHECK(mentions(error, "has 9 tokens, and at most 8 are expected"));
}

TEST_CASE("TokenizedDataset: other spacing and escapes are the same tokens", "[dataset]") {
  const Place place;
  const Dataset data = place.open(
      replaced(place.header(), "\n", " \r\n") +
      "[\"<P>\",\"\\u003cU>\",[\"e\",1],[ \"e\" , 1 ],-7,null,\"a \\\" \\\\ \\n \\u20ac\",[\"a token whose text is "
      "longer than most\", \"of them\",1.5]]\r\n" +
      "\t [\"<P>\", \"<P>\", \"<P>\", \"<P>\", \"<P>\", \"<P>\", [\"e\", 1], [\"c\", 2]] \n");
  const TokenId event = ToyTokenizer::event(1);
  CHECK(data.tokens(0) == Tokens{ToyTokenizer::kPad, ToyTokenizer::kUnknown, event, event, 4, 5, 3, 2});
  CHECK(data.tokens(1) == Tokens{0, 0, 0, 0, 0, 0, event, ToyTokenizer::continuation(2)});
}

TEST_CASE("TokenizedDataset: transforms draw what belongs to (seed, epoch, number), in any order and thread",
          "[dataset]") {
  const Place place;
  Dataset data = place.open(place.text_of(place.random_sequences(40)));
  const auto draws = [](Tokens& tokens, aria::RandomStream& random) {
    for (TokenId& token : tokens) token = random.below(1000);
  };
  const auto add_one = [](Tokens& tokens, aria::RandomStream&) {
    for (TokenId& token : tokens) ++token;
  };
  data.set_transform({draws, add_one, add_one});
  const auto expected = [](std::uint64_t seed, std::uint64_t epoch, std::size_t i) {
    aria::RandomStream random(seed, epoch, i);
    Tokens tokens;
    for (std::size_t k = 0; k < kLength; ++k) tokens.push_back(random.below(1000) + 2);
    return tokens;
  };
  for (const std::size_t i : {39, 0, 17, 0}) {
    for (const std::uint64_t seed : {0, 5}) {
      for (const std::uint64_t epoch : {0, 1}) CHECK(data.tokens(i, {seed, epoch}) == expected(seed, epoch, i));
    }
  }
  std::vector<std::vector<Tokens>> of_threads(4, std::vector<Tokens>(40));
  std::vector<std::thread> threads;
  for (auto& all : of_threads) {
    threads.emplace_back([&data, &all] {
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = data.tokens(i, {3, 4});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& all : of_threads) {
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == expected(3, 4, i));
  }
  data.set_transform(add_one);
  CHECK(data.tokens(2)[0] == place.random_sequences(3)[2][0] + 1);
  // What a transform makes is encoded like what stands in the file.
  data.set_transform(draws);
  for (const TokenId token : data.get(5, {1, 1}).source) CHECK(token < place.tokenizer.vocabulary().size());
}

TEST_CASE("TokenizedDataset: a first line that names other settings", "[dataset]") {
  const Place place;
  const auto check = [&](const std::string& from, const std::string& to, const std::string& message) {
    const aria::Error error = place.error(replaced(place.header(), from, to) + kGoodLine + '\n');
    CAPTURE(from, to, error.what());
    CHECK(error.code() == ErrorCode::invalid_config);
    CHECK(error.place().path == place.path());
    CHECK(error.place().line == 1);
    CHECK(mentions(error, message));
  };
  check(R"("toy",)", R"("lazy",)", "lazy");
  check(R"("events": 127)", R"("events": 128)", "tokenizer_config.events is 128 and not 127");
  check(R"("events": 127)", R"("events": "127")", "tokenizer_config.events");
  check(R"("of": "toy")", R"("of": "trains")", "tokenizer_config.kind.of");
  check(R"({"of": "toy"})", R"("toy")", "tokenizer_config.kind");
  check(R"("events": 127, )", "", "tokenizer_config.events is missing");
  check(R"("events": 127, )", R"("events": 127, "more": 1, )", "tokenizer_config.more is unknown");
}

TEST_CASE("TokenizedDataset: the order of keys and the spacing make no difference", "[dataset]") {
  const Place place;
  const std::string header = R"({ "stride_len":3,"padding":true, "new":[1], "max_seq_len":8,"tokenizer_name":"toy",)"
                             R"("tokenizer_config":{"kind":{"of":"toy"},"events":127}})";
  CHECK(place.open(header + '\n' + kGoodLine + '\n').size() == 1);
}

TEST_CASE("TokenizedDataset: a first line that is none", "[dataset]") {
  const Place place;
  const std::string header = place.header();
  struct Case {
    std::string line, message;
    ErrorCode code = ErrorCode::invalid_config;
  };
  const std::vector<Case> cases = {
      {kGoodLine + '\n', "object"},
      {"{}\n", "tokenizer_name is missing"},
      {"null\n", "object"},
      {"\n", "JSON", ErrorCode::invalid_json},
      {"{\n", "JSON", ErrorCode::invalid_json},
      {std::string(1, '\0') + '\n', "JSON", ErrorCode::invalid_json},
      {std::string(100'000, '[') + '\n', "JSON", ErrorCode::invalid_json},
      {header.substr(0, header.size() / 2) + '\n', "JSON", ErrorCode::invalid_json},
      {replaced(header, R"("tokenizer_config": )", R"("tokenizer": )"), "tokenizer_config is missing"},
      {replaced(header, R"("toy",)", "5,"), "tokenizer_name must be a text"},
      {replaced(header, R"("max_seq_len": 8, )", ""), "max_seq_len is missing"},
      {replaced(header, R"("max_seq_len": 8)", R"("max_seq_len": "8")"), "max_seq_len"},
      {replaced(header, R"("max_seq_len": 8)", R"("max_seq_len": -8)"), "max_seq_len"},
      {replaced(header, R"("max_seq_len": 8)", R"("max_seq_len": 0)"), "max_seq_len"},
      {replaced(header, R"("max_seq_len": 8)", R"("max_seq_len": 1e99)"), "max_seq_len"},
      {replaced(header, R"("max_seq_len": 8)", R"("max_seq_len": 18446744073709551615)"), "max_seq_len"},
      {replaced(header, R"("padding": true)", R"("padding": 1)"), "padding must be true or false"},
      {replaced(header, R"(, "stride_len": 3)", ""), "stride_len is missing"},
  };
  for (const Case& wrong : cases) {
    const aria::Error error = place.error(wrong.line + kGoodLine + '\n');
    CAPTURE(wrong.line.substr(0, 200), error.what());
    CHECK(error.code() == wrong.code);
    CHECK(error.place().path == place.path());
    CHECK(error.place().line == 1);
    CHECK(mentions(error, wrong.message));
  }
}

TEST_CASE("TokenizedDataset: an empty file, and one that is cut off anywhere", "[dataset]") {
  const Place place;
  const aria::Error empty = place.error("");
  CHECK(empty.code() == ErrorCode::invalid_json);
  CHECK(empty.place().path == place.path());
  CHECK(mentions(empty, "is empty"));

  CHECK(place.open(place.header()).size() == 0);
  const std::string text = place.header() + kGoodLine + '\n' + kGoodLine + '\n';
  for (std::size_t size = 1; size < text.size(); ++size) {
    const std::string part = text.substr(0, size);
    CAPTURE(part);
    if (part.back() == '\n') {
      CHECK(place.open(part).size() == static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n')) - 1);
      continue;
    }
    const aria::Error error = place.error(part);
    CHECK(error.code() == ErrorCode::invalid_json);
    CHECK(error.place().path == place.path());
    CHECK(error.place().line == static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')) + 1);
    if (error.place().line != 1 || size + 1 == place.header().size()) CHECK(mentions(error, "cut off"));
  }
}

TEST_CASE("TokenizedDataset: a line that is wrong is named, and the others can be read", "[dataset]") {
  const Place place;
  struct Case {
    std::string line, message;
  };
  const std::vector<Case> cases = {
      {"", "no list"},
      {"{}", "no list"},
      {"[", "token 0"},
      {"[]", "has 0 tokens, and 8 are expected"},
      {"[]]", "behind its end"},
      {kGoodLine + kGoodLine, "behind its end"},
      {kGoodLine + " x", "behind its end"},
      {kGoodLine.substr(0, kGoodLine.size() - 1), "token 7"},
      {kGoodLine.substr(0, 20), "token 2"},
      {kGoodLine.substr(0, 19), "token 2"},
      {replaced(kGoodLine, ", [\"c\"", " [\"c\""), "token 6"},
      {replaced(kGoodLine, ", [\"c\"", ", , [\"c\""), "token 7"},
      {replaced(kGoodLine, ", [\"c\", 2]", ""), "has 7 tokens, and 8 are expected"},
      {replaced(kGoodLine, "[\"c\", 2]", "[\"c\", 2], \"<P>\""), "has 9 tokens, and 8 are expected"},
      {replaced(kGoodLine, "[\"c\", 2]", "[\"c\", 2], "), "token 8"},
      {replaced(kGoodLine, "[\"c\", 2]", "[\"c\", 200]"), "token 7 is unknown: [\"c\", 200]"},
      {replaced(kGoodLine, "[\"c\", 2]", "[\"c\", 2.0]"), "token 7 is unknown"},
      {replaced(kGoodLine, "[\"e\", 1]", "[\"e\"]"), "token 6 is unknown"},
      {replaced(kGoodLine, "[\"e\", 1]", "[\"e\", [1]]"), "token 6"},
      {replaced(kGoodLine, "[\"e\", 1]", "{\"e\": 1}"), "token 6"},
      {replaced(kGoodLine, "\"<P>\"", "\"<p>\""), "token 0 is unknown"},
      {replaced(kGoodLine, "\"<P>\"", "P"), "token 0"},
      {replaced(kGoodLine, "\"<P>\"", std::string("\"\0\"", 3)), "token 0"},
      {replaced(kGoodLine, "\"<P>\"", "\"\xff\""), "token 0"},
      {replaced(kGoodLine, "\"<P>\"", "\"\\ud800\""), "token 0"},
      {std::string(100'000, '['), "token 0"},
      {std::string(100'000, ','), "no list"},
  };
  for (const Case& wrong : cases) {
    for (const std::string& behind : {std::string(), kGoodLine + '\n'}) {  // at the end of the file, and not
      const Dataset data = place.open(place.header() + kGoodLine + '\n' + wrong.line + '\n' + behind);
      const aria::Error error = test::error_of([&] { data.get(1); });
      CAPTURE(wrong.line.substr(0, 200), error.what());
      CHECK(error.code() == ErrorCode::invalid_json);
      CHECK(error.place().path == place.path());
      CHECK(error.place().line == 3);
      CHECK(mentions(error, wrong.message));
      CHECK(data.tokens(0).size() == kLength);
      if (!behind.empty()) CHECK(data.tokens(2).size() == kLength);
    }
  }
}

TEST_CASE("TokenizedDataset: a sequence that is not there", "[dataset]") {
  const Place place;
  const Dataset data = place.open(place.text_of(place.random_sequences(3)));
  for (const std::size_t i : {std::size_t{3}, ~std::size_t{0}}) {
    const aria::Error error = test::error_of([&] { data.get(i); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.place().path == place.path());
    CHECK(mentions(error, "3 sequences"));
  }
}

TEST_CASE("TokenizedDataset: a file that is not there, is a folder, or changes its size", "[dataset]") {
  const Place place;
  CHECK(test::error_of([&] { Dataset(place.path(), place.tokenizer); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([&] { Dataset(place.folder.path().string(), place.tokenizer); }).code() == ErrorCode::io);

  const std::string text = place.text_of(place.random_sequences(500));
  REQUIRE(text.size() > 3 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, text.size() - 1, text.size() + 1}) {
    const Dataset data = place.open(text);
    CHECK_NOTHROW(data.get(499));
    fs::resize_file(place.path(), size);
    for (const std::size_t i : {0, 499}) {
      const aria::Error error = test::error_of([&] { data.get(i); });
      CHECK(error.code() == ErrorCode::io);
      CHECK(error.place().path == place.path());
      CHECK(mentions(error, "has changed since it was opened"));
      CHECK(mentions(error, "has " + std::to_string(size)));
    }
  }
  // Another file in its place is none of its business.
  const Dataset data = place.open(text);
  test::write_text(place.folder / "new", "other");
  fs::rename(place.folder / "new", place.path());
  CHECK_NOTHROW(data.get(499));
}

TEST_CASE("TokenizedDataset: the last lines are read where the file ends with a page", "[dataset]") {
  const Place place;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto sequences = place.random_sequences(30);
  const std::string text = place.text_of(sequences);
  for (std::size_t missing = 0; missing < 130; ++missing) {
    // Blanks in the header make the file end `missing` bytes before a page does.
    const std::size_t blanks = (page - (text.size() + missing) % page) % page;
    const Dataset data = place.open(replaced(text, "\n", std::string(blanks, ' ') + '\n'));
    REQUIRE((fs::file_size(place.path()) + missing) % page == 0);
    for (std::size_t i = 0; i < sequences.size(); ++i) CHECK(data.tokens(i) == sequences[i]);
  }
}

TEST_CASE("a shuffled copy has the same lines in an order that the seed decides", "[dataset]") {
  const Place place;
  CHECK(aria::shuffled_path("a/b.c/music.x.jsonl") == "a/b.c/music.x_shuffled.jsonl");
  std::vector<Tokens> sequences = place.random_sequences(300);
  const TokenizedDatasetFile file(place.write(place.text_of(sequences)));
  const auto shuffled = [&](std::uint64_t seed) {
    const std::string path = (place.folder / "shuffled.jsonl").string();
    aria::write_shuffled(file, seed, path, aria::IfExists::replace);
    const Dataset data(path, place.tokenizer);
    CHECK(data.file().header_line() == file.header_line());
    std::vector<Tokens> all;
    for (std::size_t i = 0; i < data.size(); ++i) all.push_back(data.tokens(i));
    return all;
  };
  std::set<std::vector<Tokens>> orders = {sequences};
  std::vector<Tokens> sorted = sequences;
  std::sort(sorted.begin(), sorted.end());
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    std::vector<Tokens> order = shuffled(seed);
    CHECK(shuffled(seed) == order);
    CHECK(orders.insert(order).second);
    std::sort(order.begin(), order.end());
    CHECK(order == sorted);
  }
}

TEST_CASE("a shuffled copy is the same on every machine", "[dataset]") {
  const Place place;
  std::vector<Tokens> sequences;
  for (unsigned i = 0; i < 10; ++i) sequences.emplace_back(kLength, ToyTokenizer::event(i));
  const TokenizedDatasetFile file(place.write(place.text_of(sequences)));
  const std::string path = (place.folder / "shuffled.jsonl").string();
  aria::write_shuffled(file, 42, path);
  const Dataset data(path, place.tokenizer);
  std::string order;
  for (std::size_t i = 0; i < data.size(); ++i) {
    order += std::to_string(data.tokens(i).front() - ToyTokenizer::kFirstEvent);
  }
  CHECK(order == "3586024971");  // by random_bits(42, number), computed in Python
  CHECK(test::error_of([&] { aria::write_shuffled(file, 42, path); }).code() == ErrorCode::already_exists);
}
