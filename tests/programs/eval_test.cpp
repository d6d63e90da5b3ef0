// aria-eval says how well models know a file: its table, its drawing, and what it refuses.
#include <cmath>
#include <cstdlib>
#include <optional>

#include "gpt2_workplace.hpp"
#include "support/xml.hpp"

using test::cells_of, test::check_done, test::check_failed, test::gpt2_json, test::Gpt2Workplace, test::gpt2_run,
    test::lines_of, test::mentions, test::ProgramRun, test::Words;

namespace {

const std::string kHeader = "step,loss,bpe,event_ppl,onset_ppl,dur_ppl,note_ppl\r\n";

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

double number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  CHECK(end == text.c_str() + text.size());
  return value;
}

// The same table but for the last digits of its numbers.
void check_like(const std::string& found, const std::string& wanted) {
  CAPTURE(found, wanted);
  const auto rows = cells_of(found), others = cells_of(wanted);
  REQUIRE(rows.size() == others.size());
  CHECK(rows[0] == others[0]);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == others[i].size());
    CHECK(rows[i][0] == others[i][0]);
    for (std::size_t j = 1; j < rows[i].size(); ++j)
      CHECK(number(rows[i][j]) == Approx(number(others[i][j])).epsilon(1e-4));
  }
  // Line ends, too.
  CHECK(std::count(found.begin(), found.end(), '\r') == static_cast<std::ptrdiff_t>(rows.size()));
  CHECK(found.ends_with("\r\n"));
}

// Seconds of music in every so many-th line of a file of the arrival-time encoding: from the first event of each piece
// to its last one.
double seconds_in(const std::string& text, std::size_t every = 1) {
  double seconds = 0;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); i += every) {
    std::istringstream stream(lines[i]);
    unsigned flag = 0, time = 0, duration = 0, note = 0;
    stream >> flag;
    std::optional<std::pair<unsigned, unsigned>> piece;
    while (stream >> time >> duration >> note) {
      if (time == test::kSeparator && piece) {
        seconds += 0.01 * (piece->second - piece->first);
        piece.reset();
      }
      if (time >= test::kDurations) continue;  // a separator or a control
      if (!piece) piece.emplace(time, time);
      piece->second = std::max(piece->second, time);
    }
    if (piece) seconds += 0.01 * (piece->second - piece->first);
  }
  return seconds;
}

// A project with checkpoints behind the steps 3, 7, 8 and 10, and lines to be evaluated.
struct Evaluation : Gpt2Workplace {
  Evaluation() {
    check_done(train(gpt2_run("run", {"--steps", "10", "--spc", "2", "--validate-every", "0"})));
    remove("run/checkpoints/epoch1_step4");
    add_lines("test.txt", 7, 400);
  }

  std::string table(const Words& words) const {
    const ProgramRun run = eval(with(words, {"--threads", "1"}));
    check_done(run);
    return run.output;
  }
  void refused(const Words& words, const Words& parts, int status = 1) const {
    CAPTURE(words);
    const Words before = names_in(".");
    const ProgramRun run = eval(words);
    check_failed(run, parts, status);
    CHECK(run.output.empty());
    CHECK(names_in(".") == before);
  }
};

}  // namespace

TEST_CASE("aria-eval: help, with an example") {
  const ProgramRun run = test::run_program(ARIA_EVAL_PROGRAM, {"--help"});
  check_done(run);
  CHECK(mentions(run.output, "Example:\n  aria-eval "));
  for (const std::string& line : lines_of(run.output)) CHECK(line.size() <= 100);
}

