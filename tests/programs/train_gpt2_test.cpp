// GPT-2 models in aria-train: runs that count steps, what they write, and that they go on to the bit.
#include <cmath>
#include <cstdlib>
#include <functional>
#include <sstream>

#include "gpt2_workplace.hpp"
#include "support/xml.hpp"

using test::cells_of, test::check_done, test::check_failed, test::gpt2_json, test::Gpt2Workplace, test::gpt2_run,
    test::lines_of, test::mentions, test::ProgramRun, test::replaced, test::resume, test::Snapshot, test::training_json,
    test::Words;

namespace {

const std::string kValidationHeader = "epoch,step,loss,event_ppl,onset_ppl,dur_ppl,note_ppl";

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Epochs and steps of the rows of a table.
Words positions_in(const Gpt2Workplace& place, const std::string& table) {
  Words positions;
  for (const Words& row : cells_of(place.text(table))) positions.push_back(row.at(0) + ',' + row.at(1));
  positions.erase(positions.begin());
  return positions;
}

// A column of numbers.
std::vector<double> column_of(const Gpt2Workplace& place, const std::string& table, std::size_t column) {
  std::vector<double> numbers;
  for (const Words& row : cells_of(place.text(table))) numbers.push_back(std::strtod(row.at(column).c_str(), nullptr));
  numbers.erase(numbers.begin());
  return numbers;
}

// Both runs have the same tables, and the first one's checkpoints are all among the other's, to the byte.
void check_same(const Gpt2Workplace& place, const std::string& project, const std::string& reference) {
  test::check_same_run(place, project, reference);
  test::check_checkpoints(place, project, reference);
  CHECK(place.text(project + "/validation.csv") == place.text(reference + "/validation.csv"));
  for (const std::string& name : place.checkpoints(project)) {
    const std::string config = "/checkpoints/" + name + "/config.json";
    CHECK(place.text(project + config) == place.text(reference + config));
  }
}

// Refused before any work; nothing of a project is there afterwards.
void check_refused(const Gpt2Workplace& place, const Words& words, const Words& parts, int status = 1) {
  INFO(joined(words));
  const Words before = place.names_in(".");
  const ProgramRun run = place.train(words);
  check_failed(run, parts, status);
  CHECK(run.output.empty());
  CHECK(place.names_in(".") == before);
}

// 13 steps of 8 an epoch: the end lies within an epoch. After steps 4 and 12, a checkpoint and a validation are due.
const Words kBothAtOnce = {"--steps", "13", "--spc", "3", "--validate-every", "4"};

}  // namespace

