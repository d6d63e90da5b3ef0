// Weights with which aria-train finetune begins.
#include <functional>

#include "support/slow_safetensors.hpp"
#include "train_workplace.hpp"

using test::check_done, test::check_failed, test::mentions, test::pretrain, test::ProgramRun, test::safetensors,
    test::SlowTensor, test::TrainWorkplace, test::Words;

namespace {

using Tensors = std::map<std::string, SlowTensor>;

const std::string kCheckpoint = "base/checkpoints/epoch1";

Tensors tensors_of(const TrainWorkplace& place, const std::string& file) {
  return test::SlowSafetensors(place.text(file)).tensors;
}

Words finetune(const std::string& weights, const std::string& project, const std::string& model = "model.json",
               const std::string& data = "") {
  return {"finetune",
          model,
          weights,
          data + "train.jsonl",
          data + "val.jsonl",
          "--threads",
          "1",
          "--epochs",
          "1",
          "--bs",
          "4",
          "--warmup",
          "2",
          "--pdir",
          project};
}

struct Finetuning {
  TrainWorkplace place;

  Finetuning() { check_done(place.train(pretrain("base", {"--epochs", "1"}))); }

  // A run with these weights does what one with `kCheckpoint` does.
  void check_same(const std::string& weights) const {
    CAPTURE(weights);
    place.remove("run");
    const ProgramRun run = place.train(finetune(weights, "run"));
    check_done(run);
    CHECK(mentions(run.output, "Loaded finetune checkpoint located at: " + weights));
    if (!place.has("reference")) check_done(place.train(finetune(kCheckpoint, "reference")));
    CHECK(place.text("run/loss.csv") == place.text("reference/loss.csv"));
    CHECK(place.text("run/epoch.csv") == place.text("reference/epoch.csv"));
  }

  void check_refused(const Words& words, const Words& parts) const {
    CAPTURE(words);
    const Words before = place.names_in(".");
    const ProgramRun run = place.train(words);
    check_failed(run, parts);
    CHECK(run.output.empty());
    CHECK(place.names_in(".") == before);
  }
};

}  // namespace

TEST_CASE("aria-train finetune: from a checkpoint, or from its weights alone") {
  const Finetuning finetuning;
  const TrainWorkplace& place = finetuning.place;
  finetuning.check_same(kCheckpoint + '/');
  finetuning.check_same(kCheckpoint + "/model.safetensors");
  place.copy(kCheckpoint + "/model.safetensors", "weights.safetensors");
  finetuning.check_same("weights.safetensors");
  // It begins where the run before has ended, and not from nothing.
  const auto first = [&](const std::string& project) {
    return std::stod(test::lines_of(place.text(project + "/loss.csv")).at(1).substr(4));
  };
  CHECK(first("reference") < first("base") - 0.3);
  const std::string state = place.text("reference/checkpoints/epoch1/state.json");
  CHECK(mentions(state, "\"mode\": \"finetune\""));
  CHECK(mentions(state, "\"peak_rate\": 1e-04"));
}

TEST_CASE("aria-train finetune: from names with what torch.compile and DistributedDataParallel put in front") {
  const Finetuning finetuning;
  const TrainWorkplace& place = finetuning.place;
  const Tensors tensors = tensors_of(place, kCheckpoint + "/model.safetensors");
  REQUIRE(tensors.size() > 10);
  for (const std::string prefix : {"_orig_mod.", "module._orig_mod."}) {
    Tensors renamed;
    for (const auto& [name, tensor] : tensors) renamed[prefix + name] = tensor;
    place.write("weights.safetensors", safetensors(renamed));
    finetuning.check_same("weights.safetensors");
  }
  Tensors twice = tensors;
  twice["module." + tensors.begin()->first] = tensors.begin()->second;
  place.write("weights.safetensors", safetensors(twice));
  finetuning.check_refused(finetune("weights.safetensors", "p"), {"weights.safetensors", tensors.begin()->first});
}

