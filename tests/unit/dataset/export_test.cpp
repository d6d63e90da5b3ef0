#include <aria/dataset/export.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/dataset/export_format.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/toy_tokenizer.hpp"

namespace fs = std::filesystem;
using aria::ExportFormat;
using aria::TokenId;
using test::ToyTokenizer;
using Tokens = std::vector<TokenId>;

namespace {

constexpr std::size_t kLength = 24;

std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xff);
  return text;
}

// What a data set of these sequences is exported to, but for its header.
std::string ids_of(const ToyTokenizer& tokenizer, const std::vector<Tokens>& sequences, unsigned bytes,
                   bool padding = true) {
  std::string text;
  for (const Tokens& sequence : sequences) {
    for (const TokenId token : sequence) {
      const TokenId id = token == tokenizer.outsider() ? ToyTokenizer::kUnknown : token;
      if (padding || id != ToyTokenizer::kPad) text += little_endian(id, bytes);
    }
  }
  return text;
}

std::string llmc_header(std::uint64_t magic, std::uint64_t version, std::uint64_t tokens) {
  std::string header = little_endian(magic, 4) + little_endian(version, 4) + little_endian(tokens, 4);
  header.resize(256 * 4);
  return header;
}

// The header of a .npy file, taken apart by the letter of its description.
struct NpyHeader {
  std::string descr, shape;
  std::size_t bytes = 0;

  explicit NpyHeader(const std::string& file) {
    REQUIRE(file.size() >= 10);
    REQUIRE(file.substr(0, 8) == std::string("\x93NUMPY\1\0", 8));
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(file[i])); };
    bytes = 10 + byte(8) + 256 * byte(9);
    CHECK(bytes % 64 == 0);
    REQUIRE(file.size() >= bytes);
    std::string literal = file.substr(10, bytes - 10);
    REQUIRE(literal.back() == '\n');
    literal.pop_back();
    literal.erase(literal.find_last_not_of(' ') + 1);
    const std::string start = "{'descr': '", middle = "', 'fortran_order': False, 'shape': ", end = ", }";
    REQUIRE(literal.substr(0, start.size()) == start);
    const std::size_t at = literal.find(middle);
    REQUIRE(at != std::string::npos);
    descr = literal.substr(start.size(), at - start.size());
    REQUIRE(literal.substr(literal.size() - end.size()) == end);
    shape = literal.substr(at + middle.size(), literal.size() - end.size() - at - middle.size());
  }
};

// A data set in a folder of its own.
struct Place {
  explicit Place(ToyTokenizer of = ToyTokenizer(), bool padded = true) : tokenizer(of), padding(padded) {}

  // Fills the data set with random sequences; the later part of each is padding, or not there.
  void fill(std::size_t count, std::uint64_t seed = 0) {
    test::Dice dice(seed);
    for (std::size_t i = 0; i < count; ++i) {
      Tokens& tokens = sequences.emplace_back(tokenizer.random_tokens(dice, dice.below(kLength + 1)));
      if (padding) tokens.resize(kLength, ToyTokenizer::kPad);
    }
  }

  std::string path(const std::string& name) const { return (folder / name).string(); }

  aria::TokenizedDataset<ToyTokenizer> open() const {
    const auto header = aria::TokenizedDatasetHeader::of(tokenizer, {kLength, 7}, padding);
    test::write_text(folder / "data.jsonl", test::tokenized_text(tokenizer, header, sequences));
    return {path("data.jsonl"), tokenizer};
  }

  // Exports, and returns the bytes.
  std::string exported(const std::string& name, aria::ExportOptions options = {}) const {
    options.if_exists = aria::IfExists::replace;
    const auto data = open();
    aria::export_tokens(data, path(name), options);
    return test::read_text(folder / name);
  }

