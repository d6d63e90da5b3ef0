// The Lakh recipe as a whole: MIDI files -> compound events -> training sequences, in steps and at once.
#include <aria/dataset/lakh.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/anticipation/interarrival_grammar.hpp>
#include <aria/dataset/lakh_layout.hpp>
#include <aria/dataset/lakh_splits.hpp>
#include <aria/dataset/midi_preprocess.hpp>
#include <aria/dataset/tokenize_lakh.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/lakh_trees.hpp"
#include "support/slow_lakh.hpp"

namespace {

namespace fs = std::filesystem;
using aria::LakhEncoding;
using aria::LakhOptions;
using aria::Outcome;
using aria::Reading;
using test::LakhFiles;

const std::vector<LakhOptions> kWays = [] {
  std::vector<LakhOptions> ways;
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    for (const std::uint32_t copies : {1U, 10U, 20U}) {
      ways.push_back({.reading = reading, .augment = copies, .seed = 7 + copies});
    }
    ways.push_back({.reading = reading, .encoding = LakhEncoding::interarrival});
  }
  return ways;
}();

std::string text_of(const LakhOptions& options) {
  return std::string(options.reading == Reading::reference ? "reference" : "standard") +
         (options.encoding == LakhEncoding::arrival ? " arrival k " : " interarrival k ") +
         std::to_string(options.augment) + ", " + std::to_string(options.workers) + " workers";
}

// The files of every split as the recipe takes them.
std::map<char, std::vector<std::pair<std::string, std::string>>> by_split(const LakhFiles& files) {
  std::map<std::string, std::pair<std::string, std::string>> in_order;
  for (const auto& file : files) in_order[file.first + ".compound.txt"] = file;
  std::map<char, std::vector<std::pair<std::string, std::string>>> splits;
  for (const auto& [name, file] : in_order) splits[name.front()].push_back(file);
  return splits;
}

struct Sequences {
  LakhFiles files;  // "tokenized-events-0.txt" and so on
  aria::LakhCounts counts;
};

Sequences slow_sequences(const LakhFiles& files, const LakhOptions& options) {
  Sequences all;
  auto splits = by_split(files);
  for (const char split : aria::kLakhSplits) {
    const bool plain = split == 'e' || split == 'f';
    test::SlowSplit slow = test::slow_lakh_split(splits[split], options, plain ? 1 : options.augment);
    all.files[aria::tokenized_events_name(split)] = std::move(slow.lines);
    all.counts += slow.counts;
  }
  return all;
}

std::vector<aria::TokenId> tokens_of(const std::string& line) {
  std::istringstream text(line);
  std::vector<aria::TokenId> tokens;
  for (aria::TokenId token = 0; text >> token;) tokens.push_back(token);
  return tokens;
}

// Path -> outcome and reason.
using Rows = std::vector<std::pair<std::string, std::string>>;
auto into(Rows& rows) {
  return [&rows](const aria::FileOutcome& row) {
    rows.emplace_back(row.path, std::string(name_of(row.outcome)) + ": " + std::string(row.reason));
  };
}

// What changes whenever a file is written anew.
std::pair<ino_t, aria::FileStamp> identity(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return {status.st_ino, aria::FileStamp::of(status)};
}

// The outputs of tokenize_lakh that a second run wrote anew, as split names.
class Watch {
 public:
  explicit Watch(const fs::path& folder) : folder_(folder) {
    for (const char split : aria::kLakhSplits) before_.push_back(of(split));
  }
  std::string changed() const {
    std::string splits;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (of(aria::kLakhSplits[i]) != before_[i]) splits += aria::kLakhSplits[i];
    }
    return splits;
  }

 private:
  std::pair<ino_t, aria::FileStamp> of(char split) const {
    return identity(folder_ / aria::tokenized_events_name(split));
  }
  fs::path folder_;
  std::vector<std::pair<ino_t, aria::FileStamp>> before_;
};

void touch(const fs::path& path) { fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1)); }

}  // namespace

