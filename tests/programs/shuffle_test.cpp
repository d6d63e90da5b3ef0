// aria shuffle: all lines of some files in random order, within its memory.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include <aria/support/random.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::lines_of;
using test::mentions;
using test::Workplace;

namespace {

using Words = std::vector<std::string>;

// Lines of about `length` bytes, all different.
std::string text_of(std::size_t lines, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    text += std::to_string(i) + ' ';
    text.append(length / 2 + aria::random_bits(1, i) % length, static_cast<char>('a' + i % 26));
    text += '\n';
  }
  return text;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("shuffle: the same lines in another order, decided by the seed") {
  const Workplace place;
  test::write_text(place / "a,b.txt", "one\ntwo\n\nthree");
  test::write_text(place / "c.txt", text_of(1000, 20));
  const auto run = place.aria({"shuffle", "a,b.txt", "c.txt", "a,b.txt", "out.txt"});
  CAPTURE(run.complaints);
  REQUIRE(run.status == 0);
  CHECK(run.output.find("1008 lines of 3 files, " + std::to_string(fs::file_size(place / "out.txt")) +
                        " bytes, checksum ") == 0);
  CHECK(mentions(run.output, "wrote out.txt"));
  const std::string all = place.text("a,b.txt") + '\n' + place.text("c.txt") + place.text("a,b.txt") + '\n';
  CHECK(place.text("out.txt") != all);
  CHECK(sorted(lines_of(place.text("out.txt"))) == sorted(lines_of(all)));

  CHECK(place.aria({"shuffle", "--seed=0", "a,b.txt", "c.txt", "a,b.txt", "same.txt"}).status == 0);
  CHECK(place.text("same.txt") == place.text("out.txt"));
  CHECK(place.aria({"shuffle", "--seed=1", "a,b.txt", "c.txt", "a,b.txt", "other.txt"}).status == 0);
  CHECK(place.text("other.txt") != place.text("out.txt"));
  CHECK(sorted(lines_of(place.text("other.txt"))) == sorted(lines_of(all)));
}

TEST_CASE("shuffle: no line at all makes an empty file") {
  const Workplace place;
  test::write_text(place / "empty", "");
  const auto run = place.aria({"shuffle", "empty", "empty", "out"});
  CHECK(run.status == 0);
  CHECK(run.output.find("0 lines of 2 files, 0 bytes, checksum 0000000000000000\n") == 0);
  CHECK(place.text("out").empty());
}

namespace {

// The peak of a child starts with what its parent had in memory: files are written and compared in pieces.
void write_lines(const fs::path& path, std::size_t lines, std::size_t length) {
  std::ofstream file(path, std::ios::binary);
  for (std::size_t i = 0; i < lines; ++i) {
    file << i << ' ' << std::string(length / 2 + aria::random_bits(1, i) % length, static_cast<char>('a' + i % 26))
         << '\n';
  }
}

bool same_bytes(const fs::path& a, const fs::path& b) {
  if (fs::file_size(a) != fs::file_size(b)) return false;
  std::ifstream first(a, std::ios::binary), second(b, std::ios::binary);
  return std::equal(std::istreambuf_iterator<char>(first), {}, std::istreambuf_iterator<char>(second));
}

}  // namespace

TEST_CASE("shuffle: the same bytes within any memory, and no more of it than was said") {
  const Workplace place;
  write_lines(place / "long", 10'000, 5000);
  write_lines(place / "short", 300'000, 20);
  write_lines(place / "lines", 1'000'000, 1);
  write_lines(place / "huge", 60, 600'000);
  for (const std::string input : {"long", "short", "lines", "huge"}) {
    REQUIRE(place.aria({"shuffle", input, "expected"}).status == 0);
    for (const unsigned memory : {1U, 8U, 64U}) {
      for (const std::string workers : {"1", "4", "1000"}) {
        if (workers == "1000" && memory != 64) continue;
        const auto run =
            place.aria({"shuffle", "--memory", std::to_string(memory) + "M", "--workers", workers, input, "out"});
        CAPTURE(input, memory, workers, run.complaints, run.peak_bytes >> 20);
        REQUIRE(run.status == 0);
        if (!test::kSanitized) CHECK(run.peak_bytes <= (std::uint64_t{memory} + 16) << 20);
        CHECK(same_bytes(place / "out", place / "expected"));
        fs::remove(place / "out");
      }
    }
    fs::remove(place / "expected");
  }
  CHECK(place.outputs() == Words{"huge", "lines", "long", "short"});
}

TEST_CASE("shuffle: what cannot be") {
  const Workplace place;
  test::write_text(place / "in", "a\nb\n");
  const auto fails = [&](int status, const Words& words, const std::string& message) {
    Words all{"shuffle"};
    all.insert(all.end(), words.begin(), words.end());
    const auto run = place.aria(all);
    CAPTURE(words, run.complaints);
    CHECK(run.status == status);
    CHECK(mentions(run.complaints, message));
    CHECK(place.outputs() == Words{"in"});
    CHECK(place.text("in") == "a\nb\n");
  };
  fails(2, {}, "missing");
  fails(2, {"in"}, "output");
  fails(2, {"in", "in"}, "the same file");
  fails(2, {"--overwrite", "in", "./DIR/../in"}, "the same file");
  fails(2, {"--memory", "1023K", "in", "out"}, "--memory");
  fails(2, {"--memory", "many", "in", "out"}, "--memory");
  fails(2, {"--workers", "0", "in", "out"}, "--workers");
  fails(2, {"--seed", "x", "in", "out"}, "--seed");
  fails(1, {"none", "out"}, "none: cannot open");
  fails(1, {"DIR", "out"}, "DIR: is a folder");
  fails(1, {"in", "DIR"}, "DIR: is a folder");
  fails(1, {"in", "none/out"}, "none");
  test::write_text(place / "out", "old");
  CHECK(place.aria({"shuffle", "in", "out"}).status == 1);
  CHECK(place.text("out") == "old");
  CHECK(place.aria({"shuffle", "--overwrite", "in", "out"}).status == 0);
  CHECK(sorted(lines_of(place.text("out"))) == Words{"a", "b"});
}

TEST_CASE("shuffle: a line longer than the memory") {
  const Workplace place;
  test::write_text(place / "in", "a\n" + std::string((1 << 20) + 1, 'x') + "\nb\n");
  const auto run = place.aria({"shuffle", "--memory", "1M", "in", "out"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "in: line 2: the line is longer than 1048576 bytes"));
  CHECK(place.outputs() == Words{"in"});
  CHECK(place.aria({"shuffle", "--memory", "1048577", "in", "out"}).status == 0);
}

TEST_CASE("shuffle: a full disk leaves what was there") {
  const Workplace place;
  test::write_text(place / "in", text_of(200'000, 20));  // by buckets
  const std::uint64_t size = fs::file_size(place / "in");
  for (const std::uint64_t limit : {std::uint64_t{100'000}, size / 2, size - 1}) {
    const auto run = place.aria({"shuffle", "in", "out"}, {.file_size_limit = limit});
    CHECK(run.status == 1);
    CHECK(mentions(run.complaints, "cannot write"));
    CHECK(place.outputs() == Words{"in"});
  }
}

TEST_CASE("shuffle: killed at random moments, OUT holds the old lines or all of the new ones") {
  using Clock = std::chrono::steady_clock;
  const Workplace place;
  test::write_text(place / "long", text_of(4000, 5000));
  test::write_text(place / "short", text_of(400'000, 20));
  std::uint64_t drawn = 0;
  for (const std::string input : {"long", "short"}) {
    const Words words{"shuffle", "--memory", "2M", "--workers", "2", "--overwrite", input, "out"};
    REQUIRE(place.aria(words).status == 0);
    const std::string whole = place.text("out");
    const Clock::time_point start = Clock::now();
    REQUIRE(place.aria(words).status == 0);
    const std::chrono::duration<double, std::micro> time = Clock::now() - start;
    unsigned killed = 0;
    for (int round = 0; round < 20; ++round) {
      test::write_text(place / "out", "old\n");
      const double share = aria::uniform(2, drawn++);
      const auto run =
          place.aria(words, {.kill_after = std::chrono::microseconds(static_cast<std::int64_t>(time.count() * share))});
      killed += run.signal != 0;
      const std::string found = place.text("out");
      CHECK((found == whole || (found == "old\n" && run.signal != 0)));
      for (const std::string& name : place.outputs()) {
        CAPTURE(name);
        CHECK((name == "long" || name == "short" || name == "out" || name.front() == '.'));
        if (name.front() == '.') fs::remove(place / name);
      }
    }
    CHECK(killed > 0);
  }
}
