#include <aria/dataset/line_dataset.hpp>
#include <aria/nn.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "../model/tiny.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"

using namespace aria::nn;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLength = 12;

aria::ModelConfig tiny_config() {
  return {.d_model = 16, .n_heads = 2, .n_layers = 2, .ff_mult = 2, .drop_p = 0.1, .max_seq_len = kLength};
}

// Data sets of numbers that count up from anywhere, which a model learns at once, and what trains on them.
struct Place {
  using Data = aria::LineDataset<test::NumbersTokenizer>;

  std::shared_ptr<const aria::SequenceSource> data(const std::string& name, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<aria::TokenId> tokens;
      for (std::size_t j = 0; j < kLength; ++j) tokens.push_back(static_cast<aria::TokenId>((i * 7 + j) % 40));
      text += test::number_line(tokens);
    }
    test::write_text(folder / name, text);
    return aria::source_of(std::make_shared<Data>((folder / name).string(), test::NumbersTokenizer(40)));
  }

  TrainSettings settings() const {
    TrainSettings all;
    all.model = tiny_config();
    all.epochs = 2;
    all.batch_size = 4;
    all.peak_rate = 3e-3;
    all.warmup = 3;
    return all;
  }

  RunState state(const TrainSettings& settings) {
    RunState state;
    state.settings = settings;
    state.vocabulary = 40;
    state.train = identity_of(*train);
    state.validation = identity_of(*validation);
    return state;
  }

  static std::shared_ptr<CausalTransformer> model(const TrainSettings& settings) {
    torch::manual_seed(settings.seed);
    return make_model(settings.model, 40);
  }

  std::unique_ptr<Trainer> trainer(const std::string& project, const TrainSettings& settings,
                                   CheckpointPolicy checkpoints = {}, TrainEvents events = {},
                                   std::shared_ptr<CausalTransformer> own_model = nullptr) {
    RunState begin = state(settings);
    begin.checkpoints = checkpoints;
    return std::make_unique<Trainer>(own_model ? own_model : model(settings), train, validation, begin,
                                     ProjectDirectory::create((folder / project).string()),
                                     TrainerOptions{.workers = 2}, std::move(events));
  }

  // Goes on from a checkpoint of the project.
  std::unique_ptr<Trainer> resumed(const std::string& project, const std::string& checkpoint,
                                   TrainerOptions options = {}, TrainEvents events = {}) {
    const std::string path = (folder / project / "checkpoints" / checkpoint).string();
    const RunState state = read_checkpoint_state(path);
    auto trainer =
        std::make_unique<Trainer>(model(state.settings), train, validation, state,
                                  ProjectDirectory::reopen((folder / project).string()), options, std::move(events));
    trainer->load(path);
    return trainer;
  }

  std::string text(const std::string& name) const { return test::read_text(folder / name); }
  bool has(const std::string& name) const { return fs::exists(folder / name); }

  test::TemporaryFolder folder;
  std::shared_ptr<const aria::SequenceSource> train = data("train.txt", 42), validation = data("val.txt", 9);
};

std::size_t rows_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("A run writes its tables, its curve and its checkpoints", "[nn]") {
  Place place;
  std::vector<std::string> messages;
  std::vector<TrainProgress> steps;
  TrainEvents events;
  events.on_message = [&](const std::string& message) { messages.push_back(message); };
  events.on_step = [&](const TrainProgress& progress) { steps.push_back(progress); };
  const auto trainer = place.trainer("run", place.settings(), {.every = 4}, events);
  CHECK(trainer->steps_per_epoch() == 10);  // two sequences are left out
  CHECK(trainer->run() == TrainOutcome::finished);

  CHECK(rows_of(place.text("run/loss.csv")) == 21);
  CHECK(rows_of(place.text("run/epoch.csv")) == 3);
  CHECK(place.text("run/loss.csv").starts_with("epoch,step,loss\n1,0,"));
  CHECK(place.text("run/epoch.csv").starts_with("epoch,avg_train_loss,avg_val_loss\n1,"));
  CHECK(place.text("run/loss.svg").starts_with("<svg"));
  for (const char* name : {"epoch1_step4", "epoch1_step8", "epoch1", "epoch2_step4", "epoch2_step8", "epoch2"}) {
    CHECK(place.has("run/checkpoints/" + std::string(name) + "/model.safetensors"));
  }
  CHECK(checkpoints_in((place.folder / "run/checkpoints").string()).size() == 6);
  REQUIRE(steps.size() == 20);
  CHECK(steps[0].rate == Approx(3e-9));
  CHECK(steps[3].rate == Approx(3e-3));
  CHECK(steps[13].done == RunPosition{2, 3, 13});
  const auto said = [&](const std::string& part) {
    return std::any_of(messages.begin(), messages.end(),
                       [&](const auto& m) { return m.find(part) != std::string::npos; });
  };
  CHECK(said("EPOCH 1/2: 2 sequences left out: they do not fill a step"));
  CHECK(said("EPOCH 2/2: Finished evaluation - average_loss="));
  CHECK(said("FLOP a step, "));
}