TEST_CASE("the Lakh recipe: its steps write what the original's loops do, and one run the same", "[dataset][lakh]") {
  const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2});
  const LakhFiles files = test::lakh_files(seed);
  for (const Reading reading : {Reading::standard, Reading::reference}) {
    const test::TemporaryFolder folder;
    test::write_files(files, folder / "tree");
    const std::string tree = (folder / "tree").string(), all = (folder / "all").string();
    const auto preprocessed = aria::preprocess_midi(tree, {.reading = reading, .workers = 2});
    CHECK(preprocessed.found == files.size());
    for (LakhOptions options : kWays) {
      if (options.reading != reading) continue;
      const Sequences expected = slow_sequences(files, options);
      REQUIRE(expected.counts.sequences > 10);
      for (const unsigned workers : {1U, 2U, 4U}) {
        options.workers = workers;
        INFO(text_of(options));
        const auto steps = aria::tokenize_lakh(tree, options);
        aria::LakhCounts counts = expected.counts;
        CHECK(preprocessed.load_errors == std::exchange(counts.load_errors, 0));
        CHECK(steps.total() == counts);
        CHECK(steps.missing == "12456789ac");
        CHECK((test::files_directly_in(tree) == expected.files));
        for (const char split : aria::kLakhSplits) fs::remove(folder / "tree" / aria::tokenized_events_name(split));

        aria::LakhRunOptions run{.lakh = options};
        run.if_exists = aria::IfExists::replace;
        run.shuffle_memory = aria::kSmallestShuffleMemory;
        const auto summary = aria::run_lakh(tree, all, run);
        CHECK(summary.total() == expected.counts);
        CHECK(summary.missing == "12456789ac");
        test::write_files(expected.files, folder / "expected");
        aria::split_lakh((folder / "expected").string(), (folder / "splits").string(),
                         {.seed = options.seed, .if_exists = aria::IfExists::replace});
        CHECK((test::files_directly_in(all) == test::files_directly_in(folder / "splits")));
      }
    }
  }
}

TEST_CASE("the Lakh recipe: all counts are reached, and sequences follow the grammar", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  const std::string tree = (folder / "tree").string();
  test::write_files(test::lakh_files(3), tree);
  for (const LakhOptions& options : kWays) {
    if (options.augment == 20) continue;
    INFO(text_of(options));
    aria::preprocess_midi(tree, {.reading = options.reading});
    const auto counts = aria::tokenize_lakh(tree, options).total();
    CHECK(counts.too_short > 0);
    CHECK(counts.too_long > 0);
    CHECK(counts.too_many_instruments > 0);
    CHECK(counts.cut > 0);
    if (options.encoding == LakhEncoding::arrival) {
      CHECK(counts.rests > 0);
      CHECK(counts.left_out > 0);
    }
    aria::anticipation::ArrivalRules rules;
    rules.flag_tells = options.reading == Reading::standard;
    std::set<aria::TokenId> flags;
    std::uint64_t sequences = 0;
    for (const auto& [name, text] : test::files_directly_in(tree)) {
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line); ++sequences) {
        const auto tokens = tokens_of(line);
        flags.insert(tokens.front());
        const auto violation = options.encoding == LakhEncoding::arrival
                                   ? check_arrival_sequence(tokens, rules)
                                   : aria::anticipation::check_interarrival_sequence(tokens);
        if (violation) FAIL(name << ", " << violation->index << ": " << violation->reason);
      }
    }
    CHECK(sequences == counts.sequences);
    if (options.encoding == LakhEncoding::arrival) CHECK(flags.size() == (options.augment == 1 ? 1 : 2));
  }
}