  std::size_t token_count(bool with_padding) const { return ids_of(tokenizer, sequences, 2, with_padding).size() / 2; }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder.path())) all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }

  test::TemporaryFolder folder;
  ToyTokenizer tokenizer;
  bool padding;
  std::vector<Tokens> sequences;
};

}  // namespace

TEST_CASE("export: ids of a padded data set in every format, byte by byte", "[dataset]") {
  Place place;
  place.fill(50);
  const std::string ids = ids_of(place.tokenizer, place.sequences, 2);
  CHECK(place.exported("a.bin") == ids);
  CHECK(place.exported("b.bin", {.format = ExportFormat::llmc}) == llmc_header(20240520, 1, 50 * kLength) + ids);
  const std::string npy = place.exported("a.npy");
  const NpyHeader header(npy);
  CHECK(header.descr == "<u2");
  CHECK(header.shape == "(50, 24)");
  CHECK(npy.substr(header.bytes) == ids);
  CHECK(place.exported("a.dat", {.format = ExportFormat::npy}) == npy);
}

TEST_CASE("export: without padding, and of sequences that have none, ids stand one behind the other", "[dataset]") {
  const bool padding = GENERATE(true, false);
  Place place(ToyTokenizer(), padding);
  place.fill(50);
  aria::ExportOptions options{.padding = false};
  const std::string ids = ids_of(place.tokenizer, place.sequences, 2, false);
  const std::string count = std::to_string(ids.size() / 2);
  CHECK(place.exported("a.bin", options) == ids);
  const std::string npy = place.exported("a.npy", options);
  const NpyHeader header(npy);
  CHECK(header.shape == "(" + count + ",)");
  CHECK(npy.substr(header.bytes) == ids);
  options.format = ExportFormat::llmc;
  CHECK(place.exported("b.bin", options) == llmc_header(20240520, 1, ids.size() / 2) + ids);

  // Padding inside of a data set without padding stays, unless it is to be left out.
  if (padding) return;
  const std::string all = ids_of(place.tokenizer, place.sequences, 2);
  REQUIRE(all.size() > ids.size());
  CHECK(place.exported("c.bin") == all);
  const std::string all_npy = place.exported("c.npy");
  CHECK(NpyHeader(all_npy).shape == "(" + std::to_string(all.size() / 2) + ",)");
  CHECK(all_npy.substr(NpyHeader(all_npy).bytes) == all);
}

TEST_CASE("export: ids of 32 bits where 16 do not hold the vocabulary", "[dataset]") {
  struct Case {
    unsigned vocabulary, bytes;
    std::uint64_t magic, version;
    std::string dtype;
  };
  for (const Case& c : {Case{65'536, 2, 20240520, 1, "uint16"}, Case{65'537, 4, 20240801, 7, "uint32"}}) {
    Place place(ToyTokenizer(c.vocabulary - ToyTokenizer::kFirstEvent));
    REQUIRE(place.tokenizer.vocabulary().size() == c.vocabulary);
    place.fill(3);
    place.sequences[1][0] = c.vocabulary - 1;
    place.sequences[1][1] = place.tokenizer.outsider();
    const std::string ids = ids_of(place.tokenizer, place.sequences, c.bytes);
    CHECK(place.exported("a.bin") == ids);
    CHECK(place.exported("b.bin", {.format = ExportFormat::llmc}) ==
          llmc_header(c.magic, c.version, 3 * kLength) + ids);
    const std::string npy = place.exported("a.npy");
    CHECK(NpyHeader(npy).descr == "<u" + std::to_string(c.bytes));
    CHECK(npy.substr(NpyHeader(npy).bytes) == ids);
    const aria::JsonDocument about(test::read_text(place.folder / "a.npy.json"));
    CHECK(about.root()["dtype"].text() == c.dtype);
  }
}