TEST_CASE("aria-train, GPT-2: a run that ends within an epoch, and all that it writes") {
  const Gpt2Workplace place;
  const ProgramRun run = place.train(gpt2_run("run", {"--steps", "6", "--validate-every", "4"}));
  check_done(run);
  CHECK(place.names_in("run") ==
        Words{"checkpoints", "epoch.csv", "logs.txt", "loss.csv", "loss.svg", "validation.csv"});
  CHECK(place.names_in("run/checkpoints") == Words{"epoch1_step5"});
  const std::string checkpoint = "run/checkpoints/epoch1_step5/";
  CHECK(place.names_in(checkpoint) == Words{"config.json", "model.safetensors", "optimizer.safetensors", "state.json"});
  CHECK(run.output.ends_with("wrote run/checkpoints/epoch1_step5\nThe losses, drawn: run/loss.svg\n"));
  for (const std::string part : {"model_name=model.json, steps=6, recipe=split_lakh, batch_size=2, accumulate=1",
                                 "train.txt (16 sequences)", "valid.txt (3 sequences)", "Starting pretrain job"}) {
    CHECK(mentions(run.output, part));
  }
  CHECK_FALSE(mentions(run.output, "left out"));  // the epoch has not ended

  CHECK(place.text("run/epoch.csv") == "epoch,avg_train_loss,avg_val_loss\n");
  CHECK(positions_in(place, "run/loss.csv") == Words{"1,0", "1,1", "1,2", "1,3", "1,4", "1,5"});
  CHECK(place.text("run/validation.csv").starts_with(kValidationHeader + '\n'));
  CHECK(positions_in(place, "run/validation.csv") == Words{"1,3", "1,5"});
  for (const Words& row : cells_of(place.text("run/validation.csv"))) {
    if (row[0] == "epoch") continue;
    REQUIRE(row.size() == 7);
    std::vector<double> numbers;
    for (const std::string& cell : row) numbers.push_back(std::strtod(cell.c_str(), nullptr));
    // An event has three tokens, and a line as many of each of the three kinds.
    CHECK(numbers[3] == Approx(std::exp(3 * numbers[2])));
    CHECK(numbers[4] * numbers[5] * numbers[6] == Approx(numbers[3]));
    CHECK(numbers[5] != Approx(numbers[4]).epsilon(1e-6));
    std::ostringstream rounded;
    rounded.precision(4);
    rounded << std::fixed << numbers[2];
    CHECK(mentions(run.output, "average_loss=" + rounded.str() + ", perplexity of an event "));
  }
  const auto losses = column_of(place, "run/loss.csv", 2);
  CHECK(losses.front() == Approx(std::log(test::kArrivalSize)).margin(0.1));  // it knows nothing yet
  CHECK(losses.back() < losses.front() - 0.1);

  CHECK(test::xml_fault(place.text("run/loss.svg")) == "");
  CHECK(mentions(place.text("run/loss.svg"), "6 steps; training loss"));
  CHECK(mentions(place.text("run/loss.svg"), "; validation loss "));
  const std::string state = place.text(checkpoint + "state.json");
  CHECK(mentions(state, "\"epoch\": 1,\n    \"step\": 6,\n    \"total_steps\": 6\n"));
  CHECK(mentions(state, "\"loss_rows\": 6,\n  \"epoch_rows\": 0,\n  \"validation_rows\": 2\n"));
  CHECK(mentions(state, "\"recipe\": \"split_lakh\""));
  CHECK(mentions(state, "\"shuffle\": false"));
}

TEST_CASE("aria-train, GPT-2: a run that ends with an epoch") {
  const Gpt2Workplace place;
  const ProgramRun run = place.train(gpt2_run("run", {"--steps", "16", "--validate-every", "3"}));
  check_done(run);
  CHECK(place.names_in("run/checkpoints") == Words{"epoch1", "epoch2"});
  // Every third step, and the end of an epoch in the place of one that falls there.
  CHECK(positions_in(place, "run/validation.csv") == Words{"1,2", "1,5", "1,7", "2,0", "2,3", "2,6", "2,7"});
  const auto epochs = column_of(place, "run/epoch.csv", 2), validations = column_of(place, "run/validation.csv", 2);
  REQUIRE(epochs.size() == 2);
  CHECK(epochs[0] == validations[2]);
  CHECK(epochs[1] == validations[6]);
  CHECK(epochs[1] < epochs[0]);
  const auto losses = column_of(place, "run/loss.csv", 2);
  REQUIRE(losses.size() == 16);
  double sum = 0;
  for (std::size_t i = 8; i < 16; ++i) sum += losses[i];
  CHECK(column_of(place, "run/epoch.csv", 1)[1] == Approx(sum / 8));
  // The same by epochs is another run by name only.
  check_done(place.train(gpt2_run("epochs", {"--epochs", "2", "--validate-every", "3"})));
  for (const std::string table : {"/loss.csv", "/epoch.csv", "/validation.csv"}) {
    CHECK(place.text("epochs" + table) == place.text("run" + table));
  }
  for (const std::string file : {"/model.safetensors", "/optimizer.safetensors"}) {
    CHECK((place.text("epochs/checkpoints/epoch2" + file) == place.text("run/checkpoints/epoch2" + file)));
  }
}