TEST_CASE("the Lakh recipe: other settings mean the same in steps and at once", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  const std::string tree = (folder / "tree").string(), out = (folder / "out").string();
  test::write_files(test::lakh_files(11), tree);
  LakhOptions options{.augment = 10};
  options.settings.time_resolution = 50;
  options.settings.context_size = 301;
  options.settings.delta_seconds = 3;
  aria::preprocess_midi(tree);
  CHECK(aria::preprocess_midi(tree, {.settings = options.settings}).done_already == 0);
  aria::tokenize_lakh(tree, options);
  aria::split_lakh(tree, (folder / "splits").string());
  aria::run_lakh(tree, out, {.lakh = options});
  CHECK((test::files_directly_in(out) == test::files_directly_in(folder / "splits")));
  const aria::anticipation::ArrivalRules rules(options.settings);
  std::istringstream lines(test::read_text(folder / "out/valid.txt"));
  unsigned count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK_FALSE(check_arrival_sequence(tokens_of(line), rules));
  CHECK(count > 3);
}

TEST_CASE("the Lakh recipe: what is drawn for a file depends on its path and the seed alone", "[dataset][lakh]") {
  LakhFiles files = test::lakh_files(4);
  const auto run = [](const LakhFiles& tree, const LakhOptions& options) {
    const test::TemporaryFolder folder;
    test::write_files(tree, folder.path());
    aria::preprocess_midi(folder.path().string());
    aria::tokenize_lakh(folder.path().string(), options);
    return test::files_directly_in(folder.path());
  };
  const auto ten = run(files, {.augment = 10}), other_seed = run(files, {.augment = 10, .seed = 1});
  CHECK(ten.at("tokenized-events-0.txt") != other_seed.at("tokenized-events-0.txt"));
  CHECK(ten.at("tokenized-events-e.txt") == other_seed.at("tokenized-events-e.txt"));
  CHECK((run(files, {}) == run(files, {.seed = 1})));

  LakhFiles more = files;
  more["0/zz.mid"] = files.at("0/e.mid");
  more["1/x.mid"] = files.at("0/e.mid");
  auto with_more = run(more, {.augment = 10});
  CHECK(with_more.at("tokenized-events-0.txt").starts_with(ten.at("tokenized-events-0.txt")));
  CHECK(with_more.at("tokenized-events-0.txt") != ten.at("tokenized-events-0.txt"));
  CHECK_FALSE(with_more.at("tokenized-events-1.txt").empty());
  with_more["tokenized-events-0.txt"] = ten.at("tokenized-events-0.txt");
  with_more["tokenized-events-1.txt"].clear();
  CHECK((with_more == ten));
}

TEST_CASE("run_lakh by hash takes any tree as lakh-layout and the steps do", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  LakhFiles files;
  for (const auto& [name, bytes] : test::lakh_files(5)) files["music/" + name + (name < "3" ? ".MID" : ".mid")] = bytes;
  for (unsigned i = 0; i < 30; ++i) {
    files["more/" + std::to_string(i) + ".kar"] = test::lakh_piece(100 + i, {.notes = 350, .instruments = 2});
  }
  files["again.mid"] = files.begin()->second;  // "more/0.kar"
  const fs::path any = folder / "any";
  test::write_files(files, any);
  fs::create_symlink("nowhere", any / "lost.mid");
  fs::create_directory(any / "folder.mid");
  aria::lay_out_lakh(any.string(), (folder / "tree").string());
  for (const LakhOptions& options : kWays) {
    if (options.reading == Reading::reference || options.augment == 20) continue;
    INFO(text_of(options));
    const std::string tree = (folder / "tree").string(), out = (folder / "out").string();
    aria::preprocess_midi(tree);
    aria::tokenize_lakh(tree, options);
    aria::split_lakh(tree, (folder / "splits").string(), {.seed = options.seed, .if_exists = aria::IfExists::replace});
    Rows rows;
    aria::LakhRunOptions run{.lakh = options, .by_hash = true, .if_exists = aria::IfExists::replace};
    run.lakh.on_outcome = into(rows);
    aria::LakhPlan plan;
    run.on_plan = [&](const aria::LakhPlan& it) { plan = it; };
    const auto summary = aria::run_lakh(any.string(), out, run);
    CHECK((test::files_directly_in(out) == test::files_directly_in(folder / "splits")));
    CHECK(plan.files == files.size() + 1);
    CHECK(summary.equal_files == 2);  // again.mid, and e/b.mid has the contents of 0/b.mid

    REQUIRE(rows.size() == files.size() + 1);
    CHECK(std::is_sorted(rows.begin(), rows.end()));
    const std::map<std::string, std::string> of(rows.begin(), rows.end());
    CHECK(of.at("more/0.kar") == "duplicate: same contents as again.mid");
    CHECK(of.at("again.mid") == "kept: ");
    CHECK(of.at("lost.mid").starts_with("load_error: cannot open"));
    CHECK(of.at("music/3/few.mid.mid") == "failed_tests: too short");
    std::uint64_t load_errors = 0;
    for (const auto& [path, what] : rows) load_errors += what.starts_with("load_error") ? 1 : 0;
    CHECK(summary.total().load_errors == load_errors);
  }
}