TEST_CASE("export: what stands before ids is as long as has to be, for any shape", "[dataset]") {
  CHECK(aria::export_header(ExportFormat::bin, 2, {5, 6}).empty());
  for (std::uint64_t size = 1; size < std::uint64_t{1} << 60; size = size * 7 + 1) {
    const std::string text = std::to_string(size);
    CHECK(NpyHeader(aria::export_header(ExportFormat::npy, 2, {size})).shape == "(" + text + ",)");
    CHECK(NpyHeader(aria::export_header(ExportFormat::npy, 4, {size, 2048})).shape == "(" + text + ", 2048)");
  }
  CHECK(aria::export_header(ExportFormat::llmc, 4, {0x7fff, 0x10000}) == llmc_header(20240801, 7, 0x7fff'0000));
  CHECK(aria::export_header(ExportFormat::llmc, 2, {0x7fff'ffff}) == llmc_header(20240520, 1, 0x7fff'ffff));
  const aria::Error error = test::error_of([] { aria::export_header(ExportFormat::llmc, 2, {0x10000, 0x8000}); });
  CHECK(error.code() == aria::ErrorCode::too_large);
  CHECK(error.message().find("2147483648 tokens") != std::string::npos);
}

TEST_CASE("export: the description says how to read the file", "[dataset]") {
  Place place;
  place.fill(20);
  struct Case {
    std::string name;
    aria::ExportOptions options;
    std::string format, padding;
    std::uint64_t header_bytes;
  };
  const std::vector<Case> cases = {
      {"a.bin", {}, "bin", "kept", 0},
      {"b.bin", {.format = ExportFormat::llmc}, "llmc", "kept", 1024},
      {"c.npy", {.padding = false}, "npy", "dropped", 128},
      {"d.bin", {.padding = false}, "bin", "dropped", 0},
  };
  for (const Case& c : cases) {
    const std::string bytes = place.exported(c.name, c.options);
    const std::string text = test::read_text(place.folder / (c.name + ".json"));
    CAPTURE(c.name, text);
    CHECK(text.ends_with("}\n"));
    const aria::JsonDocument document(text);
    const aria::JsonView about = document.root();
    const std::uint64_t tokens = place.token_count(c.options.padding);
    CHECK(about["format"].text() == c.format);
    CHECK(about["dtype"].text() == "uint16");
    CHECK(about["header_bytes"].whole_number() == c.header_bytes);
    CHECK(bytes.size() == c.header_bytes + 2 * tokens);
    CHECK(about["vocabulary_size"].whole_number() == place.tokenizer.vocabulary().size());
    CHECK(about["padding_id"].whole_number() == ToyTokenizer::kPad);
    CHECK(about["unknown_id"].whole_number() == ToyTokenizer::kUnknown);
    CHECK(about["padding"].text() == c.padding);
    CHECK(about["sequence_length"].whole_number() == kLength);
    CHECK(about["sequences"].whole_number() == 20);
    CHECK(about["tokens"].whole_number() == tokens);
    CHECK(about["shape"].to_json() == (c.options.padding ? "[20,24]" : "[" + std::to_string(tokens) + "]"));
    CHECK(about["tokenizer_name"].text() == "toy");
    CHECK(about["tokenizer_config"].to_json() == R"({"events":127,"kind":{"of":"toy"}})");
    CHECK(about["source"].to_json() == R"({"max_seq_len":24,"padding":true,"stride_len":7})");
  }
}

TEST_CASE("export: the same bytes for any number of workers, with progress to the end", "[dataset]") {
  Place place;
  place.fill(20'000);  // several blocks
  REQUIRE(place.token_count(true) > 400'000);
  for (const char* name : {"a.bin", "a.npy"}) {
    for (const bool padding : {true, false}) {
      std::string first;
      for (const unsigned workers : {1U, 2U, 5U}) {
        std::vector<std::uint64_t> done;
        aria::ExportOptions options{.padding = padding, .workers = workers};
        options.on_progress = [&](const aria::Progress& progress) {
          CHECK(progress.total == 20'000);
          done.push_back(progress.done);
        };
        const std::string bytes = place.exported(name, options);
        if (first.empty()) first = bytes;
        CHECK((bytes == first));
        CHECK(done.size() > 2);
        CHECK(std::is_sorted(done.begin(), done.end()));
        CHECK(done.back() == 20'000);
      }
      CHECK(first.ends_with(ids_of(place.tokenizer, place.sequences, 2, padding)));
    }
  }
}

TEST_CASE("export: what the data set hands out, transformed, is what is written", "[dataset]") {
  Place place;
  place.fill(30);
  auto data = place.open();
  data.set_transform([](Tokens& tokens, aria::RandomStream& random) {
    for (TokenId& token : tokens) token = ToyTokenizer::event(random.below(100));
  });
  aria::export_tokens(data, place.path("a.bin"), {.seed = 3, .epoch = 5});
  std::string expected;
  for (std::size_t i = 0; i < 30; ++i) {
    aria::RandomStream random(3, 5, i);
    for (std::size_t k = 0; k < kLength; ++k) expected += little_endian(ToyTokenizer::event(random.below(100)), 2);
  }
  CHECK(test::read_text(place.folder / "a.bin") == expected);
}

TEST_CASE("export: nothing appears where something is wrong", "[dataset]") {
  Place place;
  place.fill(5);
  const auto data = place.open();
  const auto check = [&](const std::string& name, const aria::ExportOptions& options, aria::ErrorCode code) {
    const auto before = place.names();
    const aria::Error error = test::error_of([&] { aria::export_tokens(data, place.path(name), options); });
    CHECK(error.code() == code);
    CHECK(error.place().path.starts_with(place.path("")));
    CHECK(place.names() == before);
  };
  check("a.txt", {}, aria::ErrorCode::invalid_argument);
  check("bin", {}, aria::ErrorCode::invalid_argument);
  check("none/a.bin", {}, aria::ErrorCode::not_found);
  test::write_text(place.folder / "a.bin", "old");
  check("a.bin", {}, aria::ErrorCode::already_exists);
  test::write_text(place.folder / "b.bin.json", "old");
  check("b.bin", {}, aria::ErrorCode::already_exists);
  CHECK(test::read_text(place.folder / "a.bin") == "old");
  CHECK(test::read_text(place.folder / "b.bin.json") == "old");
}

TEST_CASE("export: a data set without tokens has nothing to export", "[dataset]") {
  Place place;
  CHECK(test::error_of([&] { place.exported("a.bin"); }).code() == aria::ErrorCode::empty_result);
  CHECK(test::error_of([&] { place.exported("a.npy"); }).code() == aria::ErrorCode::empty_result);
  place.sequences = {Tokens(kLength, ToyTokenizer::kPad)};
  CHECK(place.exported("b.bin").size() == 2 * kLength);
  CHECK(test::error_of([&] { place.exported("a.bin", {.padding = false}); }).code() == aria::ErrorCode::empty_result);
  CHECK(place.names() == std::vector<std::string>{"b.bin", "b.bin.json", "data.jsonl"});
}

TEST_CASE("export: a line that is wrong is named, wherever it stands", "[dataset]") {
  Place place;
  place.fill(20'000);
  const std::size_t bad = GENERATE(0, 1, 9'999, 19'999);
  place.sequences[bad].push_back(ToyTokenizer::kPad);
  const auto data = place.open();
  for (const char* name : {"a.bin", "a.npy"}) {
    for (const bool padding : {true, false}) {
      const aria::Error error =
          test::error_of([&] { aria::export_tokens(data, place.path(name), {.padding = padding, .workers = 3}); });
      CHECK(error.code() == aria::ErrorCode::invalid_json);
      CHECK(error.place().path == place.path("data.jsonl"));
      CHECK(error.place().line == bad + 2);
    }
  }
  CHECK(place.names() == std::vector<std::string>{"data.jsonl"});
}
