// What cannot be trained on is refused before any work, and leaves nothing behind; a damaged checkpoint is told of.
#include "train_workplace.hpp"

using test::check_done, test::check_failed, test::mentions, test::pretrain, test::ProgramRun, test::resume,
    test::Snapshot, test::TrainWorkplace, test::Words;

namespace {

// The words are refused, and nothing of a project is there afterwards.
void check_refused(const TrainWorkplace& place, const Words& words, const Words& parts, int status = 1) {
  CAPTURE(words);
  const Words before = place.names_in(".");
  const ProgramRun run = place.train(words);
  check_failed(run, parts, status);
  CHECK(run.output.empty());
  CHECK(place.names_in(".") == before);
}

// The line of a data set, counted from 1 as in messages: the header is the first one.
std::string with_line(const std::string& text, std::size_t number, const std::string& line) {
  std::string out;
  std::size_t at = 0;
  for (const std::string& old : test::lines_of(text)) out += (++at == number ? line : old) + '\n';
  return out;
}
std::string line_at(const std::string& text, std::size_t number) { return test::lines_of(text).at(number - 1); }

}  // namespace

TEST_CASE("aria-train: data sets that do not fit the model or each other") {
  const TrainWorkplace place;
  place.add_data("long_", "performance", 24, 6, 128);
  check_refused(place, pretrain("p", {}, "long_"), {"long_train.jsonl", "128", "64", "max_seq_len"});
  check_refused(place, {"pretrain", "model.json", "train.jsonl", "long_val.jsonl", "--epochs", "1", "--bs", "2"},
                {"long_val.jsonl", "128", "64"});
  check_refused(place, pretrain("p", {}, "", "test"), {"train.jsonl", "64", "256", "test"});
  place.add_data("lazy_", "lazy");
  check_refused(place, {"pretrain", "model.json", "train.jsonl", "lazy_val.jsonl", "--epochs", "1", "--bs", "2"},
                {"lazy_val.jsonl", "train.jsonl", "lazy", "performance"});
  place.write("other_val.jsonl",
              test::replaced(place.text("val.jsonl"), "\"velocity_step\": 4", "\"velocity_step\": 2"));
  check_refused(place, {"pretrain", "model.json", "train.jsonl", "other_val.jsonl", "--epochs", "1", "--bs", "2"},
                {"other_val.jsonl", "velocity_step"});
}

TEST_CASE("aria-train: data sets that are empty or too small") {
  const TrainWorkplace place;
  place.cut("train.jsonl", "none.jsonl", 0);
  check_refused(place, {"pretrain", "model.json", "none.jsonl", "val.jsonl", "--epochs", "1"},
                {"none.jsonl", "has no sequences"});
  check_refused(place, {"pretrain", "model.json", "train.jsonl", "none.jsonl", "--epochs", "1", "--bs", "2"},
                {"none.jsonl", "has no sequences"});
  check_refused(place, pretrain("p", {"--bs", "25"}), {"train.jsonl", "24", "25", "--bs"});
  check_refused(place, pretrain("p", {"--bs", "9", "--accumulate", "3"}), {"train.jsonl", "24", "27"});
  // A validation set may be smaller than a batch.
  check_done(place.train(pretrain("p", {"--bs", "24", "--epochs", "1"})));
}

TEST_CASE("aria-train: files that are missing or something else") {
  const TrainWorkplace place;
  place.write("zeros.jsonl", std::string(5000, '\0'));
  std::filesystem::create_directory(place / "folder");
  for (const std::string file : {"missing.jsonl", "zeros.jsonl", "folder", "music.jsonl"}) {
    check_refused(place, {"pretrain", "model.json", file, "val.jsonl", "--epochs", "1", "--bs", "2"}, {file});
  }
  check_refused(place, {"pretrain", "model.json", "train.jsonl", "missing.jsonl", "--epochs", "1"}, {"missing.jsonl"});
}

TEST_CASE("aria-train: models that are none") {
  const TrainWorkplace place;
  check_refused(place, pretrain("p", {}, "", "tiny"),
                {"tiny", "test, small, small2048, medium, large, xlarge", "JSON file"});
  const std::string model = place.text("model.json");
  place.write("broken.json", model.substr(0, model.size() / 2));
  check_refused(place, pretrain("p", {}, "", "broken.json"), {"broken.json"});
  for (const auto& [from, to, part] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"\"n_heads\": 2", "\"n_heads\": 0", "n_heads"},
           {"\"d_model\": 32", "\"d_modell\": 32", "d_modell"},
           {"\"n_layers\": 2, ", "", "n_layers"}}) {
    place.write("wrong.json", test::replaced(model, from, to));
    check_refused(place, pretrain("p", {}, "", "wrong.json"), {"wrong.json", part});
  }
}