TEST_CASE("midi-preprocess: a rerun does what has changed", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  const LakhFiles files = test::lakh_files(6);
  test::write_files(files, folder.path());
  const std::string tree = folder.path().string();
  const auto run = [&](Reading reading = Reading::standard) {
    return aria::preprocess_midi(tree, {.reading = reading});
  };
  const auto first = run();
  CHECK(first.found == files.size());
  CHECK(first.load_errors == 3);
  CHECK(first.truncated == 1);
  CHECK(first.done_already == 0);
  std::map<std::string, std::pair<ino_t, aria::FileStamp>> outputs;
  for (const auto& [name, bytes] : files) {
    const fs::path output = folder / (name + ".compound.txt");
    CHECK(fs::exists(output) == (bytes.size() > 40));
    if (fs::exists(output)) outputs[name] = identity(output);
  }
  REQUIRE(outputs.size() == first.kept);
  const auto changed = [&] {
    std::vector<std::string> names;
    for (auto& [name, before] : outputs) {
      const auto now = identity(folder / (name + ".compound.txt"));
      if (std::exchange(before, now) != now) names.push_back(name);
    }
    return names;
  };
  using Names = std::vector<std::string>;

  const auto again = run();
  CHECK(again.done_already == files.size());
  CHECK((again.found == first.found && again.kept == first.kept && again.load_errors == first.load_errors &&
         again.truncated == first.truncated));
  CHECK(changed().empty());
  CHECK(run(Reading::reference).done_already == 0);  // other options
  for (auto it = outputs.begin(); it != outputs.end();) {
    it = fs::exists(folder / (it->first + ".compound.txt")) ? std::next(it) : outputs.erase(it);
  }
  CHECK(changed().size() == outputs.size());
  CHECK(outputs.contains("f/cut.mid") == false);  // which the reference does not read
  run();
  changed();

  SECTION("a file that was touched, another with other contents") {
    touch(folder / "0/b.mid");
    test::write_text(folder / "d/a.mid", test::lakh_piece(1, {}));
    CHECK(run().done_already == files.size() - 2);
    CHECK(changed() == Names{"0/b.mid", "d/a.mid"});
  }
  SECTION("an output that is gone, one that was changed") {
    const std::string name = "0/b.mid.compound.txt", other = "e/a.mid.compound.txt";
    const std::string before = test::read_text(folder / name), other_before = test::read_text(folder / other);
    fs::remove(folder / name);
    test::write_text(folder / other, "1 2 3");
    CHECK(run().done_already == files.size() - 2);
    CHECK(test::read_text(folder / name) == before);
    CHECK(test::read_text(folder / other) == other_before);
  }
  SECTION("a file that breaks loses its output, and gets it again") {
    test::write_text(folder / "0/b.mid", "MThd");
    const auto broken = run();
    CHECK(broken.load_errors == 4);
    CHECK(broken.done_already == files.size() - 1);
    CHECK_FALSE(fs::exists(folder / "0/b.mid.compound.txt"));
    CHECK(run().done_already == files.size());
    test::write_text(folder / "0/b.mid", files.at("0/b.mid"));
    CHECK(run().done_already == files.size() - 1);
    CHECK(fs::exists(folder / "0/b.mid.compound.txt"));
  }
  SECTION("a link that leads nowhere any more") {
    fs::rename(folder / "0/b.mid", folder / "moved");
    fs::create_symlink("../moved", folder / "0/b.mid");
    CHECK(run().kept == first.kept);
    fs::rename(folder / "moved", folder / "gone");
    CHECK(run().load_errors == 4);
    CHECK_FALSE(fs::exists(folder / "0/b.mid.compound.txt"));
    fs::rename(folder / "gone", folder / "moved");
    CHECK(run().kept == first.kept);
    CHECK(fs::exists(folder / "0/b.mid.compound.txt"));
  }
  SECTION("a journal that is damaged, or gone") {
    const std::string state = test::read_text(folder / ".aria-state");
    for (const std::string& text : {std::string("what?\n"), state.substr(0, state.size() / 2), std::string()}) {
      test::write_text(folder / ".aria-state", text);
      CHECK(run().kept == first.kept);
      CHECK(run().done_already == files.size());
    }
    fs::remove(folder / ".aria-state");
    CHECK(run().kept == first.kept);
  }
}