TEST_CASE("aria-train, GPT-2: what the model's file says of its training holds unless something else is said") {
  const Gpt2Workplace place;
  check_done(place.train(gpt2_run("run", {"--bs", "1"})));
  CHECK(place.rows("run/loss.csv") == 12);
  CHECK(positions_in(place, "run/validation.csv") == Words{"1,4", "1,7", "2,1", "2,3"});
  const std::string state = place.text("run/checkpoints/epoch2_step3/state.json");
  for (const std::string part :
       {"\"steps\": 12", "\"validate_every\": 5", "\"accumulate\": 2", "\"batch_size\": 1", "\"peak_rate\": 0.01",
        "\"warmup\": 3", "\"end_ratio\": 0.0", "\"clip\": 1.0", "\"weight_decay\": 0.1", "\"beta2\": 0.999",
        "\"eps\": 1e-08", "\"decay_all\": true"}) {
    CAPTURE(part);
    CHECK(mentions(state, part));
  }
  // Two batches of one make the step that one of two does; dropout draws for each batch.
  place.write("model.json", gpt2_json({.dropout = 0, .more = training_json()}));
  check_done(place.train(gpt2_run("parts", {"--bs", "1", "--steps", "4"})));
  check_done(place.train(gpt2_run("whole", {"--bs", "2", "--steps", "4"})));
  const auto parts = column_of(place, "parts/loss.csv", 2), whole = column_of(place, "whole/loss.csv", 2);
  REQUIRE(parts.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(parts[i] == Approx(whole[i]).epsilon(1e-5));
  check_done(place.train(gpt2_run("said", {"--steps", "2", "--lr", "1e-3", "--warmup", "1", "--accumulate", "3",
                                           "--clip", "0", "--weight-decay", "0", "--validate-every", "0"})));
  const std::string said = place.text("said/checkpoints/epoch1/state.json");
  for (const std::string part : {"\"steps\": 2", "\"validate_every\": 0", "\"accumulate\": 3", "\"peak_rate\": 0.001",
                                 "\"warmup\": 1", "\"clip\": 0.0", "\"weight_decay\": 0.0"}) {
    CAPTURE(part);
    CHECK(mentions(said, part));
  }
}

TEST_CASE("aria-train, GPT-2: the recipes differ in what they do, and the state says which it was") {
  const Gpt2Workplace place;
  check_done(place.train(gpt2_run("split", {"--steps", "8"})));
  check_done(place.train(gpt2_run("levanter", {"--steps", "8", "--recipe", "levanter"})));
  const std::string split = place.text("split/checkpoints/epoch1/state.json");
  const std::string levanter = place.text("levanter/checkpoints/epoch1/state.json");
  for (const auto& [key, ours, theirs] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"recipe", "\"split_lakh\"", "\"levanter\""},
                                                                      {"end_ratio", "0.0", "0.1"},
                                                                      {"beta2", "0.999", "0.95"},
                                                                      {"decay_all", "true", "false"}}) {
    CAPTURE(key);
    CHECK(mentions(split, "\"" + key + "\": " + ours));
    CHECK(mentions(levanter, "\"" + key + "\": " + theirs));
  }
  const auto first = column_of(place, "split/loss.csv", 2), second = column_of(place, "levanter/loss.csv", 2);
  CHECK(first[0] == second[0]);
  CHECK(first[1] == second[1]);  // the first step has the rate 0
  CHECK(first[7] != second[7]);
  CHECK((place.text("split/checkpoints/epoch1/model.safetensors") !=
         place.text("levanter/checkpoints/epoch1/model.safetensors")));
  // The last steps of split_lakh, as many as its warm-up of 2, have the rate 0; levanter's have a tenth.
  const std::string log = place.text("split/logs.txt"), other_log = place.text("levanter/logs.txt");
  for (const std::string step : {"6", "7"}) CHECK(mentions(log, "EPOCH 1 STEP " + step + ": lr=0.00e+00, "));
  CHECK_FALSE(mentions(log, "EPOCH 1 STEP 5: lr=0.00e+00"));
  CHECK(mentions(log, "EPOCH 1 STEP 2: lr=1.00e-02, "));
  CHECK_FALSE(mentions(other_log, "STEP 7: lr=0.00e+00"));
}

