// From checkpoints and a file of lines to a table of losses.
#include "run.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <aria/anticipation.hpp>
#include <aria/dataset.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/nn/data/vocabulary_check.hpp>
#include <aria/nn/evaluation/evaluate.hpp>
#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/training/device.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/token_lines.hpp"
#include "../cli/torch_program.hpp"
#include "checkpoints.hpp"
#include "results.hpp"

namespace eval {
namespace {

using aria::Error, aria::ErrorCode, aria::grouped_number;
namespace amt = aria::anticipation;

using Data = std::shared_ptr<const aria::SequenceSource>;

// Numbers of the wrong encoding would mean nothing.
void check_encoding(const Arguments& arguments) {
  const bool looks_interarrival = token_lines::guess_of_file(arguments.data) == aria::LakhEncoding::interarrival;
  if (looks_interarrival == arguments.interarrival) return;
  throw Error(ErrorCode::invalid_argument,
              looks_interarrival ? "has lines of the interarrival-time encoding: give -i"
                                 : "has lines of the arrival-time encoding: leave out -i",
              {.path = arguments.data});
}

Data open_data(const Arguments& arguments) {
  check_encoding(arguments);
  const auto open = [&](auto tokenizer) {
    return aria::source_of(
        std::make_shared<aria::LineDataset<decltype(tokenizer)>>(arguments.data, std::move(tokenizer)));
  };
  return arguments.interarrival ? open(amt::InterarrivalTokenizer()) : open(amt::ArrivalTokenizer());
}

// The model and the data must have the same tokens.
void check(const aria::Gpt2Config& config, const aria::SequenceSource& data, const std::string& folder) {
  aria::nn::check_vocabulary(data, static_cast<std::uint64_t>(config.vocab_size), folder);
  if (static_cast<std::uint64_t>(config.n_positions) < data.max_seq_len()) {
    throw Error(ErrorCode::invalid_argument,
                "has a context of " + std::to_string(config.n_positions) + " tokens, and the lines of " + data.path() +
                    " have " + std::to_string(data.max_seq_len()),
                {.path = folder});
  }
}

// Bits that the events of a second take, as the original counts them: `hours` are those of all lines, of which every
// Nth was taken. No number where the file's own times say nothing.
double bits_a_second(const aria::nn::LossTally& losses, const Arguments& arguments, amt::Bins played) {
  const double bits = losses.mean() * static_cast<double>(losses.count()) * std::numbers::log2e;
  if (arguments.hours) return bits * static_cast<double>(arguments.subsample) / (*arguments.hours * 3600);
  const double seconds = static_cast<double>(played.count) / amt::Settings().time_resolution;
  return seconds > 0 ? bits / seconds : std::nan("");
}

Result evaluate(const Checkpoint& checkpoint, const Data& data, const Arguments& arguments,
                const aria::ProgressCallback& progress) {
  check(aria::nn::read_folder_config(checkpoint.folder), *data, checkpoint.folder);
  const auto model = aria::nn::load_model_folder(checkpoint.folder);
  model->to(aria::nn::find_device(arguments.device));
  amt::Bins played;
  const auto add_time = [&](std::span<const std::int64_t> ids) {
    played = played + (arguments.interarrival ? amt::playing_time(ids, amt::kInterarrival)
                                              : amt::playing_time(ids, amt::kArrival));
  };
  const auto losses = aria::nn::evaluate(*model, data,
                                         {.batch_size = arguments.batch_size,
                                          .workers = arguments.workers,
                                          .precision = arguments.precision,
                                          .subsample = arguments.subsample,
                                          .on_progress =
                                              [&](std::uint64_t done, std::uint64_t total) {
                                                if (progress) progress({done, total});
                                              },
                                          .on_sequence = add_time});
  return {checkpoint.step, losses, bits_a_second(losses, arguments, played)};
}

void write(const std::string& path, const std::string& text, const Arguments& arguments) {
  if (path.empty()) return;
  aria::AtomicFile file(path, arguments.overwrite ? aria::IfExists::replace : aria::IfExists::refuse);
  file.write(text);
  file.commit();
}

void check_outputs(const Arguments& arguments) {
  for (const std::string& path : {arguments.output, arguments.svg}) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    if (!parent.empty() && !std::filesystem::is_directory(parent)) {
      throw Error(ErrorCode::not_found, "no such folder", {.path = parent.string()});
    }
    if (path.empty() || arguments.overwrite || !std::filesystem::exists(path)) continue;
    throw Error(ErrorCode::already_exists, "is there already; --overwrite replaces it", {.path = path});
  }
}

}  // namespace

int run(const Arguments& arguments) {
  cli::keep_large_blocks();
  at::set_num_threads(static_cast<int>(arguments.threads));
  check_outputs(arguments);
  std::vector<Checkpoint> checkpoints = checkpoints_of(arguments.model);
  if (!arguments.all) checkpoints.erase(checkpoints.begin(), checkpoints.end() - 1);
  const Data data = open_data(arguments);
  for (const Checkpoint& checkpoint : checkpoints) {  // before any work is done
    check(aria::nn::read_folder_config(checkpoint.folder), *data, checkpoint.folder);
  }
  std::string table = header(data->event_size() == 3);
  std::cout << table << std::flush;
  std::vector<Result> results;
  for (const Checkpoint& checkpoint : checkpoints) {
    {
      cli::ProgressBar bar("lines");
      results.push_back(evaluate(checkpoint, data, arguments, bar.callback()));
    }
    const std::string line = row(results.back());
    table += line;
    std::cout << line << std::flush;
  }
  write(arguments.output, table, arguments);
  const std::string lines = grouped_number((data->size() + arguments.subsample - 1) / arguments.subsample) +
                            " lines of " + std::filesystem::path(arguments.data).filename().string();
  write(arguments.svg, drawing(results, cli::tidy(arguments.model), lines), arguments);
  return cli::kDone;
}

}  // namespace eval