TEST_CASE("tokenize-lakh: a rerun does the splits that have changed", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  LakhFiles files = test::lakh_files(7);
  test::write_files(files, folder.path());
  const std::string tree = folder.path().string();
  const std::string all(aria::kLakhSplits);
  LakhOptions options{.augment = 10};
  aria::preprocess_midi(tree);
  const auto first = aria::tokenize_lakh(tree, options);
  CHECK(first.done_already.empty());
  const LakhFiles outputs = test::files_directly_in(folder.path());
  const Watch watch(folder.path());
  const auto again = aria::tokenize_lakh(tree, options);
  CHECK(again.done_already == all);
  CHECK(again.splits == first.splits);
  CHECK(watch.changed().empty());

  SECTION("a file that was touched") {
    touch(folder / "0/b.mid");
    aria::preprocess_midi(tree);
    CHECK(aria::tokenize_lakh(tree, options).done_already == "123456789abcdef");
    CHECK(watch.changed() == "0");
    CHECK((test::files_directly_in(folder.path()) == outputs));
  }
  SECTION("a file that broke, one that is new") {
    test::write_text(folder / "0/b.mid", files["0/b.mid"] = "no");
    test::write_text(folder / "a/new.mid", files["a/new.mid"] = files["d/a.mid"]);
    aria::preprocess_midi(tree);
    CHECK(aria::tokenize_lakh(tree, options).done_already == "123456789bcdef");
    CHECK(watch.changed() == "0a");
    CHECK((test::files_directly_in(folder.path()) == slow_sequences(files, options).files));
  }
  SECTION("outputs that are gone or changed") {
    fs::remove(folder / "tokenized-events-0.txt");
    test::write_text(folder / "tokenized-events-d.txt", "x");
    const auto rerun = aria::tokenize_lakh(tree, options);
    CHECK(rerun.done_already == "123456789abcef");
    CHECK(rerun.splits == first.splits);
    CHECK((test::files_directly_in(folder.path()) == outputs));
  }
  SECTION("other options, one by one") {
    const auto changes = GENERATE(0, 1, 2, 3);
    if (changes == 0) options.augment = 20;
    if (changes == 1) options.seed = 1;
    if (changes == 2) options.reading = Reading::reference;
    if (changes == 3) options = {.encoding = LakhEncoding::interarrival};
    CHECK(aria::tokenize_lakh(tree, options).done_already.empty());
    CHECK(watch.changed() == all);
    CHECK(aria::tokenize_lakh(tree, options).done_already == all);
  }
  SECTION("other settings") {
    options.settings.delta_seconds = 4;
    CHECK(aria::tokenize_lakh(tree, options).done_already.empty());
    CHECK(aria::tokenize_lakh(tree, options).done_already == all);
    CHECK_FALSE((test::files_directly_in(folder.path()) == outputs));
  }
  SECTION("other numbers of workers are no other options") {
    options.workers = 3;
    CHECK(aria::tokenize_lakh(tree, options).done_already == all);
  }
  SECTION("outcomes are wanted") {
    Rows rows;
    options.on_outcome = into(rows);
    const auto rerun = aria::tokenize_lakh(tree, options);
    CHECK(rerun.splits == first.splits);
    CHECK(rows.size() == files.size() - 3);
    CHECK(std::is_sorted(rows.begin(), rows.end()));
    CHECK(rows.front() == std::pair<std::string, std::string>("0/a.mid-2.mid.compound.txt", "kept: "));
  }
  SECTION("a journal that is damaged") {
    const std::string state = test::read_text(folder / ".aria-state");
    test::write_text(folder / ".aria-state",
                     state.substr(0, state.size() - 20) + "\xff\n" + state.substr(state.size() / 2));
    CHECK(aria::tokenize_lakh(tree, options).splits == first.splits);
    CHECK((test::files_directly_in(folder.path()) == outputs));
  }
  SECTION("the MIDI file counts where it is read") {
    options = {.encoding = LakhEncoding::interarrival};
    aria::tokenize_lakh(tree, options);
    const Watch now(folder.path());
    test::write_text(folder / "e/a.mid", files["e/a.mid"] = test::lakh_piece(9, {.notes = 2000}));
    CHECK(aria::tokenize_lakh(tree, options).done_already == "0123456789abcdf");
    CHECK(now.changed() == "e");
  }
}

