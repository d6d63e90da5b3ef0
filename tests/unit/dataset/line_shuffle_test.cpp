#include <aria/dataset/line_shuffle.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::ShuffleStrategy;

namespace {

using Lines = std::vector<std::string>;

constexpr std::uint64_t kMiB = 1 << 20;

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append(1, '\n');
  return text;
}

// What the order is by definition.
Lines in_key_order(const Lines& lines, std::uint64_t seed) {
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [seed](std::size_t a, std::size_t b) { return aria::shuffle_key(seed, a) < aria::shuffle_key(seed, b); });
  Lines result;
  for (const std::size_t i : order) result.push_back(lines[i]);
  return result;
}

// Lines that are all different, their lengths drawn up to `longest`, short ones more often.
Lines random_lines(std::size_t count, std::uint32_t longest, std::uint64_t seed) {
  aria::RandomStream random(seed);
  Lines lines;
  for (std::size_t i = 0; i < count; ++i) {
    std::string line = std::to_string(i);
    const std::uint32_t length = random.below(random.below(longest) + 1);
    for (std::uint32_t k = 0; k < length; ++k) line += static_cast<char>(' ' + (i + k * k) % 90);
    lines.push_back(std::move(line));
  }
  return lines;
}

// How a shuffle is made in a test, and a folder for its files.
class Shuffled {
  test::TemporaryFolder folder_;
  int files_ = 0;

 public:
  aria::LineShuffleOptions options{.seed = 5, .memory = kMiB, .workers = 1, .folder = folder_.path().string()};

  std::string file(const std::string& text) {
    const auto path = folder_ / std::to_string(files_++);
    test::write_text(path, text);
    return path.string();
  }

  std::string finish(aria::LineShuffle& shuffle) {
    aria::AtomicFile out((folder_ / "out").string(), aria::IfExists::replace);
    summary = shuffle.write(out);
    return test::read_text(out.path_to_read());
  }

  std::string of_files(const std::vector<std::string>& paths) {
    aria::LineShuffle shuffle(options);
    for (const std::string& path : paths) shuffle.add_file({.path = path});
    return finish(shuffle);
  }
  std::string of_texts(const std::vector<std::string>& texts) {
    std::vector<std::string> paths;
    for (const std::string& text : texts) paths.push_back(file(text));
    return of_files(paths);
  }

  std::string of_lines(const Lines& lines) {
    aria::LineShuffle shuffle(options);
    for (const std::string& line : lines) shuffle.add(line);
    return finish(shuffle);
  }

  // Nothing but the inputs lies in the folder.
  bool is_clean() const {
    const auto entries = std::filesystem::directory_iterator(folder_.path());
    return std::distance(begin(entries), end(entries)) == files_;
  }

  std::filesystem::path folder() const { return folder_.path(); }

  aria::LineShuffleSummary summary;
};

// Every way to shuffle gives the same.
void check_all_ways(const Lines& lines, std::uint64_t seed = 5) {
  const std::string expected = joined(in_key_order(lines, seed));
  Shuffled shuffled;
  shuffled.options.seed = seed;
  const std::string path = shuffled.file(joined(lines));
  for (const std::uint64_t memory : {kMiB, 16 * kMiB, 1024 * kMiB}) {
    for (const unsigned workers : {1U, 4U}) {
      CAPTURE(memory, workers, lines.size());
      shuffled.options.memory = memory;
      shuffled.options.workers = workers;
      for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets, ShuffleStrategy::automatic}) {
        shuffled.options.strategy = strategy;
        CHECK((shuffled.of_files({path}) == expected));
        CHECK(shuffled.summary.checksum.lines == lines.size());
        CHECK(shuffled.summary.checksum.bytes == expected.size());
        if (strategy != ShuffleStrategy::automatic) CHECK(shuffled.summary.strategy == strategy);
      }
      CHECK((shuffled.of_lines(lines) == expected));
    }
  }
  CHECK(shuffled.is_clean());
}

