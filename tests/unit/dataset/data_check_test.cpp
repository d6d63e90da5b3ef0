#include <aria/dataset/data_check.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <aria/dataset/line_dataset.hpp>
#include <aria/dataset/tokenized_dataset.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"
#include "support/toy_tokenizer.hpp"

namespace fs = std::filesystem;
using aria::DataCheck;
using aria::ErrorCode;
using aria::file_fingerprint;
using aria::Hash128;
using aria::TokenId;
using test::NumbersTokenizer;
using Source = std::shared_ptr<const aria::SequenceSource>;

namespace {

constexpr std::size_t kPart = std::size_t{16} << 20;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761U >> 13);
  return text;
}

struct Place {
  std::string write(std::string_view text, const std::string& name = "data") const {
    test::write_text(folder / name, text);
    return path(name);
  }
  std::string path(const std::string& name = "data") const { return (folder / name).string(); }
  Hash128 fingerprint(std::string_view text) const { return file_fingerprint(write(text)); }
  void set(std::size_t at, char c) const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(c);
  }

  // `count` lines, of which those in `bad` hold no ids.
  Source lines(std::size_t count, const std::set<std::size_t>& bad = {}) const {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += bad.count(i) != 0 ? "1 x 3\n" : "1 2 3\n";
    return aria::source_of(std::make_shared<aria::LineDataset<NumbersTokenizer>>(write(text), NumbersTokenizer()));
  }

  test::TemporaryFolder folder;
};

bool same(const Hash128& a, const Hash128& b) { return a == b; }

// A data set that is what a test wants it to be.
class MadeSource : public aria::SequenceSource {
 public:
  MadeSource(std::string path, std::function<void(std::size_t)> on_read)
      : path_(std::move(path)), on_read_(std::move(on_read)) {}

  std::size_t size() const override { return std::size_t{1} << 60; }
  std::size_t max_seq_len() const override { return 3; }
  const aria::Vocabulary& vocabulary() const override { return tokenizer_.vocabulary(); }
  bool has_transform() const override { return false; }
  const std::string& path() const override { return path_; }
  std::uint64_t line_number(std::size_t i) const override { return i + 1; }
  std::string tokenizer_name() const override { return "numbers"; }
  std::string tokenizer_config() const override { return tokenizer_.config_json(); }
  void get(std::size_t, aria::EpochDraw, aria::Sample&) const override {}
  void read(std::size_t i, std::vector<TokenId>&) const override { on_read_(i); }

 private:
  std::string path_;
  std::function<void(std::size_t)> on_read_;
  NumbersTokenizer tokenizer_;
};

void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

}  // namespace

TEST_CASE("file_fingerprint: the numbers that it always gave", "[dataset]") {
  // Checkpoints know their data set by these. Going red is legitimate only together with a new version of RunState and
  // a note in the changelog that checkpoints of older versions cannot go on.
  const Place place;
  const auto is = [&](std::string_view text, std::uint64_t high, std::uint64_t low) {
    return same(place.fingerprint(text), {.low = low, .high = high});
  };
  CHECK(is("", 0, 0));
  CHECK(is("abc", 0x3ba2744126ca2d52ULL, 0xb4963f3f3fad7867ULL));
  CHECK(is(pattern(kPart + 5), 0x01951fa9be4cc501ULL, 0x6e962196e17f93a4ULL));
}

TEST_CASE("file_fingerprint: equal files have the same, wherever they are", "[dataset]") {
  const Place place;
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, kPart, kPart + 1}) {
    const std::string text = pattern(size);
    const Hash128 hash = file_fingerprint(place.write(text));
    CHECK(same(hash, file_fingerprint(place.write(text, "folder/copy"))));
    CHECK(same(hash, file_fingerprint(place.path())));
  }
}