TEST_CASE("aria-eval: the tables of the original") {
  const auto conformance = test::conformance_folder();
  if (!conformance || !std::filesystem::exists(*conformance / "models/gpt2_tiny/eval_loss.json")) return;
  const auto model = *conformance / "models/gpt2_tiny";
  const test::TrainWorkplace place{test::TrainWorkplace::Empty()};
  std::filesystem::create_directories(place / "experiment/step-7");
  std::filesystem::create_directory_symlink(model, place / "experiment/step-7/hf");
  std::filesystem::create_directory_symlink(model, place / "step-7");
  const std::string json = test::read_text(model / "eval_loss.json");
  // The table that stands behind this key.
  const auto wanted = [&](const std::string& key) {
    const std::size_t at = json.find("\"csv\": \"", json.find('"' + key + '"')) + 8;
    std::string text = json.substr(at, json.find('"', at) - at);
    for (std::size_t i = 0; (i = text.find("\\r\\n", i)) != std::string::npos;) text.replace(i, 4, "\r\n");
    return text;
  };
  const std::string test_file = (model / "test.txt").string(), interarrival = (model / "interarrival.txt").string();
  const auto table = [&](const Words& words) {
    const ProgramRun run = place.eval(words);
    check_done(run);
    return run.output;
  };
  const Words hours = {"--hours", "560.98"};
  const std::string all = wanted("test_subsample1_bpe");
  REQUIRE(all.starts_with(kHeader + "7,14.446,"));
  // The step is that of the folder's name, wherever it stands.
  check_like(table(with({"experiment/step-7/hf", test_file}, hours)), all);
  check_like(table(with({"experiment/", test_file, "--all", "--bpe"}, hours)), all);
  check_like(table(with({"-m", "step-7", "-f", test_file, "-s", "2"}, hours)), wanted("test_subsample2_bpe"));
  // It has no bits a second of the other encoding; the loss is there.
  const auto rows = cells_of(table({"step-7", interarrival, "-i"}));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == Words{"step", "loss", "bpe"});
  REQUIRE(rows[1].size() == 3);
  CHECK(rows[1][0] + ',' + rows[1][1] + "\r\n" == wanted("interarrival_subsample1").substr(11));
  CHECK(std::isfinite(number(rows[1][2])));
  // In half of the precision, nearly the same.
  const auto half = cells_of(table(with({"step-7", test_file, "--precision", "bf16", "-s", "2"}, hours)));
  CHECK(number(half[1][1]) == Approx(14.274).epsilon(3e-3));
}

TEST_CASE("aria-eval: one checkpoint or all of a project, by their steps") {
  const Evaluation place;
  REQUIRE(place.names_in("run/checkpoints") == Words{"epoch1", "epoch1_step2", "epoch1_step6", "epoch2_step1"});
  const std::string all = place.table({"run", "test.txt", "--all"});
  CHECK(all.starts_with(kHeader));
  const auto lines = lines_of(all);
  REQUIRE(lines.size() == 5);
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string step = std::vector<std::string>{"3", "7", "8", "10"}[i];
    const std::string name = std::vector<std::string>{"epoch1_step2", "epoch1_step6", "epoch1", "epoch2_step1"}[i];
    CAPTURE(step, name);
    CHECK(lines[i + 1].starts_with(step + ','));
    // A row is what the checkpoint alone gives.
    const std::string row = place.table({"run/checkpoints/" + name, "test.txt"});
    CHECK(row == kHeader + lines[i + 1] + '\n');
  }
  CHECK(place.table({"run/", "test.txt"}) == kHeader + lines[4] + '\n');
  // It has learnt something.
  CHECK(number(cells_of(all)[4][1]) < number(cells_of(all)[1][1]));
  // Of folders that do not say their step, 0; of those that do, the number, not the name, decides the order.
  std::filesystem::create_directories(place / "levanter/step-8");
  place.copy("run/checkpoints/epoch1", "levanter/step-12");
  place.copy("run/checkpoints/epoch2_step1", "levanter/step-8/hf");
  for (const std::string folder : {"levanter/step-12", "levanter/step-8/hf"}) place.remove(folder + "/state.json");
  const auto others = cells_of(place.table({"levanter", "test.txt", "-a"}));
  REQUIRE(others.size() == 3);
  CHECK(others[1][0] == "8");
  CHECK(others[2][0] == "12");
  CHECK(others[1][1] == cells_of(all)[4][1]);
  CHECK(others[2][1] == cells_of(all)[3][1]);
  CHECK(place.table({"levanter", "test.txt"}).starts_with(kHeader + "12,"));
  std::filesystem::rename(place / "levanter/step-12", place / "alone");
  CHECK(place.table({"alone", "test.txt"}).starts_with(kHeader + "0,"));
}