TEST_CASE("The mean of an epoch is that of all its steps", "[nn]") {
  Place place;
  auto settings = place.settings();
  settings.epochs = 1;
  place.trainer("run", settings)->run();
  double sum = 0;
  std::istringstream rows(place.text("run/loss.csv"));
  std::string row;
  std::getline(rows, row);
  while (std::getline(rows, row)) sum += std::stod(row.substr(row.rfind(',') + 1));
  const std::string epoch = place.text("run/epoch.csv");
  CHECK(std::stod(epoch.substr(epoch.find("\n1,") + 3)) == Approx(sum / 10).epsilon(1e-12));
}

TEST_CASE("A run that goes on from any checkpoint is equal to the bit", "[nn]") {
  Place place;
  for (const auto& [precision, shuffle] : {std::pair(Precision::fp32, true), std::pair(Precision::bf16, false)}) {
    auto settings = place.settings();
    settings.precision = precision;
    settings.shuffle = shuffle;
    settings.accumulate = 2;
    settings.clip = 0.5;
    const std::string name = "run" + std::string(name_of(precision));
    place.trainer(name, settings, {.every = 2})->run();
    const std::string losses = place.text(name + "/loss.csv"), epochs = place.text(name + "/epoch.csv");
    const std::string weights = place.text(name + "/checkpoints/epoch2/model.safetensors");
    const std::string moments = place.text(name + "/checkpoints/epoch2/optimizer.safetensors");
    const std::string state = place.text(name + "/checkpoints/epoch2/state.json");
    for (const char* checkpoint : {"epoch1_step2", "epoch1_step4", "epoch1", "epoch2_step2"}) {
      INFO(checkpoint);
      place.resumed(name, checkpoint, {.workers = 0})->run();
      CHECK(place.text(name + "/loss.csv") == losses);
      CHECK(place.text(name + "/epoch.csv") == epochs);
      CHECK(place.text(name + "/checkpoints/epoch2/model.safetensors") == weights);
      CHECK(place.text(name + "/checkpoints/epoch2/optimizer.safetensors") == moments);
      CHECK(place.text(name + "/checkpoints/epoch2/state.json") == state);
    }
  }
}

TEST_CASE("A run that is asked to stop writes a checkpoint and goes on later", "[nn]") {
  Place place;
  place.trainer("whole", place.settings())->run();
  int steps = 0;
  TrainEvents events;
  events.should_stop = [&] { return ++steps == 7; };
  {
    const auto trainer = place.trainer("run", place.settings(), {}, events);
    CHECK(trainer->run() == TrainOutcome::stopped);
    CHECK(trainer->last_checkpoint() == (place.folder / "run/checkpoints/epoch1_step6").string());
  }
  place.resumed("run", "epoch1_step6")->run();
  CHECK(place.text("run/loss.csv") == place.text("whole/loss.csv"));
  CHECK(place.text("run/checkpoints/epoch2/model.safetensors") ==
        place.text("whole/checkpoints/epoch2/model.safetensors"));
}

TEST_CASE("A run that goes back gives the checkpoints behind another name", "[nn]") {
  Place place;
  place.trainer("run", place.settings(), {.every = 4})->run();
  const auto trainer = place.resumed("run", "epoch1_step8");
  const auto names = checkpoints_in((place.folder / "run/checkpoints").string());
  REQUIRE(names.size() == 2);
  CHECK(names[1].text() == "epoch1_step8");
  CHECK(place.has("run/checkpoints/superseded_epoch2/model.safetensors"));
  CHECK(place.has("run/checkpoints/superseded_epoch1/model.safetensors"));
}

TEST_CASE("Weights that are no numbers are never saved", "[nn]") {
  Place place;
  auto settings = place.settings();
  const auto model = Place::model(settings);
  TrainEvents events;
  events.on_step = [&](const TrainProgress& progress) {
    const torch::NoGradGuard no_graph;
    if (progress.done.step == 2) model->head_weight()[0][0] = std::numeric_limits<float>::quiet_NaN();
  };
  const auto trainer = place.trainer("run", settings, {.every = 2}, events, model);
  const auto error = test::error_of([&] { trainer->run(); });
  CHECK(error.code() == aria::ErrorCode::not_finite);
  CHECK(error.message().find("lm_head.weight") != std::string::npos);
  CHECK(checkpoints_in((place.folder / "run/checkpoints").string()).empty());
}

TEST_CASE("Only the last checkpoints are kept where so many are asked for", "[nn]") {
  Place place;
  place.trainer("run", place.settings(), {.every = 4, .keep = 2})->run();
  const auto names = checkpoints_in((place.folder / "run/checkpoints").string());
  REQUIRE(names.size() == 2);
  CHECK(names[0].text() == "epoch2_step8");
  CHECK(names[1].text() == "epoch2");
}