TEST_CASE("file_fingerprint: any byte makes a difference", "[dataset]") {
  const Place place;
  const std::string text = pattern(100);
  std::vector<Hash128> seen = {place.fingerprint(text)};
  const auto is_new = [&](const Hash128& hash) {
    if (std::find(seen.begin(), seen.end(), hash) != seen.end()) return false;
    seen.push_back(hash);
    return true;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ (1 << i % 8));
    CHECK(is_new(place.fingerprint(other)));
  }
  for (std::size_t size = 0; size < text.size(); ++size) CHECK(is_new(place.fingerprint(text.substr(0, size))));
  CHECK(is_new(place.fingerprint(text + '\0')));
}

TEST_CASE("file_fingerprint: any byte makes a difference, also where one part ends and the next begins", "[dataset]") {
  const Place place;
  std::vector<Hash128> seen;
  const auto check_is_new = [&](const Hash128& hash) {
    CHECK(std::find(seen.begin(), seen.end(), hash) == seen.end());
    seen.push_back(hash);
  };
  const std::string text = pattern(2 * kPart + 1);
  for (const std::size_t size : {kPart - 1, kPart, kPart + 1, 2 * kPart + 1}) {
    place.write(std::string_view(text).substr(0, size));
    const Hash128 hash = file_fingerprint(place.path());
    check_is_new(hash);
    for (const std::size_t at : {std::size_t{0}, kPart - 2, kPart - 1, kPart, 2 * kPart - 1, 2 * kPart}) {
      if (at >= size) continue;
      place.set(at, static_cast<char>(text[at] ^ 1));
      check_is_new(file_fingerprint(place.path()));
      place.set(at, text[at]);
    }
    CHECK(same(file_fingerprint(place.path()), hash));
  }
}

TEST_CASE("file_fingerprint: each part's hash is the seed of the next one's", "[dataset]") {
  const Place place;
  const std::string text = pattern(kPart + 1);
  const auto bytes = test::bytes_of(text);
  CHECK(same(place.fingerprint("abc"), aria::hash128(test::bytes_of("abc"))));
  const Hash128 whole = place.fingerprint(text);
  CHECK(same(whole, aria::hash128(bytes.subspan(kPart), aria::hash128(bytes.first(kPart)))));
  CHECK(!same(whole, aria::hash128(bytes)));
  CHECK(same(place.fingerprint(text.substr(0, kPart)), aria::hash128(bytes.first(kPart))));
}

