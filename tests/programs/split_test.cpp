// The split, and the promise that the number of workers changes nothing.
#include <aria/support/random.hpp>

#include "workplace.hpp"

using test::lines_of;
using test::mentions;
using test::Workplace;

TEST_CASE("midi-dataset --split: every line goes to one part, in order, and the full file stays") {
  const Workplace place;
  place.add_music(60);
  place.add("a duplicate.mid", test::music(17));
  const auto split = [&](const std::string& name, const std::vector<std::string>& options) {
    std::vector<std::string> words = {"midi-dataset", "DIR", name};
    words.insert(words.end(), options.begin(), options.end());
    const test::ProgramRun run = place.aria(words);
    CAPTURE(run.complaints);
    REQUIRE(run.status == 0);
    return run.output;
  };
  REQUIRE(place.aria({"midi-dataset", "DIR", "unsplit.jsonl"}).status == 0);
  const std::string full = place.text("unsplit.jsonl");
  REQUIRE(lines_of(full).size() == 60);

  struct Case {
    std::vector<std::string> options;
    double ratio;
    std::uint64_t seed;
  };
  unsigned number = 0;
  std::map<std::string, unsigned> first_with;
  for (const Case& how : {Case{{"--split", "0.5"}, 0.5, 0}, Case{{"--split", "0.5", "--seed", "7"}, 0.5, 7},
                          Case{{"--split", "0.9", "--seed", "18446744073709551615"}, 0.9, ~std::uint64_t{0}}}) {
    const std::string stem = "s" + std::to_string(number++);
    const std::string summary = split(stem + ".jsonl", how.options);
    std::string train, validation;
    std::uint64_t i = 0;
    for (const std::string& line : lines_of(full)) {
      (aria::uniform(how.seed, i++) <= how.ratio ? train : validation) += line + '\n';
    }
    CAPTURE(how.options);
    CHECK(place.text(stem + ".jsonl") == full);
    CHECK(place.text(stem + "_train.jsonl") == train);
    CHECK(place.text(stem + "_val.jsonl") == validation);
    CHECK(mentions(summary, std::to_string(lines_of(train).size()) + " went to train"));
    CHECK(first_with.emplace(train, number).second);  // another seed, another split
    CHECK_FALSE((train.empty() || validation.empty()));
  }
}

TEST_CASE("midi-dataset --split: names of the parts") {
  const Workplace place;
  place.add_music(2);
  std::filesystem::create_directory(place / "a.b");
  REQUIRE(place.aria({"midi-dataset", "--split", "0.5", "DIR", "a.b/no_extension"}).status == 0);
  REQUIRE(place.aria({"midi-dataset", "--split", "0.5", "DIR", "a.b/x.tar.jsonl"}).status == 0);
  for (const char* name : {"no_extension", "no_extension_train", "no_extension_val", "x.tar.jsonl", "x.tar_train.jsonl",
                           "x.tar_val.jsonl"}) {
    CAPTURE(name);
    CHECK(place.has(std::string("a.b/") + name));
  }
}

TEST_CASE("midi-dataset: the same bytes for any number of workers") {
  const Workplace place;
  for (unsigned i = 0; i < 150; ++i) {
    const std::string name = "f" + std::to_string(i % 10) + "/" + std::to_string(i) + ".mid";
    if (i % 11 == 0) {
      place.add(name, test::music(i).substr(0, 20 + i));
    } else if (i % 13 == 0) {
      place.add(name, test::music(i, 3));
    } else {
      place.add(name, test::music(i / 2, 60 + 40 * (i / 2 % 7)));
    }
  }
  std::map<std::string, std::string> first;
  for (const std::string workers : {"1", "2", "7"}) {
    const test::ProgramRun run = place.aria({"midi-dataset", "-r", "--overwrite", "--split", "0.7", "--report", "r.tsv",
                                             "--workers", workers, "DIR", "out.jsonl"});
    CAPTURE(workers, run.complaints);
    REQUIRE(run.status == 0);
    std::map<std::string, std::string> outputs = {{"summary", run.output}};
    for (const std::string& name : place.outputs()) outputs[name] = place.text(name);
    REQUIRE(outputs.size() == 5);
    if (first.empty()) {
      first = outputs;
      for (const char* outcome :
           {"\tkept\t", "\tload_error\t", "\tfailed_tests\t", "\tduplicate\tsame music as line "}) {
        CHECK(mentions(outputs["r.tsv"], outcome));
      }
    }
    CHECK(outputs == first);
  }
}