TEST_CASE("aria-train finetune: frequencies may be missing, and nothing else") {
  const Finetuning finetuning;
  const TrainWorkplace& place = finetuning.place;
  const Tensors tensors = tensors_of(place, kCheckpoint + "/model.safetensors");
  Tensors without;
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with("inv_freq")) without[name] = tensor;
  }
  CHECK(without.size() < tensors.size());
  place.write("weights.safetensors", safetensors(without));
  finetuning.check_same("weights.safetensors");

  const std::string name = without.begin()->first;
  Tensors fewer = without, more = without;
  fewer.erase(name);
  place.write("fewer.safetensors", safetensors(fewer));
  finetuning.check_refused(finetune("fewer.safetensors", "p"), {"fewer.safetensors", name, "missing"});
  more["another.weight"] = without.begin()->second;
  place.write("more.safetensors", safetensors(more));
  finetuning.check_refused(finetune("more.safetensors", "p"), {"more.safetensors", "another.weight"});
  // Frequencies of another kind of rotary embedding.
  Tensors other = tensors;
  for (auto& [key, tensor] : other) {
    if (key.ends_with("inv_freq")) std::fill(tensor.bytes.begin(), tensor.bytes.end(), '\x3d');
  }
  place.write("other.safetensors", safetensors(other));
  finetuning.check_refused(finetune("other.safetensors", "p"), {"other.safetensors", "inv_freq"});
}

TEST_CASE("aria-train finetune: weights of another vocabulary or shape") {
  const Finetuning finetuning;
  const TrainWorkplace& place = finetuning.place;
  const auto shape_of = [](const SlowTensor& tensor) {
    std::string text;
    for (const long long size : tensor.shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
    return '[' + text + ']';
  };
  const Tensors tensors = tensors_of(place, kCheckpoint + "/model.safetensors");
  const auto embedding = std::find_if(tensors.begin(), tensors.end(), [](const auto& entry) {
    return mentions(entry.first, "embed") || mentions(entry.first, "lm_head");
  });
  REQUIRE(embedding != tensors.end());
  place.add_data("lazy_", "lazy");
  finetuning.check_refused(finetune(kCheckpoint, "p", "model.json", "lazy_"),
                           {"model.safetensors", shape_of(embedding->second), ", 32]", "the model's is [12595"});
  place.add_model("wide.json", 48);
  finetuning.check_refused(finetune(kCheckpoint, "p", "wide.json"), {"model.safetensors", "48]", "32]", "weight"});
  place.add_model("deep.json", 32, 3);
  finetuning.check_refused(finetune(kCheckpoint, "p", "deep.json"), {"model.safetensors", "missing"});
  place.add_model("flat.json", 32, 1);
  finetuning.check_refused(finetune(kCheckpoint, "p", "flat.json"), {"model.safetensors", "none of the model's"});
}

TEST_CASE("aria-train finetune: what holds no weights") {
  const Finetuning finetuning;
  const TrainWorkplace& place = finetuning.place;
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"weights.bin", "no pickle"},
           {"weights.pt", ""},
           {"weights.pth", place.text(kCheckpoint + "/model.safetensors").substr(0, 3000)}}) {
    place.write(name, text);
    finetuning.check_refused(finetune(name, "p"), {name, "import torch; from safetensors.torch import save_file",
                                                   "torch.load(\"" + name + "\"", "save_file("});
  }
  place.write("weights.safetensors", "no weights at all");
  finetuning.check_refused(finetune("weights.safetensors", "p"), {"weights.safetensors"});
  finetuning.check_refused(finetune("missing.bin", "p"), {"missing.bin"});
  finetuning.check_refused(finetune("music", "p"), {"music"});
}

TEST_CASE("aria-train finetune: a run of its own goes on like any other") {
  const Finetuning finetuning;
  const TrainWorkplace& place = finetuning.place;
  const auto words = [](const std::string& project) {
    Words all = finetune(kCheckpoint, project);
    for (const std::string word : {"--spc", "2", "--lr", "1e-2"}) all.push_back(word);
    return all;
  };
  check_done(place.train(words("whole")));
  const ProgramRun killed =
      place.interrupt(words("killed"), SIGKILL, [&] { return place.has("killed/checkpoints/epoch1_step2"); });
  CHECK(killed.signal == SIGKILL);
  // The base is needed no more.
  place.remove("base");
  check_failed(place.train({"resume", "model.json", "pt", "train.jsonl", "val.jsonl", "--cdir",
                            "killed/checkpoints/epoch1_step2"}),
               {"pretrain", "finetune"});
  check_done(place.train({"resume", "model.json", "ft", "train.jsonl", "val.jsonl", "--cdir",
                          "killed/checkpoints/epoch1_step2", "--spc", "2"}));
  test::check_same_run(place, "killed", "whole");
  test::check_checkpoints(place, "killed", "whole");
}