TEST_CASE("aria-train: a project directory that holds something") {
  const TrainWorkplace place;
  place.write("p/notes.txt", "mine");
  const Snapshot before = place.snapshot("p");
  check_refused(place, pretrain("p"), {"p", "not empty", "resume"});
  CHECK((place.snapshot("p") == before));
  check_refused(place, pretrain("p/notes.txt"), {"p/notes.txt"});
  check_refused(place, pretrain("p/notes.txt/deeper"), {"p/notes.txt/deeper"});
  CHECK((place.snapshot("p") == before));
}

TEST_CASE("aria-train: devices that are not there") {
  const TrainWorkplace place;
  check_refused(place, pretrain("p", {"--device", "gpu"}), {"gpu", "auto, cpu, cuda or cuda:N"});
  check_refused(place, pretrain("p", {"--device", "cuda:77"}), {"cuda:77", "not there"});
}

TEST_CASE("aria-train: numbers that options cannot have") {
  const TrainWorkplace place;
  for (const Words& option : std::vector<Words>{{"--epochs", "-1"},
                                                {"--bs", "x"},
                                                {"--workers", "129"},
                                                {"--keep", "99999999999999999999999"},
                                                {"--if-disk-full", "perhaps"}}) {
    check_refused(place, pretrain("p", option), {option[0]}, 2);
  }
  for (const Words& option : std::vector<Words>{{"--epochs", "0"}, {"--lr", "nan"}, {"--beta1", "1"}}) {
    check_refused(place, pretrain("p", option), {}, 2);
  }
  check_refused(place, {"pretrain", "model.json", "train.jsonl", "val.jsonl"}, {"--epochs"}, 2);
  check_refused(place, pretrain("p", {"--nothing"}), {"nothing"}, 2);
  check_refused(place, pretrain("p", {"more"}), {"more"}, 2);
}

TEST_CASE("aria-train: a number that is out of range is told of under the name of its option") {
  const TrainWorkplace place;
  for (const Words& option : std::vector<Words>{{"--bs", "0"}, {"--lr", "-1"}, {"--end-ratio", "2"}}) {
    check_refused(place, pretrain("p", option), {option[0]}, 2);
  }
}

TEST_CASE("aria-train: a late line of a data set that cannot be read stops the run before any checkpoint") {
  const TrainWorkplace place;
  place.add_data("", "performance", 200, 20);
  for (const std::string name : {"train.jsonl", "val.jsonl"}) {
    const std::string good = place.text(name);
    const std::size_t number = name == "train.jsonl" ? 195 : 19;
    const std::string line = line_at(good, number);
    const Words bad_train = {test::replaced(line, "[\"on\", ", "[\"no\", "),
                             test::replaced(line, "[\"on\", ", "[\"on\", 61], [\"on\", "), "[]"};
    const Words bad_val = {test::replaced(line, "[\"on\", ", "[\"on\", 9"), line.substr(0, line.size() / 2), ""};
    for (const std::string& bad : name == "train.jsonl" ? bad_train : bad_val) {
      CAPTURE(name, bad);
      place.write(name, with_line(good, number, bad));
      place.remove("p");
      const ProgramRun run = place.train(pretrain("p", {"--spc", "1", "--no-shuffle"}));
      check_failed(run, {name, "line " + std::to_string(number)});
      // It is known before the project is, or in its log; no checkpoint knows of the data.
      if (place.has("p")) {
        CHECK(place.names_in("p/checkpoints").empty());
        CHECK(mentions(place.text("p/logs.txt"), "[ERROR] "));
      }
    }
    place.write(name, good);
  }
}

namespace {

// A checkpoint of a run in a project whose files must not change.
struct Damage {
  TrainWorkplace place;
  std::string folder = "run/checkpoints/epoch1_step6/";

  Damage() {
    check_done(place.train(pretrain("run")));
    place.copy("run", "good");
  }