TEST_CASE("aria-eval: what its numbers mean") {
  const Evaluation place;
  const std::string table = place.table({"run", "test.txt"});
  const auto row = cells_of(table)[1];
  REQUIRE(row.size() == 7);
  const double loss = number(row[1]), bits = number(row[2]);
  // Rounded to three digits, but for the bits.
  for (const std::size_t i : {1U, 4U, 5U, 6U}) CHECK(row[i].size() - row[i].find('.') <= 4);
  CHECK(number(row[3]) == Approx(std::exp(3 * loss)).epsilon(2e-3));
  CHECK(number(row[4]) * number(row[5]) * number(row[6]) == Approx(number(row[3])).epsilon(1e-6));

  // Bits of all targets over the time that the file holds; 48 targets a line.
  const std::string text = place.text("test.txt");
  const auto bits_of = [](double mean, double lines) { return mean * lines * 48 / std::log(2.0); };
  REQUIRE(seconds_in(text) > 1);
  CHECK(bits == Approx(bits_of(loss, 7) / seconds_in(text)).epsilon(1e-4));
  const auto with_hours = cells_of(place.table({"run", "test.txt", "--hours", "0.5"}))[1];
  CHECK(number(with_hours[2]) == Approx(bits_of(loss, 7) / 1800).epsilon(1e-4));
  CHECK(with_hours[1] == row[1]);

  // Every third line: the first, the fourth and the seventh. Hours are those of the whole file.
  const auto lines = lines_of(text);
  place.write("some.txt", lines[0] + '\n' + lines[3] + '\n' + lines[6] + '\n');
  const auto some = cells_of(place.table({"run", "test.txt", "--subsample", "3"}))[1];
  CHECK(some == cells_of(place.table({"run", "some.txt"}))[1]);
  CHECK(some[1] != row[1]);
  CHECK(number(some[2]) == Approx(bits_of(number(some[1]), 3) / seconds_in(text, 3)).epsilon(1e-4));
  const auto some_hours = cells_of(place.table({"run", "test.txt", "-s", "3", "--hours", "0.5"}))[1];
  CHECK(number(some_hours[2]) == Approx(3 * bits_of(number(some[1]), 3) / 1800).epsilon(1e-4));
  CHECK(cells_of(place.table({"run", "test.txt", "-s", "1000"}))[1][1] ==
        cells_of(place.table({"run", "test.txt", "-s", "7"}))[1][1]);
}

TEST_CASE("aria-eval: lines whose notes all begin and end at once have no bits a second") {
  const Evaluation place;
  std::string line = "55026";
  for (unsigned i = 0; i < 16; ++i) line += " 0 10000 " + std::to_string(11000 + i);
  place.write("chord.txt", line + '\n');
  const auto row = cells_of(place.table({"run", "chord.txt"}))[1];
  CHECK(row[2] == "nan");
  CHECK(number(row[1]) > 0);
  CHECK(number(cells_of(place.table({"run", "chord.txt", "--hours", "1"}))[1][2]) > 0);
}

TEST_CASE("aria-eval: the result depends neither on batches nor on threads") {
  const Evaluation place;
  const std::string table = place.table({"run", "test.txt", "--all"});
  for (const Words& more : std::vector<Words>{{"--workers", "0"}, {"--workers", "3"}}) {
    CAPTURE(more);
    CHECK(place.table(with({"run", "test.txt", "--all"}, more)) == table);
  }
  for (const Words& more : std::vector<Words>{{"--bs", "1"}, {"--bs", "3"}, {"--bs", "64", "--workers", "2"}}) {
    CAPTURE(more);
    check_like(place.table(with({"run", "test.txt", "--all"}, more)), table);
  }
}