TEST_CASE("A loss that is no number stops the run, and tells what the batch was", "[nn]") {
  Place place;
  auto settings = place.settings();
  settings.shuffle = false;
  const auto model = Place::model(settings);
  TrainEvents events;
  events.on_step = [&](const TrainProgress& progress) {
    const torch::NoGradGuard no_graph;
    if (progress.done.step == 5) model->head_weight().fill_(std::numeric_limits<float>::infinity());
  };
  const auto trainer = place.trainer("run", settings, {.every = 2}, events, model);
  const auto error = test::error_of([&] { trainer->run(); });
  CHECK(error.code() == aria::ErrorCode::not_finite);
  CHECK(error.message().find("the loss of epoch 1, step 6 is ") != std::string::npos);
  CHECK(error.message().find("made of the sequences 24, 25, 26, 27 of ") != std::string::npos);
  CHECK(error.message().find("the last good checkpoint is " +
                             (place.folder / "run/checkpoints/epoch1_step4").string()) != std::string::npos);
  CHECK(place.text("run/logs.txt").find("[ERROR] the loss of epoch ") != std::string::npos);
}

TEST_CASE("A bad line that comes late stops the run before its first checkpoint", "[nn]") {
  Place place;
  std::ofstream(place.folder / "train.txt", std::ios::app) << "1 2 3 4 5 6 7 8 9 10 11 99\n";
  place.train =
      aria::source_of(std::make_shared<Place::Data>((place.folder / "train.txt").string(), test::NumbersTokenizer(40)));
  const auto error = test::error_of([&] { place.trainer("run", place.settings())->run(); });
  CHECK(error.code() == aria::ErrorCode::invalid_text);
  CHECK(error.place().line == 43);
  CHECK(checkpoints_in((place.folder / "run/checkpoints").string()).empty());
}

TEST_CASE("Validation takes every sequence once, and changes nothing of the model", "[nn]") {
  Place place;
  const auto model = Place::model(place.settings());
  model->train();
  const double whole = evaluate(*model, place.validation, {.batch_size = 9, .workers = 0}).mean();
  CHECK(evaluate(*model, place.validation, {.batch_size = 4, .workers = 2}).mean() == Approx(whole).epsilon(1e-6));
  CHECK(whole == Approx(std::log(40)).margin(1.5));
  CHECK(model->is_training());
  for (const torch::Tensor& parameter : model->parameters()) CHECK_FALSE(parameter.grad().defined());
}

TEST_CASE("A model learns one short piece by heart", "[nn]") {
  Place place;
  place.train = place.data("piece.txt", 1);
  auto settings = place.settings();
  aria::ModelConfig config = tiny_config();
  config.drop_p = config.attention_drop_p = 0;
  settings.model = config;
  settings.batch_size = 1;
  settings.epochs = 150;
  settings.peak_rate = 1e-2;
  settings.warmup = 10;
  TrainEvents events;
  double loss = 9;
  events.on_step = [&](const TrainProgress& progress) { loss = progress.loss; };
  place.trainer("run", settings, {.keep = 1}, events)->run();
  CHECK(loss < 0.01);
}

TEST_CASE("Data sets and models that do not fit are refused with both values", "[nn]") {
  Place place;
  auto settings = place.settings();
  CHECK_NOTHROW(check_run(*place.train, *place.validation, settings));
  aria::ModelConfig longer = tiny_config();
  longer.max_seq_len = 13;
  settings.model = longer;
  CHECK(test::error_of([&] { check_run(*place.train, *place.validation, settings); })
            .message()
            .starts_with("has sequences of 12 tokens, and the model "));
  settings = place.settings();
  settings.batch_size = 43;
  CHECK(test::error_of([&] { check_run(*place.train, *place.validation, settings); })
            .message()
            .starts_with("has 42 sequences, fewer than the 43 of a step"));
  const auto other =
      aria::source_of(std::make_shared<Place::Data>((place.folder / "val.txt").string(), test::NumbersTokenizer(41)));
  CHECK(test::error_of([&] { check_run(*place.train, *other, place.settings()); }).message().find("size") !=
        std::string::npos);
  DataIdentity identity = identity_of(*place.train);
  identity.hash = std::string(32, '0');
  const auto error = test::error_of([&] { check_identity(*place.train, identity); });
  CHECK(error.message().find(identity.hash) != std::string::npos);
  identity.hash = DataIdentity::hash_text(aria::file_fingerprint(place.train->path()));
  CHECK_NOTHROW(check_identity(*place.train, identity));
  identity.sequences = 41;
  CHECK(test::error_of([&] { check_identity(*place.train, identity); }).message().find("41") != std::string::npos);
}