TEST_CASE("tokenize-lakh: compound events that are bad are left out, and named", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  const LakhFiles files = test::lakh_files(8);
  test::write_files(files, folder / "good");
  test::write_files(files, folder / "bad");
  const std::string good = (folder / "good").string(), bad = (folder / "bad").string();
  aria::preprocess_midi(good);
  aria::preprocess_midi(bad);
  const auto spoil = [&](const std::string& name, const std::string& text) {
    test::write_text(folder / "bad/0" / (name + ".compound.txt"), text);
  };
  const std::string text = test::read_text(folder / "bad/0/b.mid.compound.txt");
  spoil("a.aa.mid", text + " 1");
  spoil("a.ab.mid", "1 2 3 4 5\n1 two 3 4 5");
  spoil("a.ac.mid", "1 2 128 4 5");
  spoil("a.ad.mid", "");
  spoil("a.ae.mid", "  \n\t ");
  spoil("a.af.mid", text.substr(0, text.find(' ')) + " \xff " + text);
  fs::create_directory(folder / "bad/0/folder.mid.compound.txt");
  fs::create_symlink("nowhere", folder / "bad/0/lost.mid.compound.txt");
  Rows rows;
  const auto counts = aria::tokenize_lakh(bad, {.augment = 10, .on_outcome = into(rows)}).total();
  const auto expected = aria::tokenize_lakh(good, {.augment = 10}).total();
  const std::map<std::string, std::string> of(rows.begin(), rows.end());
  const auto outcome = [&](const std::string& name) { return of.at("0/" + name + ".compound.txt"); };
  CHECK(outcome("a.aa.mid") == "load_error: line 1, byte " + std::to_string(text.size() + 2) +
                                   ": the count of numbers is no multiple of five: the last note has 1");
  CHECK(outcome("a.ab.mid") == "load_error: line 2, byte 12: \"two\" is not a decimal number");
  CHECK(outcome("a.ac.mid") == "load_error: line 1, byte 4: \"128\" lies outside of 0 to 127");
  CHECK(outcome("a.ad.mid") == "failed_tests: too short");
  CHECK(outcome("a.ae.mid") == "failed_tests: too short");
  CHECK(outcome("a.af.mid").starts_with("load_error: line 1, byte "));
  CHECK(outcome("lost.mid").starts_with("load_error: cannot open"));
  CHECK_FALSE(of.contains("0/folder.mid.compound.txt"));
  CHECK(counts.load_errors == 5);
  CHECK(counts.too_short == expected.too_short + 2);
  CHECK(counts.sequences == expected.sequences);
  CHECK((test::files_directly_in(bad) == test::files_directly_in(good)));
}