TEST_CASE("aria-eval: lines of the interarrival-time encoding") {
  const Evaluation place;
  // A second of music each: 25 times of 4 hundredths, and as many notes; 49 targets less one.
  std::string text;
  for (unsigned line = 0; line < 3; ++line) {
    for (unsigned i = 0; i < 24; ++i) text += "4 " + std::to_string(1060 + i % 3) + ' ';
    text += "4\n";
  }
  place.write("interarrival.txt", text);
  const std::string table = place.table({"run", "interarrival.txt", "-i"});
  CHECK(table.starts_with("step,loss,bpe\r\n10,"));
  const auto row = cells_of(table)[1];
  REQUIRE(row.size() == 3);
  CHECK(number(row[2]) == Approx(number(row[1]) * 3 * 48 / std::log(2.0) / 3).epsilon(1e-4));
  // In the wrong encoding, numbers would mean nothing.
  place.refused({"run", "interarrival.txt"}, {"interarrival.txt: ", "of the interarrival-time encoding: give -i"});
  place.refused({"run", "test.txt", "-i"}, {"test.txt: ", "of the arrival-time encoding: leave out -i"});
}

TEST_CASE("aria-eval: the table and the drawing go to files, which are not replaced") {
  const Evaluation place;
  const std::string table = place.table({"run", "test.txt", "--all", "--output", "table.csv", "--svg", "losses.svg"});
  CHECK(place.text("table.csv") == table);
  const std::string svg = place.text("losses.svg");
  CHECK(test::xml_fault(svg) == "");
  for (const std::string part : {">run<", "7 lines of test.txt", ">Loss<", ">Perplexity<", ">onset<", ">duration<",
                                 ">note<", ">event<", ">step<"}) {
    CAPTURE(part);
    CHECK(mentions(svg, part));
  }
  CHECK(mentions(svg, "<path") + mentions(svg, "<polyline") > 0);
  place.write("table.csv", "mine");
  for (const Words& more : std::vector<Words>{{"--output", "table.csv"}, {"--svg", "losses.svg"}}) {
    place.refused(with({"run", "test.txt"}, more), {more[1], "is there already", "--overwrite"});
  }
  CHECK(place.text("table.csv") == "mine");
  CHECK(place.text("losses.svg") == svg);
  const std::string last =
      place.table({"run", "test.txt", "-o", "table.csv", "--svg", "losses.svg", "--overwrite", "-s", "2"});
  CHECK(place.text("table.csv") == last);
  CHECK(place.text("losses.svg") != svg);
  CHECK(test::xml_fault(place.text("losses.svg")) == "");
  CHECK(mentions(place.text("losses.svg"), "4 lines of test.txt"));
  place.refused({"run", "test.txt", "-o", "nowhere/table.csv"}, {"nowhere: no such folder"});
  place.refused({"run", "test.txt", "-o", "test.txt"}, {"the same file is named twice", "test.txt"}, 2);
  place.refused({"run", "test.txt", "-o", "new.csv", "--svg", "./new.csv"}, {"named twice"}, 2);
}