  // Resuming fails with these words in the message, and changes no file. Then all is well again.
  void check(const Words& parts) const {
    const Snapshot before = place.snapshot("run");
    const ProgramRun run = place.train(resume(folder.substr(0, folder.size() - 1)));
    check_failed(run, parts);
    CHECK(run.signal == 0);
    CHECK((place.snapshot("run") == before));
    CHECK(run.complaints.size() < 1000);  // no trace of a stack
    place.remove("run");
    place.copy("good", "run");
  }
  void check_with(const std::string& file, const std::string& text, const Words& parts) const {
    place.write(folder + file, text);
    check(parts);
  }
};

}  // namespace

TEST_CASE("aria-train resume: a checkpoint without one of its files, or with one cut off") {
  const Damage damage;
  for (const std::string file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    const std::string good = damage.place.text(damage.folder + file);
    CAPTURE(file);
    damage.place.remove(damage.folder + file);
    damage.check({"epoch1_step6", file});
    damage.check_with(file, good.substr(0, good.size() - 3), {file});
    if (file == "model.safetensors") damage.check_with(file, good.substr(0, 5), {file});
    if (file == "optimizer.safetensors") damage.check_with(file, "", {file});
  }
  check_done(damage.place.train(resume("run/checkpoints/epoch1_step6")));
}

TEST_CASE("aria-train resume: a checkpoint with other tensors than it should have") {
  const Damage damage;
  for (const std::string file : {"model.safetensors", "optimizer.safetensors"}) {
    const std::string good = damage.place.text(damage.folder + file);
    CAPTURE(file);
    for (const std::string type : {"F64", "X32"}) {
      if (type == "F64" && file[0] == 'o') continue;
      CAPTURE(type);
      damage.check_with(file, test::replaced(good, "\"F32\"", '"' + type + '"', 1000), {file});
    }
    if (file[0] == 'o') continue;
    damage.check_with(file, test::replaced(good, "\"shape\":[", "\"shape\":[1"), {file});
    damage.check_with(file, test::replaced(good, "embed", "Embed"), {file, "mbed"});
    damage.check_with(file, good + "more", {file});
  }
  const std::string weights = damage.place.text(damage.folder + "model.safetensors");
  damage.check_with("optimizer.safetensors", weights, {"optimizer.safetensors"});
}

TEST_CASE("aria-train resume: a checkpoint whose weights have become whole numbers of as many bytes") {
  const Damage damage;
  for (const std::string file : {"model.safetensors", "optimizer.safetensors"}) {
    const std::string good = damage.place.text(damage.folder + file);
    CAPTURE(file);
    damage.check_with(file, test::replaced(good, "\"F32\"", "\"I32\"", 1000), {file});
  }
}

TEST_CASE("aria-train resume: a state that is garbage, or has values that cannot be") {
  const Damage damage;
  const std::string good = damage.place.text(damage.folder + "state.json");
  for (const std::string text : {"garbage", "{\"format\": \"aria training state\"}"}) {
    CAPTURE(text);
    damage.check_with("state.json", text, {"state.json"});
  }
  damage.check_with("state.json", std::string(100000, '['), {"state.json"});

  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"version\": 3", "\"version\": 2"},
                                                        {"\"batch_size\": 2", "\"batch_siz\": 2"},
                                                        {"\"device\": \"cpu\"", "\"device\": \"\""},
                                                        {"\"d_model\": 32", "\"d_model\": 64"},
                                                        {"\"processes\": 1", "\"processes\": 2"}}) {
    CAPTURE(from, to);
    damage.check_with("state.json", test::replaced(good, from, to), {});
  }
}

TEST_CASE("aria-train resume: a state with a vocabulary that no memory holds is told of in a line") {
  const Damage damage;
  const std::string good = damage.place.text(damage.folder + "state.json");
  damage.check_with("state.json", test::replaced(good, "\"vocabulary\": ", "\"vocabulary\": 999999999999999"), {});
}

TEST_CASE("aria-train resume: a state whose position and counts contradict each other") {
  const Damage damage;
  const std::string good = damage.place.text(damage.folder + "state.json");
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"step\": 7", "\"step\": 13"},
                                                        {"\"epoch\": 1", "\"epoch\": 0"},
                                                        {"\"epoch\": 1", "\"epoch\": 18446744073709551615"},
                                                        {"\"total_steps\": 7", "\"total_steps\": 8"},
                                                        {"\"loss_rows\": 7", "\"loss_rows\": 6"},
                                                        {"\"loss_rows\": 7", "\"loss_rows\": 18446744073709551615"},
                                                        {"\"count\": 7", "\"count\": 8"}}) {
    CAPTURE(from, to);
    damage.check_with("state.json", test::replaced(good, from, to), {});
  }
}