TEST_CASE("file_fingerprint: what is no file, and a flag that says stop", "[dataset]") {
  const Place place;
  const aria::Error error = test::error_of([&] { file_fingerprint(place.path("none")); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.place().path == place.path("none"));
  CHECK(test::error_of([&] { file_fingerprint(place.folder.path().string()); }).code() == ErrorCode::io);
  std::atomic<bool> stop{true};
  place.write("abc");
  CHECK(same(file_fingerprint(place.path(), &stop), Hash128{}));
  stop = false;
  CHECK(same(file_fingerprint(place.path(), &stop), file_fingerprint(place.path())));
}

TEST_CASE("DataCheck: good data have a fingerprint and no errors", "[dataset]") {
  const Place place;
  const Source source = place.lines(2000);
  const DataCheck check(source);
  CHECK_NOTHROW(check.throw_if_bad());
  CHECK(same(check.fingerprint(), file_fingerprint(place.path())));
  CHECK_NOTHROW(check.wait());
  CHECK_NOTHROW(check.throw_if_bad());
  CHECK_NOTHROW(check.wait());
  CHECK(same(check.fingerprint(), file_fingerprint(place.path())));
}

TEST_CASE("DataCheck: lines are read as they stand in the file, without the transform", "[dataset]") {
  const Place place;
  place.write("1 2 3\n4 5 6\n");
  const auto data = std::make_shared<aria::LineDataset<NumbersTokenizer>>(place.path(), NumbersTokenizer());
  data->set_transform([](std::vector<TokenId>&, aria::RandomStream&) -> void { throw std::bad_function_call(); });
  CHECK_NOTHROW(DataCheck(aria::source_of(data)).wait());
}

TEST_CASE("DataCheck: a bad line anywhere arrives with file and line", "[dataset]") {
  const Place place;
  constexpr std::size_t kLines = 3000;
  for (const std::size_t bad : {std::size_t{1}, kLines / 2, kLines - 1}) {
    const DataCheck check(place.lines(kLines, {bad, kLines - 1}));
    for (int again = 0; again < 2; ++again) {
      const aria::Error error = test::error_of([&] { check.wait(); });
      CHECK(error.code() == ErrorCode::invalid_text);
      CHECK(error.place().path == place.path());
      CHECK(error.place().line == bad + 1);
      CHECK(test::error_of([&] { check.throw_if_bad(); }).what() == std::string(error.what()));
    }
    CHECK(same(check.fingerprint(), file_fingerprint(place.path())));
  }
}

TEST_CASE("DataCheck: throw_if_bad has the error as soon as it is there", "[dataset]") {
  const Place place;
  const DataCheck check(place.lines(3000, {1500}));
  const aria::Error error = test::error_of([&] {
    for (;;) check.throw_if_bad();
  });
  CHECK(error.place().path == place.path());
  CHECK(error.place().line == 1501);
}

TEST_CASE("DataCheck: the lines of a TokenizedDataset are checked, too", "[dataset]") {
  const Place place;
  const test::ToyTokenizer tokenizer;
  std::vector<std::vector<TokenId>> sequences(100, std::vector<TokenId>(8, 7));
  const auto header = aria::TokenizedDatasetHeader::of(tokenizer, {8, 3}, true);
  const auto open = [&] {
    place.write(test::tokenized_text(tokenizer, header, sequences));
    return aria::source_of(
        std::make_shared<aria::TokenizedDataset<test::ToyTokenizer>>(place.path(), test::ToyTokenizer()));
  };
  CHECK_NOTHROW(DataCheck(open()).wait());
  sequences[50].pop_back();
  const aria::Error error = test::error_of([&] { DataCheck(open()).wait(); });
  CHECK(error.code() == ErrorCode::invalid_json);
  CHECK(error.place().path == place.path());
  CHECK(error.place().line == 52);
}

TEST_CASE("DataCheck: nothing is said before it is found, and several threads may ask", "[dataset]") {
  const Place place;
  place.write("abc");
  std::atomic<bool> started{false}, go{false};
  const DataCheck check(std::make_shared<MadeSource>(place.path(), [&](std::size_t i) {
    started = true;
    wait_for(go);
    if (i == 5) throw aria::Error(ErrorCode::invalid_text, "bad", {.line = i});
  }));
  wait_for(started);
  CHECK_NOTHROW(check.throw_if_bad());
  CHECK(same(check.fingerprint(), file_fingerprint(place.path())));
  std::vector<std::thread> threads;
  std::atomic<int> errors{0};
  for (int n = 0; n < 3; ++n) {
    threads.emplace_back([&] {
      try {
        check.throw_if_bad();
        check.wait();
      } catch (const aria::Error&) {
        ++errors;
      }
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(errors == 3);
}

TEST_CASE("DataCheck: a file that is gone is an error of the fingerprint", "[dataset]") {
  const Place place;
  const Source source = place.lines(10);
  fs::remove(place.path());
  const DataCheck check(source);
  CHECK(test::error_of([&] { check.fingerprint(); }).code() == ErrorCode::not_found);
  CHECK_NOTHROW(check.wait());
}

TEST_CASE("DataCheck: destroyed early, it ends", "[dataset]") {
  const Place place;
  SECTION("at once") {
    for (int n = 0; n < 20; ++n) const DataCheck check(place.lines(1000));
  }
  SECTION("while it reads more lines than anybody has") {
    place.write("abc");
    std::atomic<bool> started{false};
    const DataCheck check(std::make_shared<MadeSource>(place.path(), [&](std::size_t i) { started = i > 10; }));
    wait_for(started);
  }
  SECTION("while it hashes a file that takes minutes") {
    place.write("");
    std::error_code error;
    fs::resize_file(place.path(), std::uintmax_t{1} << 37, error);
    if (error) return;  // a file system without holes
    std::atomic<int> reads{0};
    {
      const DataCheck check(std::make_shared<MadeSource>(place.path(), [&](std::size_t) { ++reads; }));
    }
    CHECK(reads == 0);
  }
}