TEST_CASE("tokenize-lakh sorts compound events, and needs the MIDI file for interarrival times", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  LakhFiles files = {{"0/a.mid", test::lakh_piece(1, {.notes = 900})},
                     {"e/a.mid", test::lakh_piece(2, {.notes = 900})}};
  test::write_files(files, folder.path());
  const std::string tree = folder.path().string();
  aria::preprocess_midi(tree);
  // Chords of nine, and the same in the reverse order of their times.
  const fs::path compound = folder / "0/a.mid.compound.txt";
  std::vector<aria::anticipation::CompoundEvent> notes, reversed;
  aria::anticipation::read_compound_text(test::read_text(compound), notes);
  REQUIRE(notes.size() == 900);
  for (std::size_t i = 0; i < notes.size(); ++i) notes[i].time = {static_cast<std::int64_t>(i / 9 * 40)};
  for (std::size_t i = 900; i != 0; i -= 9) {
    reversed.insert(reversed.end(), notes.begin() + static_cast<std::ptrdiff_t>(i - 9),
                    notes.begin() + static_cast<std::ptrdiff_t>(i));
  }
  const auto write = [&](const auto& events) {
    aria::ByteBuffer text;
    write_compound_text(events, text);
    test::write_text(compound, text.view());
  };
  write(notes);
  aria::tokenize_lakh(tree);
  const LakhFiles sequences = test::files_directly_in(folder.path());
  REQUIRE(sequences.at("tokenized-events-0.txt").size() > 1000);
  write(reversed);
  CHECK(aria::tokenize_lakh(tree).done_already == "123456789abcdef");
  CHECK((test::files_directly_in(folder.path()) == sequences));

  const LakhOptions options{.encoding = LakhEncoding::interarrival};
  CHECK(aria::tokenize_lakh(tree, options).total().pieces == 2);
  fs::remove(folder / "0/a.mid");
  Rows rows;
  LakhOptions with_rows = options;
  with_rows.on_outcome = into(rows);
  const auto counts = aria::tokenize_lakh(tree, with_rows).total();
  CHECK(counts.load_errors == 1);
  CHECK(counts.pieces == 1);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].second.starts_with("load_error: cannot open"));
  CHECK(rows[1].second == "kept: ");
  CHECK(test::read_text(folder / "tokenized-events-0.txt").empty());
}

TEST_CASE("the Lakh recipe: files that cannot be read are named", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  test::write_files(test::lakh_files(9), folder / "tree");
  const std::string tree = (folder / "tree").string();
  fs::create_symlink("nowhere", folder / "tree/0/lost.mid");
  fs::create_directory(folder / "tree/0/folder.mid");
  Rows preprocess, run;
  const auto preprocessed = aria::preprocess_midi(tree, {.on_outcome = into(preprocess)});
  const auto summary = aria::run_lakh(tree, (folder / "out").string(), {.lakh = {.on_outcome = into(run)}});
  CHECK(preprocessed.load_errors == 4);
  CHECK(summary.total().load_errors == 4);
  CHECK(preprocess.size() == run.size());
  std::sort(run.begin(), run.end());
  const std::map<std::string, std::string> first(preprocess.begin(), preprocess.end()), second(run.begin(), run.end());
  for (const auto& [path, what] : first) {
    INFO(path);
    REQUIRE(second.contains(path));
    if (what.starts_with("load_error") || path == "f/cut.mid") CHECK(second.at(path) == what);
  }
  CHECK(first.at("0/lost.mid").starts_with("load_error: cannot open"));
  CHECK(first.at("f/cut.mid").starts_with("kept: truncated at byte "));
  CHECK(first.at("3/few.mid") == "kept: ");
  CHECK(second.at("3/few.mid") == "failed_tests: too short");
}