TEST_CASE("aria-eval: what it cannot do is said with the place, and nothing is written") {
  const Evaluation place;
  const std::string checkpoint = "run/checkpoints/epoch1";
  const auto lines = lines_of(place.text("test.txt"));
  const auto with_line = [&](std::size_t number, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i + 1 == number ? line : lines[i]) + '\n';
    place.write("bad.txt", text);
  };
  const auto fails = [&](const Words& parts) {
    const ProgramRun run = place.eval({"run", "bad.txt", "-o", "bad.csv"});
    check_failed(run, parts);
    CHECK_FALSE(mentions(run.output, "10,"));
    CHECK_FALSE(place.has("bad.csv"));
  };
  with_line(6, lines[5].substr(0, lines[5].rfind(' ')));
  fails({"bad.txt", "line 6", "48", "49"});
  with_line(7, lines[6].substr(0, lines[6].rfind(' ')) + " 55028");
  fails({"bad.txt", "line 7", "55028"});
  place.write("bad.txt", "");
  fails({"bad.txt", "empty"});
  place.refused({"run", "missing.txt"}, {"missing.txt"});

  // Models that are none, or that are others than the lines need.
  place.refused({"nowhere", "test.txt"}, {"nowhere", "no such folder"});
  place.refused({"", "test.txt"}, {"empty text"});
  place.copy(checkpoint, "other");
  place.write("other/config.json", gpt2_json({.vocabulary = 1000}));
  place.refused({"other", "test.txt"}, {"test.txt", "55,028", "other", "1,000"});
  place.write("other/config.json", gpt2_json({.length = 32}));
  place.refused({"other", "test.txt"}, {"other", "32", "test.txt", "49"});
  place.write("other/config.json", gpt2_json({.width = 16}));
  // What the files hold is known when they are read, behind the header of the table.
  check_failed(place.eval({"other", "test.txt"}), {"other/model.safetensors", "16]", "8]"});
  place.write("other/config.json", "{");
  place.refused({"other", "test.txt"}, {"other/config.json"});
  place.remove("other/config.json");
  place.refused({"other", "test.txt"}, {"other", "config.json is missing"});
  // One of several checkpoints is told of before any work.
  place.copy("run", "again");
  place.remove("again/checkpoints/epoch1/config.json");
  place.refused({"again", "test.txt", "--all"}, {"again/checkpoints/epoch1", "config.json is missing"});
  CHECK(place.table({"again", "test.txt"}).starts_with(kHeader + "10,"));
  place.remove("again/checkpoints");
  std::filesystem::create_directories(place / "again/checkpoints/.unfinished-epoch1");
  place.refused({"again", "test.txt"}, {"again/checkpoints", "no checkpoint yet"});
  // Shards.
  place.copy(checkpoint, "shards");
  std::filesystem::rename(place / "shards/model.safetensors", place / "shards/model-00001-of-00002.safetensors");
  check_failed(place.eval({"shards", "test.txt"}), {"shards", "model.safetensors is missing"});
  std::string index = "{\"weight_map\": {";
  for (const auto& [name, tensor] : test::tensors_of(place, "shards/model-00001-of-00002.safetensors")) {
    index += '"' + name + "\": \"model-00001-of-00002.safetensors\", ";
  }
  const auto write_index = [&](const std::string& last) {
    place.write("shards/model.safetensors.index.json", index + last + "}}");
  };
  write_index(R"("transformer.more": "model-00002-of-00002.safetensors")");
  check_failed(place.eval({"shards", "test.txt"}),
               {"shards/model.safetensors.index.json", "model-00002-of-00002.safetensors is missing"});
  write_index(R"("transformer.more": "model-00001-of-00002.safetensors")");
  check_failed(place.eval({"shards", "test.txt"}), {"shards/model-00001-of-00002.safetensors", "transformer.more"});
  place.write("shards/model.safetensors.index.json", index.substr(0, index.size() - 2) + "}}");
  CHECK(place.table({"shards", "test.txt", "--hours", "1"}).starts_with(kHeader + "8,"));
}

TEST_CASE("aria-eval: command lines that are wrong in themselves") {
  const Evaluation place;
  place.refused({"run"}, {"filename is missing"}, 2);
  place.refused({"run", "test.txt", "more"}, {"more"}, 2);
  for (const Words& option : std::vector<Words>{{"--subsample", "0"},
                                                {"--hours", "0"},
                                                {"--hours", "nan"},
                                                {"--bs", "0"},
                                                {"--precision", "fp8"},
                                                {"--output", ""}}) {
    place.refused(with({"run", "test.txt"}, option), {option[0]}, 2);
  }
  check_failed(place.eval({"run", "test.txt", "--device", "tpu"}), {"tpu", "auto, cpu, cuda"});
}
