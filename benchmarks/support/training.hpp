// Small training runs on real music.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <aria/augmentation.hpp>
#include <aria/dataset.hpp>
#include <aria/nn.hpp>
#include <aria/tokenizer.hpp>

namespace benchmark {

using namespace aria::nn;

/// A data set of real music with sequences of `length` tokens, and its first `count` sequences.
inline std::string build(const std::string& corpus, const std::filesystem::path& folder, std::uint64_t length,
                         std::size_t count) {
  const std::string music = (folder / "music.jsonl").string(), all = (folder / "all.jsonl").string();
  const std::string path = (folder / ("train" + std::to_string(length) + ".jsonl")).string();
  if (!std::filesystem::exists(music))
    aria::build_midi_dataset(corpus, music, {.recursive = true}, {}, aria::IfExists::replace);
  aria::build_tokenized_dataset(aria::LazyTokenizer(), music, all,
                                {.windows = {.max_seq_len = length, .stride_len = length / 2}},
                                aria::IfExists::replace);
  std::ifstream in(all);
  std::ofstream out(path);
  std::string line;
  for (std::size_t i = 0; i <= count && std::getline(in, line); ++i) out << line << '\n';
  return path;
}

inline std::shared_ptr<const aria::SequenceSource> open(const std::string& path, bool augment) {
  const aria::LazyTokenizer tokenizer;
  const auto data = std::make_shared<aria::TokenizedDataset<aria::LazyTokenizer>>(path, tokenizer);
  if (augment) data->set_transform(aria::default_augmentations(tokenizer));
  return aria::source_of(data);
}

inline std::unique_ptr<Trainer> make_trainer(const std::string& train, const std::string& validation,
                                             const TrainSettings& settings, RunRecord record, TrainerOptions options,
                                             TrainEvents events) {
  const auto data = open(train, true), other = open(validation, false);
  check_run(*data, *other, settings);
  RunState state;
  state.settings = settings;
  state.vocabulary = data->vocabulary().size();
  state.train = identity_of(*data);
  state.validation = identity_of(*other);
  torch::manual_seed(0);
  auto model = make_model(settings.model, state.vocabulary);
  return std::make_unique<Trainer>(std::move(model), data, other, state, std::move(record), std::move(options),
                                   std::move(events));
}

/// Stops a run after so many steps.
inline TrainEvents stop_after(int steps) {
  TrainEvents events;
  events.should_stop = [left = steps]() mutable { return --left == 0; };
  return events;
}

}  // namespace benchmark