aria::Error error_of_files(Shuffled& shuffled, const std::vector<std::string>& paths) {
  return test::error_of([&] { shuffled.of_files(paths); });
}

}  // namespace

TEST_CASE("LineShuffle: few lines, empty ones, one, none", "[dataset]") {
  check_all_ways({});
  check_all_ways({"one"});
  check_all_ways({""});
  check_all_ways({"", "", "two", ""});
  check_all_ways({"a\r", "b", std::string("\0c", 2), "\xff"});
  check_all_ways(random_lines(1000, 30, 1), 0);
  check_all_ways(random_lines(1000, 30, 1), ~std::uint64_t{0});
}

TEST_CASE("LineShuffle: many times the memory, short lines", "[dataset]") {
  // 16 bytes of index a line: two MiB of that are too much for one.
  const Lines lines = random_lines(200'000, 60, 2);
  const std::string expected = joined(in_key_order(lines, 5));
  Shuffled shuffled;
  const std::string path = shuffled.file(joined(lines));
  for (const unsigned workers : {1U, 4U}) {
    for (const std::uint64_t memory : {kMiB, 16 * kMiB}) {
      shuffled.options.memory = memory;
      shuffled.options.workers = workers;
      CHECK((shuffled.of_files({path}) == expected));
      CHECK(shuffled.summary.strategy == ShuffleStrategy::buckets);
      CHECK((shuffled.of_lines(lines) == expected));
    }
  }
  shuffled.options.memory = kMiB;
  shuffled.options.strategy = ShuffleStrategy::gather;
  CHECK(error_of_files(shuffled, {path}).code() == aria::ErrorCode::too_large);
  CHECK(shuffled.is_clean());
}

TEST_CASE("LineShuffle: an index that does not fit, where the beginning of the file promised that", "[dataset]") {
  Lines lines = random_lines(50, 20'000, 3);
  for (int i = 0; i < 60'000; ++i) lines.push_back(std::to_string(i));
  Shuffled shuffled;
  CHECK((shuffled.of_texts({joined(lines)}) == joined(in_key_order(lines, 5))));
  CHECK(shuffled.summary.strategy == ShuffleStrategy::buckets);
}

TEST_CASE("LineShuffle: lines of all lengths up to that of the memory", "[dataset]") {
  Lines lines = random_lines(2000, 3000, 4);
  for (std::uint32_t longest : {30'000U, 70'000U, 300'000U}) {
    const Lines longer = random_lines(30, longest, longest);
    lines.insert(lines.begin() + 500, longer.begin(), longer.end());
  }
  // Around the borders of chunks, buffers, and what is kept of the length in an index.
  for (const std::size_t size :
       {26'213U, 26'214U, 26'215U, 52'427U, 52'428U, 65'535U, 65'536U, 131'072U, 1'048'574U, 1'048'575U, 1'048'576U}) {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(size % 1000), std::string(size, 'x'));
  }
  check_all_ways(lines);
}

TEST_CASE("LineShuffle: the borders of chunks fall on every place of a line", "[dataset]") {
  // A chunk of the smallest memory has 26,214 bytes.
  Shuffled shuffled;
  for (const std::size_t size : {26'211U, 26'212U, 26'213U, 26'214U, 26'215U}) {
    for (const std::string end : {"", "\n", "\n\n", "x", "x\n", "\nx"}) {
      const std::string text = std::string(size, 'a') + '\n' + std::string(26'213, 'b') + end;
      Lines lines{std::string(size, 'a'), std::string(26'213, 'b')};
      if (end == "\n\n") lines.push_back("");
      if (end.front() == 'x') lines.back() += 'x';
      if (end == "\nx") lines.push_back("x");
      for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets}) {
        shuffled.options.strategy = strategy;
        CHECK((shuffled.of_texts({text}) == joined(in_key_order(lines, 5))));
      }
    }
  }
}

TEST_CASE("LineShuffle: the end of a file is the end of a line", "[dataset]") {
  Shuffled shuffled;
  const Lines lines = {"a", "b", "", "c", "d"};
  for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets}) {
    shuffled.options.strategy = strategy;
    CHECK(shuffled.of_texts({"a\nb", "", "\nc\n", "", "d", ""}) == joined(in_key_order(lines, 5)));
    const std::string path = shuffled.file("one\ntwo");
    CHECK(shuffled.of_files({path, path}) == joined(in_key_order({"one", "two", "one", "two"}, 5)));
  }
  CHECK(shuffled.of_texts({"", ""}).empty());
  CHECK(shuffled.of_files({}).empty());
}

TEST_CASE("LineShuffle: files and lines in the order in which they were added", "[dataset]") {
  Shuffled shuffled;
  const std::string ab = shuffled.file("a\nb"), d = shuffled.file("d\n" + std::string(200'000, 'D')),
                    f = shuffled.file("f\n");
  aria::LineShuffle shuffle(shuffled.options);
  shuffle.add_file({.path = ab});
  shuffle.add("c");
  shuffle.add_file({.path = d});
  shuffle.add(std::string(300'000, 'e'));
  shuffle.add("");
  shuffle.add_file({.path = f});
  const Lines lines = {"a", "b", "c", "d", std::string(200'000, 'D'), std::string(300'000, 'e'), "", "f"};
  CHECK((shuffled.finish(shuffle) == joined(in_key_order(lines, 5))));
}

TEST_CASE("LineShuffle: a header stays first", "[dataset]") {
  Shuffled shuffled;
  const std::string path = shuffled.file("header\na\nb\nc\n");
  for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets}) {
    shuffled.options.strategy = strategy;
    aria::LineShuffle shuffle(shuffled.options);
    shuffle.add_file({.path = path, .begin = 7, .first_line = 2});
    aria::AtomicFile out((shuffled.folder() / "out").string(), aria::IfExists::replace);
    out.write("header\n");
    CHECK(shuffle.write(out).checksum.lines == 3);
    CHECK(test::read_text(out.path_to_read()) == "header\n" + joined(in_key_order({"a", "b", "c"}, 5)));
  }
  aria::LineShuffle shuffle(shuffled.options);
  CHECK(test::error_of([&] { shuffle.add_file({.path = path, .begin = 14}); }).code() ==
        aria::ErrorCode::invalid_argument);
}

TEST_CASE("LineShuffle: a line longer than the memory is an error with its place", "[dataset]") {
  Shuffled shuffled;
  const std::string first = shuffled.file("a\nb\n");
  for (const std::string end : {"", "\n", "\nmore\n"}) {
    const std::string path = shuffled.file("header\n1\n2\n" + std::string(kMiB + 1, 'x') + end);
    for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets, ShuffleStrategy::automatic}) {
      for (const unsigned workers : {1U, 4U}) {
        shuffled.options.strategy = strategy;
        shuffled.options.workers = workers;
        const aria::Error error = error_of_files(shuffled, {first, path});
        CHECK(error.code() == aria::ErrorCode::too_large);
        CHECK(error.place().path == path);
        CHECK(error.place().line == 4);

        aria::LineShuffle shuffle(shuffled.options);
        shuffle.add_file({.path = path, .begin = 9, .first_line = 3});
        CHECK(test::error_of([&] { shuffled.finish(shuffle); }).place().line == 4);
      }
    }
  }
  shuffled.options.strategy = ShuffleStrategy::automatic;
  aria::LineShuffle shuffle(shuffled.options);
  shuffle.add("one");
  const aria::Error error = test::error_of([&] { shuffle.add(std::string(kMiB + 1, 'x')); });
  CHECK(error.code() == aria::ErrorCode::too_large);
  CHECK(error.place().line == 2);
}

TEST_CASE("LineShuffle: arguments that cannot be", "[dataset]") {
  using aria::ErrorCode;
  Shuffled shuffled;
  aria::LineShuffle shuffle(shuffled.options);
  CHECK(test::error_of([&] { shuffle.add("a\nb"); }).code() == ErrorCode::invalid_argument);
  CHECK(test::error_of([&] { shuffle.add_file({.path = (shuffled.folder() / "none").string()}); }).code() ==
        ErrorCode::not_found);
  CHECK(test::error_of([&] { shuffle.add_file({.path = shuffled.folder().string()}); }).code() == ErrorCode::io);
  shuffled.options.memory = kMiB - 1;
  CHECK(test::error_of([&] { aria::LineShuffle small(shuffled.options); }).code() == ErrorCode::invalid_argument);
  shuffled.options.memory = kMiB;
  shuffled.options.folder = (shuffled.folder() / "none").string();
  CHECK(test::error_of([&] { shuffled.of_lines({"a"}); }).code() == ErrorCode::not_found);
}

TEST_CASE("LineShuffle: a file that changes while it is read", "[dataset]") {
  Shuffled shuffled;
  const Lines lines = random_lines(500, 2000, 6);
  const std::string text = joined(lines);
  for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets}) {
    shuffled.options.strategy = strategy;
    const std::string path = shuffled.file(text);
    aria::LineShuffle shuffle(shuffled.options);
    shuffle.add_file({.path = path});
    std::filesystem::resize_file(path, text.size() - 1);
    CHECK(test::error_of([&] { shuffled.finish(shuffle); }).code() == aria::ErrorCode::io);
  }
  // Between the index and the gathering: of the same size, and shorter.
  shuffled.options.strategy = ShuffleStrategy::gather;
  for (const std::size_t kept : {text.size(), text.size() / 2}) {
    const std::string path = shuffled.file(text);
    shuffled.options.on_progress = [&](const aria::Progress& progress) {
      if (progress.done != progress.total / 2) return;
      test::write_text(path, std::string(kept, 'x'));
    };
    CHECK(error_of_files(shuffled, {path}).code() == aria::ErrorCode::io);
  }
}

TEST_CASE("LineShuffle: more files than may be open", "[dataset]") {
  Shuffled shuffled;
  std::vector<std::string> paths;
  Lines lines;
  for (int i = 0; i < 150; ++i) {
    const Lines some = random_lines(3, i % 50 == 0 ? 100'000 : 2000, static_cast<std::uint64_t>(i));
    paths.push_back(shuffled.file(joined(some)));
    lines.insert(lines.end(), some.begin(), some.end());
  }
  const std::string expected = joined(in_key_order(lines, 5));
  CHECK((shuffled.of_files(paths) == expected));
  CHECK(shuffled.summary.strategy == ShuffleStrategy::gather);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  for (const rlim_t limit : {100U, 40U}) {
    const rlimit fewer{limit, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &fewer) == 0);
    for (const unsigned workers : {1U, 4U}) {
      shuffled.options.workers = workers;
      shuffled.options.memory = workers * 16 * kMiB;
      const std::string text = shuffled.of_files(paths);
      CHECK((text == expected));
      CHECK(shuffled.summary.strategy == ShuffleStrategy::buckets);
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  }
}

TEST_CASE("LineShuffle: room on the disk is asked for before anything is written", "[dataset]") {
  Shuffled shuffled;
  shuffled.options.expected_bytes = std::uint64_t{1} << 61;
  const aria::Error error = test::error_of([&] { shuffled.of_lines({"a"}); });
  CHECK(error.code() == aria::ErrorCode::io);
  CHECK(error.place().path == shuffled.options.folder);
  CHECK(error.message().find("the shuffle may take 4611686018427387904 bytes here, and ") == 0);
  // A file of holes, larger than any disk that tests run on.
  const std::string path = shuffled.file("");
  std::error_code refused;
  std::filesystem::resize_file(path, std::uint64_t{1} << 43, refused);
  if (refused || *aria::free_disk_space(shuffled.options.folder) > std::uint64_t{1} << 43) return;
  const std::string words = error_of_files(shuffled, {path}).message();
  CHECK(words.find("the shuffled lines and temporary files may take ") == 0);
}

TEST_CASE("LineShuffle: progress grows to all bytes, read and written", "[dataset]") {
  Shuffled shuffled;
  const std::string text = joined(random_lines(2000, 2000, 7));
  for (const auto strategy : {ShuffleStrategy::gather, ShuffleStrategy::buckets}) {
    shuffled.options.strategy = strategy;
    aria::Progress last;
    shuffled.options.on_progress = [&last](const aria::Progress& progress) {
      CHECK(progress.done >= last.done);
      last = progress;
    };
    shuffled.of_texts({text});
    CHECK(last.done == 2 * text.size());
    CHECK(last.total == 2 * text.size());
  }
}

namespace {

// Chi-square of a table of counts that are all expected to be the same.
double chi_square(const std::vector<unsigned>& counts, double expected) {
  double sum = 0;
  for (const unsigned count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

}  // namespace

TEST_CASE("LineShuffle: positions are uniform over seeds", "[dataset]") {
  constexpr unsigned kLines = 12, kSeeds = 3000;
  Shuffled shuffled;
  Lines lines;
  for (unsigned i = 0; i < kLines; ++i) lines.push_back(std::string(1, static_cast<char>('a' + i)));
  const std::string path = shuffled.file(joined(lines));
  shuffled.options.strategy = ShuffleStrategy::gather;
  std::vector<unsigned> positions(kLines * kLines), neighbours(kLines * kLines);
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    shuffled.options.seed = seed;
    const std::string text = shuffled.of_files({path});
    REQUIRE(text.size() == 2 * kLines);
    for (unsigned at = 0; at < kLines; ++at) {
      const auto line = static_cast<unsigned>(text[2 * at] - 'a');
      ++positions[line * kLines + at];
      if (at != 0) ++neighbours[static_cast<unsigned>(text[2 * at - 2] - 'a') * kLines + line];
    }
  }
  // 121 degrees of freedom: mean 121, standard deviation 15.6; 184 is exceeded once in 5,000 tables, and so is 71 from
  // below.
  const double position = chi_square(positions, double{kSeeds} / kLines);
  CHECK(position < 184);
  CHECK(position > 71);
  // Which line follows which: 132 pairs, about as many degrees of freedom.
  for (unsigned i = 0; i < kLines; ++i) CHECK(neighbours[i * kLines + i] == 0);
  std::vector<unsigned> pairs;
  for (unsigned i = 0; i < kLines * kLines; ++i) {
    if (i / kLines != i % kLines) pairs.push_back(neighbours[i]);
  }
  const double pair = chi_square(pairs, double{kSeeds} * (kLines - 1) / (kLines * (kLines - 1)));
  CHECK(pair < 197);
  CHECK(pair > 78);
}

TEST_CASE("LineShuffle: positions of many lines are uniform", "[dataset]") {
  // Where each of ten parts of the lines goes: 81 degrees of freedom, 134 is exceeded once in 5,000 tables.
  constexpr std::size_t kLines = 100'000;
  for (const std::uint64_t seed : {0U, 1U, 2U, 1000U}) {
    Lines lines;
    for (std::size_t i = 0; i < kLines; ++i) lines.push_back(std::to_string(i));
    Shuffled shuffled;
    shuffled.options.seed = seed;
    const std::string text = shuffled.of_lines(lines);
    std::vector<unsigned> counts(100);
    std::size_t at = 0;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      const std::size_t line = std::stoul(text.substr(begin, 6));
      ++counts[line / (kLines / 10) * 10 + at++ / (kLines / 10)];
    }
    CHECK(at == kLines);
    const double square = chi_square(counts, kLines / 100.0);
    CHECK(square < 134);
    CHECK(square > 42);
  }
}