TEST_CASE("run_lakh leaves outputs that are there", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  test::write_files({{"tree/0/a.mid", test::lakh_piece(1, {.notes = 200})}}, folder.path());
  const std::string tree = (folder / "tree").string(), out = (folder / "out").string();
  CHECK(test::error_of([&] { aria::run_lakh(tree, out); }).code() == aria::ErrorCode::empty_result);
  CHECK(test::files_directly_in(out).empty());
  for (const std::string name : {"train.txt", "valid.txt", "test.txt"}) {
    test::write_text(folder / "out" / name, "old");
    bool planned = false;
    aria::LakhRunOptions options{.by_hash = true};
    options.on_plan = [&](const aria::LakhPlan&) { planned = true; };
    options.on_hash_progress = [&](const aria::Progress&) { planned = true; };
    CHECK(test::error_of([&] { aria::run_lakh(tree, out, options); }).code() == aria::ErrorCode::already_exists);
    CHECK_FALSE(planned);  // before the files are read
    CHECK((test::files_directly_in(out) == LakhFiles{{name, "old"}}));
    fs::remove(folder / "out" / name);
  }
}

TEST_CASE("the Lakh recipe: options and folders that are wrong", "[dataset][lakh]") {
  const test::TemporaryFolder folder;
  test::write_files(test::lakh_files(10), folder / "tree");
  const std::string tree = (folder / "tree").string(), out = (folder / "out").string();
  aria::preprocess_midi(tree);
  const auto errors = [&](const std::string& dir, const LakhOptions& options) {
    return std::vector{test::error_of([&] { aria::tokenize_lakh(dir, options); }),
                       test::error_of([&] { aria::run_lakh(dir, out, {.lakh = options}); })};
  };
  for (const std::uint32_t copies : {0U, 2U, 3U, 15U, 1010U}) {
    for (const auto& error : errors(tree, {.augment = copies})) {
      CHECK(error.code() == aria::ErrorCode::invalid_argument);
      CHECK(std::string(error.what()).find("is " + std::to_string(copies)) != std::string::npos);
    }
  }
  for (const auto& error : errors(tree, {.encoding = LakhEncoding::interarrival, .augment = 10})) {
    CHECK(error.code() == aria::ErrorCode::invalid_argument);
  }
  for (const int what : {0, 1, 2}) {
    LakhOptions options;
    if (what == 0) options.settings.max_time_seconds = 10'000;  // ids of seven digits
    if (what == 1) options.settings.context_size = 3;
    if (what == 2) options.settings.max_piece_seconds = 100'000'000;  // times that are no ids
    for (const auto& error : errors(tree, options)) CHECK(error.code() == aria::ErrorCode::invalid_argument);
  }
  fs::create_directory(folder / "flat");
  test::write_text(folder / "flat/a.mid", "");
  test::write_text(folder / "flat/a.mid.compound.txt", "");
  for (const auto& error : errors((folder / "flat").string(), {})) {
    CHECK(error.code() == aria::ErrorCode::not_found);
    CHECK(std::string(error.what()).find("`aria lakh-layout`") != std::string::npos);
  }
  for (const auto& error : errors((folder / "absent").string(), {})) CHECK(error.code() == aria::ErrorCode::not_found);
  for (const bool by_hash : {false, true}) {
    const auto error = test::error_of([&] { aria::run_lakh((folder / "absent").string(), out, {.by_hash = by_hash}); });
    CHECK(error.code() == aria::ErrorCode::not_found);
  }
  CHECK(test::error_of([&] { aria::preprocess_midi((folder / "absent").string()); }).code() ==
        aria::ErrorCode::not_found);
  fs::create_directory(folder / "empty");
  CHECK(test::error_of([&] { aria::preprocess_midi((folder / "empty").string()); }).code() ==
        aria::ErrorCode::empty_result);
  CHECK(test::error_of([&] { aria::run_lakh((folder / "empty").string(), out, {.by_hash = true}); }).code() ==
        aria::ErrorCode::empty_result);
  CHECK_FALSE(fs::exists(out));  // nothing is left of all these
}