TEST_CASE("aria-train, GPT-2: the order is that of the file unless it is to be shuffled") {
  const Gpt2Workplace place;
  place.write("model.json", gpt2_json({.dropout = 0, .more = training_json()}));
  std::string backwards;
  for (const std::string& line : lines_of(place.text("train.txt"))) backwards = line + '\n' + backwards;
  place.write("backwards.txt", backwards);
  // With a rate of 0 the model stays as it is: the loss of a step tells of its two lines alone.
  const Words still = {"--steps", "8", "--lr", "0"};
  check_done(place.train(gpt2_run("file", still)));
  Words words = gpt2_run("backwards", still);
  words[2] = "backwards.txt";
  check_done(place.train(words));
  const auto losses = column_of(place, "file/loss.csv", 2);
  auto others = column_of(place, "backwards/loss.csv", 2);
  std::reverse(others.begin(), others.end());
  REQUIRE(losses.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(losses[i] == Approx(others[i]).epsilon(1e-7));
  for (std::size_t i = 1; i < 8; ++i) CHECK(losses[i] != Approx(losses[i - 1]).epsilon(1e-6));
  // Every epoch has it.
  check_done(place.train(gpt2_run("twice", {"--steps", "16", "--lr", "0"})));
  const auto twice = column_of(place, "twice/loss.csv", 2);
  for (std::size_t i = 0; i < 8; ++i) CHECK(twice[i] == twice[i + 8]);

  check_done(place.train(gpt2_run("shuffled", with(still, {"--shuffle"}))));
  CHECK(place.text("shuffled/loss.csv") != place.text("file/loss.csv"));
  check_refused(place, gpt2_run("both", with(still, {"--shuffle", "--no-shuffle"})), {"exclude each other"}, 2);
}

TEST_CASE("aria-train, GPT-2: killed at rows of its tables and gone on with") {
  const Gpt2Workplace place;
  check_done(place.train(gpt2_run("whole", with(kBothAtOnce, {"--workers", "2"}))));
  // After step 8 the epoch ends, and after step 13 the run.
  REQUIRE(positions_in(place, "whole/validation.csv") == Words{"1,3", "1,7", "2,3", "2,4"});
  REQUIRE(place.checkpoints("whole") ==
          Words{"epoch1_step3", "epoch1_step6", "epoch1", "epoch2_step3", "epoch2_step4"});
  const auto kill_when = [&](const Words& words, const std::string& table, std::size_t rows) {
    const ProgramRun run = place.interrupt(words, SIGKILL, [&] { return place.rows("killed/" + table) >= rows; });
    CAPTURE(table, rows, run.complaints);
    CHECK((run.signal == SIGKILL || run.status == 0));
    test::check_checkpoints(place, "killed", "whole");
    return run.signal == SIGKILL;
  };
  unsigned kills = kill_when(gpt2_run("killed", kBothAtOnce), "loss.csv", 6);
  REQUIRE(kills == 1);
  const auto go_on = [] { return Words{"resume", "killed", "--workers", "0"}; };
  kills += kill_when(go_on(), "validation.csv", 2);  // that of the end of an epoch is there, the row of the epoch not
  kills += kill_when(go_on(), "loss.csv", 10);
  kills += kill_when(go_on(), "validation.csv", 3);  // behind it a checkpoint is due
  kills += kill_when(go_on(), "validation.csv", 4);  // the last one
  CHECK(kills >= 3);
  if (!place.has("killed/checkpoints/epoch2_step4")) check_done(place.train(go_on()));
  check_same(place, "killed", "whole");
}

TEST_CASE("aria-train, GPT-2: gone on with from any checkpoint, the rows behind it are cut off") {
  const Gpt2Workplace place;
  check_done(place.train(gpt2_run("whole", kBothAtOnce)));
  for (const std::string name : {"epoch1_step3", "epoch1", "epoch2_step3"}) {
    CAPTURE(name);
    place.remove("again");
    place.copy("whole", "again");
    place.write("again/validation.csv", place.text("again/validation.csv") + "7,1,2.0,3.0\n8,1,2.");
    check_done(place.train({"resume", "again/checkpoints/" + name}));
    check_same(place, "again", "whole");
  }
  // A table with fewer rows than the checkpoint knows of is told of, and nothing is cut.
  const std::string validations = place.text("again/validation.csv");
  place.write("again/validation.csv", validations.substr(0, validations.find("\n2,3,") + 1));
  const Snapshot before = place.snapshot("again");
  check_failed(place.train({"resume", "again/checkpoints/epoch2_step3"}), {"validation.csv", "fewer than the 3 rows"});
  CHECK((place.snapshot("again") == before));
}

TEST_CASE("aria-train, GPT-2: a checkpoint behind the last step, of which the validation is missing, is gone on with") {
  const Gpt2Workplace place;
  // The last step of the run ends an epoch, and is one after which a checkpoint is due.
  check_done(place.train(gpt2_run("whole", {"--steps", "8", "--spc", "7"})));
  REQUIRE(place.checkpoints("whole") == Words{"epoch1_step7", "epoch1"});
  place.copy("whole", "killed");
  place.remove("killed/checkpoints/epoch1");
  check_done(place.train({"resume", "killed"}));
  check_same(place, "killed", "whole");
}

TEST_CASE("aria-train, GPT-2: Ctrl-C has a checkpoint written, with which the run goes on to the bit") {
  const Gpt2Workplace place;
  const Words settings = {"--steps", "14", "--validate-every", "3", "--spc", "1000"};
  check_done(place.train(gpt2_run("whole", settings)));
  // 3: a validation is due at this step; 7: it is about to end an epoch.
  for (const auto& [signal, rows] : std::map<int, std::size_t>{{SIGINT, 3}, {SIGTERM, 7}}) {
    CAPTURE(signal);
    place.remove("again");
    const std::size_t enough = rows;
    const ProgramRun run =
        place.interrupt(gpt2_run("again", settings), signal, [&] { return place.rows("again/loss.csv") >= enough; });
    check_done(run);
    REQUIRE(mentions(run.output, "Stopped. It goes on with: aria-train resume again/checkpoints/epoch"));
    REQUIRE(place.rows("again/loss.csv") < 14);
    const std::string stopped = "again/checkpoints/" + place.checkpoints("again").back();
    CHECK(place.has(stopped + "/config.json"));
    check_done(place.train({"resume", "again"}));
    for (const std::string table : {"/loss.csv", "/epoch.csv", "/validation.csv"}) {
      CAPTURE(table);
      CHECK(place.text("again" + table) == place.text("whole" + table));
    }
    if (!stopped.ends_with("/epoch1")) place.remove(stopped);
    check_same(place, "again", "whole");
  }
}

TEST_CASE("aria-train, GPT-2: a run that has finished, and one that gets more steps") {
  const Gpt2Workplace place;
  check_done(place.train(gpt2_run("run", {"--steps", "6"})));
  const auto refused = [&](const Words& words, const Words& parts, int status = 1) {
    const Snapshot before = place.snapshot("run");
    const ProgramRun run = place.train(words);
    CAPTURE(words);
    check_failed(run, parts, status);
    CHECK(run.output.empty());
    CHECK((place.snapshot("run") == before));
  };
  refused({"resume", "run"}, {"has finished step 6 of 6", "nothing left to do", "--steps N goes on to a new total"});
  refused({"resume", "run", "--steps", "6"}, {"has finished step 6 of 6"});
  refused({"resume", "run", "--steps", "4"}, {"has finished step 6 of 4"});
  refused({"resume", "run", "--epochs", "2"}, {"the run counts steps", "--steps N"});
  refused({"resume", "run", "--epochs", "2", "--steps", "9"}, {"exclude each other"}, 2);
  refused({"resume", "run", "--steps", "0"}, {"--steps must be at least 1"}, 2);

  const std::string losses = place.text("run/loss.csv"), validations = place.text("run/validation.csv");
  const ProgramRun run = place.train({"resume", "run", "--steps", "11"});
  check_done(run);
  CHECK(mentions(run.output, "stretched from 6 to 11 steps"));
  CHECK(mentions(run.output, "no longer the same run"));
  CHECK(place.rows("run/loss.csv") == 11);
  CHECK(place.text("run/loss.csv").starts_with(losses));
  CHECK(place.text("run/validation.csv").starts_with(validations));
  CHECK(place.rows("run/epoch.csv") == 1);
  CHECK(place.has("run/checkpoints/epoch2_step2/config.json"));

  check_done(place.train(gpt2_run("epochs", {"--epochs", "1"})));
  check_failed(place.train({"resume", "epochs", "--steps", "20"}), {"the run counts epochs", "--epochs N"});
}

TEST_CASE("aria-train, GPT-2: two processes have the losses of one, and go on to the bit") {
  const Gpt2Workplace place;
  place.write("model.json", gpt2_json({.dropout = 0, .more = training_json(4)}));
  const Words settings = {"--steps", "10", "--validate-every", "3", "--spc", "2"};
  // Four sequences a step: two batches of two, or two batches of one in each of two processes, or one of two.
  check_done(place.train(gpt2_run("one", with(settings, {"--bs", "2"}))));
  check_done(place.train(gpt2_run("two", with(settings, {"--bs", "1", "--nproc", "2"}))));
  check_done(place.train(gpt2_run("wide", with(settings, {"--bs", "2", "--nproc", "2"}))));
  const auto wanted = column_of(place, "one/loss.csv", 2);
  CHECK(wanted.back() < wanted.front() - 0.1);
  for (const std::string project : {"two", "wide"}) {
    CAPTURE(project);
    for (const std::string table : {"/loss.csv", "/validation.csv"}) {
      CAPTURE(table);
      CHECK(positions_in(place, project + table) == positions_in(place, "one" + table));
      const auto found = column_of(place, project + table, 2), ours = column_of(place, "one" + table, 2);
      REQUIRE(found.size() == ours.size());
      for (std::size_t i = 0; i < ours.size(); ++i) CHECK(found[i] == Approx(ours[i]).epsilon(1e-4));
    }
    const auto found = column_of(place, project + "/validation.csv", 6),
               ours = column_of(place, "one/validation.csv", 6);
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(found[i] == Approx(ours[i]).epsilon(1e-3));
  }
  CHECK(mentions(place.text("two/checkpoints/epoch1/state.json"), "\"accumulate\": 2"));
  CHECK(mentions(place.text("wide/checkpoints/epoch1/state.json"), "\"accumulate\": 1"));
  CHECK(place.has("two/checkpoints/epoch1/config.json"));

  check_failed(place.train({"resume", "two/checkpoints/epoch1"}), {"the run has 2 processes, and here are 1"});
  const ProgramRun run = place.interrupt(gpt2_run("again", with(settings, {"--bs", "1", "--nproc", "2"})), SIGTERM,
                                         [&] { return place.rows("again/loss.csv") >= 3; });
  check_done(run);
  REQUIRE(place.rows("again/loss.csv") < 10);
  const std::string stopped = place.checkpoints("again").back();
  check_done(place.train({"resume", "again", "--nproc", "2"}));
  const auto names = place.checkpoints("two");
  if (std::find(names.begin(), names.end(), stopped) == names.end()) place.remove("again/checkpoints/" + stopped);
  check_same(place, "again", "two");
}

TEST_CASE("aria-train finetune, GPT-2: from a checkpoint, a project, and model folders of either naming") {
  const Gpt2Workplace place;
  const std::string checkpoint = "base/checkpoints/epoch1_step5";
  check_done(place.train(gpt2_run("base", {"--steps", "6"})));
  const auto finetune = [](const std::string& from, const std::string& project,
                           const std::string& model = "model.json") {
    return Words{"finetune", model, from,   "train.txt", "valid.txt", "--threads", "1",      "--bs", "2",
                 "--steps",  "2",   "--lr", "1e-3",      "--warmup",  "0",         "--pdir", project};
  };
  check_done(place.train(finetune(checkpoint, "reference")));
  const auto losses = column_of(place, "reference/loss.csv", 2);
  CHECK(losses[0] < column_of(place, "base/loss.csv", 2)[0] - 0.1);  // it begins where the other run has ended
  CHECK(mentions(place.text("reference/checkpoints/epoch1_step1/state.json"), "\"mode\": \"finetune\""));

  // GPT2Model's names, without those of GPT2LMHeadModel in front, and what older files have beside them.
  auto tensors = test::tensors_of(place, checkpoint + "/model.safetensors");
  std::map<std::string, test::SlowTensor> bare;
  for (const auto& [name, tensor] : tensors) {
    REQUIRE(name.starts_with("transformer."));
    bare[name.substr(12)] = tensor;
  }
  bare["h.0.attn.bias"] = {"F32", {1, 1, 2, 2}, std::string(16, '\0')};
  bare["h.1.attn.masked_bias"] = {"F32", {}, std::string(4, '\0')};
  bare["lm_head.weight"] = bare.at("wte.weight");
  place.write("bare/model.safetensors", test::safetensors(bare));
  place.write("bare/config.json", place.text(checkpoint + "/config.json"));
  place.write("alone/model.safetensors", test::safetensors(tensors));
  for (const std::string from : {"base", "bare", "alone/model.safetensors"}) {
    CAPTURE(from);
    place.remove("p");
    check_done(place.train(finetune(from, "p")));
    CHECK(place.text("p/loss.csv") == place.text("reference/loss.csv"));
    CHECK((place.text("p/checkpoints/epoch1_step1/model.safetensors") ==
           place.text("reference/checkpoints/epoch1_step1/model.safetensors")));
  }

  // Where weights alone would fit, the folder says that they are another model's.
  place.write("heads.json", gpt2_json({.heads = 4, .more = training_json()}));
  place.write("scaled.json", gpt2_json({.more = R"(, "scale_attn_by_inverse_layer_idx": true)" + training_json()}));
  place.write("wide.json", gpt2_json({.width = 16, .more = training_json()}));
  place.write("dropout.json", gpt2_json({.dropout = 0.3, .more = training_json()}));
  check_refused(place, finetune(checkpoint, "q", "heads.json"), {checkpoint, "heads.json", "n_head is 2 and not 4"});
  check_refused(place, finetune("bare", "q", "scaled.json"),
                {"bare: ", "scaled.json", "scale_attn_by_inverse_layer_idx is false and not true"});
  check_refused(place, finetune("base", "q", "wide.json"), {"n_embd is 8 and not 16"});
  check_refused(place, finetune("alone", "q", "wide.json"), {"alone/model.safetensors", "16]", "8]"});
  check_done(place.train(finetune(checkpoint, "q", "dropout.json")));  // how it is trained may differ

  bare["lm_head.weight"].bytes[3] ^= 1;
  place.write("bare/model.safetensors", test::safetensors(bare));
  check_refused(place, finetune("bare", "r"), {"bare/model.safetensors", "lm_head.weight", "weights of its own"});
  place.remove("bare/model.safetensors");
  check_refused(place, finetune("bare", "r"), {"bare", "model.safetensors is missing"});
  place.write("bare/model.safetensors.index.json",
              R"({"weight_map": {"wte.weight": "model-00001-of-00002.safetensors"}})");
  check_refused(place, finetune("bare", "r"),
                {"bare/model.safetensors.index.json", "model-00001-of-00002.safetensors"});
}

TEST_CASE("aria-train, GPT-2: lines that cannot be trained on are told of with their place") {
  const Gpt2Workplace place;
  const std::string good = place.text("train.txt");
  const auto lines = lines_of(good);
  const auto with_line = [&](std::size_t number, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i + 1 == number ? line : lines[i]) + '\n';
    place.write("train.txt", text);
  };
  const std::string shorter = lines[4].substr(0, lines[4].rfind(' '));
  const auto with_id = [&](std::size_t number, const std::string& id) {
    const std::string& line = lines[number - 1];
    return line.substr(0, line.rfind(' ') + 1) + id;
  };
  const auto fails = [&](const Words& parts) {
    place.remove("p");
    const ProgramRun run = place.train(gpt2_run("p", {"--steps", "8"}));
    check_failed(run, parts);
    CHECK(run.complaints.size() < 600);
    // It is known before the project is, or in its log; no checkpoint knows of the data.
    if (place.has("p")) CHECK(place.names_in("p/checkpoints").empty());
  };
  with_line(1, with_id(1, "55028"));
  fails({"train.txt", "line 1", "55028"});
  CHECK_FALSE(place.has("p"));
  with_line(5, with_id(5, "55028"));
  fails({"train.txt", "line 5", "55028"});
  with_line(5, shorter);
  fails({"train.txt", "line 5", "48", "49"});
  with_line(16, lines[15] + " 0");
  fails({"train.txt", "line 16", "49"});
  with_line(7, with_id(7, "x"));
  fails({"train.txt", "line 7"});
  with_line(1, shorter);  // all the others are longer than this one
  fails({"train.txt", "48", "49"});
  place.write("train.txt", good.substr(0, good.size() - 1));
  fails({"train.txt", "line 16", "cut off"});
  place.write("train.txt", "");
  fails({"train.txt"});
  CHECK_FALSE(place.has("p"));
}

TEST_CASE("aria-train, GPT-2: models and data that do not belong together") {
  const Gpt2Workplace place;
  const auto refused = [&](const std::string& model, const Words& parts, int status = 1) {
    check_refused(place, gpt2_run("p", {"--steps", "2"}, model), parts, status);
  };
  const auto written = [&](const test::SmallGpt2& model) {
    place.write("other.json", gpt2_json(model));
    return "other.json";
  };
  refused(written({.vocabulary = 55'027}), {"train.txt", "55,028", "arrival", "other.json", "55,027", "vocab_size"});
  refused(written({.length = 64}), {"train.txt", "49", "64", "other.json"});
  refused("lakh-small", {"train.txt", "49", "lakh-small", "1024"});
  refused("lakh-tiny", {"lakh-tiny", "lakh-small, lakh-medium, lakh-large"});
  refused(written({.more = R"(, "activation_function": "relu")"}), {"other.json", "activation_function", "relu"});
  refused(written({.more = R"(, "training": {"learning_rat": 1})"}), {"other.json", "learning_rat"});
  refused(written({.more = training_json(2, "secret")}), {"secret", "aria, split_lakh or levanter"}, 2);

  place.add_lines("long.txt", 2, 5, 100);
  Words words = gpt2_run("p", {"--steps", "2"});
  words[3] = "long.txt";
  check_refused(place, words, {"long.txt", "100", "49"});
  words[3] = "missing.txt";
  check_refused(place, words, {"missing.txt"});
  // Times and notes of the other encoding, for whose tokens the model has room, and those of another tokenizer.
  std::string interarrival;
  for (unsigned line = 0; line < 4; ++line) {
    interarrival += "34024";
    for (unsigned i = 0; i < 24; ++i) interarrival += ' ' + std::to_string(1 + i) + ' ' + std::to_string(1060 + line);
    interarrival += '\n';
  }
  place.write("interarrival.txt", interarrival);
  words[3] = "interarrival.txt";
  check_refused(place, words, {"interarrival.txt", "\"interarrival\"", "\"arrival\""});
  check_done(place.train({"pretrain", "model.json", "interarrival.txt", "interarrival.txt", "--steps", "2", "--bs", "2",
                          "--pdir", "theirs"}));
  // Its events have no three parts.
  CHECK(lines_of(place.text("theirs/validation.csv")).front() == "epoch,step,loss");
  CHECK(mentions(place.text("theirs/checkpoints/epoch1/state.json"), "\"tokenizer\": \"interarrival\""));
  check_done(place.train({"resume", "theirs", "--steps", "3"}));
}

TEST_CASE("aria-train, GPT-2: command lines that are wrong in themselves") {
  const Gpt2Workplace place;
  check_refused(place, gpt2_run("p", {"--steps", "0"}), {"--steps must be at least 1"}, 2);
  check_refused(place, gpt2_run("p", {"--steps", "2", "--epochs", "1"}), {"--epochs and --steps exclude each other"},
                2);
  check_refused(place, gpt2_run("p", {"--recipe", "fast"}), {"fast", "aria, split_lakh or levanter"}, 2);
  check_refused(place, gpt2_run("p", {"--bs", "17", "--accumulate", "1"}), {"train.txt", "16", "17"});
  check_refused(place, gpt2_run("p", {"--bs", "3"}), {"model.json has 2 sequences", "no multiple of the 3", "--bs"});
  place.write("bare.json", gpt2_json({}));
  check_refused(place, gpt2_run("p", {}, "bare.json"), {"--epochs is missing, or --steps"}, 2);
}

TEST_CASE("aria-train, GPT-2: sequences of whole files of music, as the Lakh recipe makes them") {
  const Gpt2Workplace place;
  place.must(ARIA_COMPOSE, {"music"});
  place.must(ARIA_PROGRAM, {"lakh", "--by-hash", "--workers", "1", "-k", "10", "music", "lakh"});
  place.write("music.json", gpt2_json({.layers = 1, .length = 1024, .more = training_json(1)}));
  check_done(place.train({"pretrain", "music.json", "lakh/train.txt", "lakh/valid.txt", "--steps", "4", "--bs", "1",
                          "--validate-every", "1000", "--pdir", "run"}));
  CHECK(place.rows("run/loss.csv") == 4);
  CHECK(place.rows("run/validation.csv") == 1);
  const auto losses = column_of(place, "run/loss.csv", 2);
  CHECK(losses.back() < losses.front());
}
