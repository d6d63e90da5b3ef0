// From a MIDI file and a checkpoint to continuations.
#include "run.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/config/json_difference.hpp>
#include <aria/config/model_config.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/midi.hpp>
#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/model/transformer_lm.hpp>
#include <aria/nn/sampling/sampled_transformer.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/sampling.hpp>

#include "../cli/checkpoint_paths.hpp"
#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/tokenizers.hpp"
#include "../cli/torch_program.hpp"
#include "results.hpp"

namespace sample {
namespace {

using aria::Error, aria::ErrorCode, aria::TokenId;
using aria::grouped_number;

// What a folder of aria-train says of its weights. Throws invalid_argument where they are of another model.
std::optional<aria::nn::RunState> state_of(const std::string& checkpoint, const aria::ModelConfig& config,
                                           const std::string& model) {
  if (!std::filesystem::is_directory(checkpoint)) return std::nullopt;
  const std::string folder = cli::newest_checkpoint(checkpoint);
  aria::nn::RunState state = aria::nn::read_checkpoint_state(folder);
  // How it was trained makes no difference here.
  if (state.settings.model.aria() == nullptr) {
    throw Error(ErrorCode::invalid_argument, "is a GPT-2: aria-generate makes music with it", {.path = folder});
  }
  aria::ModelConfig trained = *state.settings.model.aria();
  trained.drop_p = config.drop_p;
  trained.attention_drop_p = config.attention_drop_p;
  trained.grad_checkpoint = config.grad_checkpoint;
  const aria::JsonDocument theirs(trained.to_json()), ours(config.to_json());
  if (const auto difference = json_difference(theirs.root(), ours.root())) {
    throw Error(ErrorCode::invalid_argument,
                "is of the model " + state.settings.model_name + ", not of " + model + ": " + *difference,
                {.path = folder});
  }
  return state;
}

// Calls `use` with the tokenizer whose tokens the model knows.
template <class Use>
int with_tokenizer(const Arguments& arguments, const std::optional<aria::nn::RunState>& state, Use use) {
  const auto use_typed = [&](const auto& tokenizer) -> int {
    if constexpr (aria::TypedTokenizer<std::remove_cvref_t<decltype(tokenizer)>>) {
      return use(tokenizer);
    } else {
      throw Error(ErrorCode::invalid_argument,
                  "the tokenizer " + std::string(tokenizer.name()) +
                      " is none of those whose pieces can be continued: lazy, performance",
                  {.path = arguments.checkpoint});
    }
  };
  if (state && (arguments.tokenizer || !arguments.config.empty())) {
    throw cli::UsageError(
        "--tokenizer and --config are for files of weights: the checkpoint says that its tokenizer is " +
        state->tokenizer);
  }
  if (!state) return tokenizers::with_name(arguments.tokenizer.value_or("lazy"), arguments.config, {}, use_typed);
  return tokenizers::described({state->tokenizer, state->tokenizer_config, {.path = arguments.checkpoint}}, use_typed);
}

std::size_t prompt_length(const Arguments& arguments, const aria::ModelConfig& config) {
  const auto context = static_cast<std::size_t>(config.max_seq_len);
  const std::size_t most = arguments.prompt_tokens.value_or(std::max<std::size_t>(context / 2, 1));
  if (most < context) return most;
  throw cli::UsageError("--trunc must be below the context of the model " + arguments.model + ", " +
                        std::to_string(context) + " tokens, and is " + std::to_string(most));
}

template <class T>
std::vector<TokenId> read_prompt(const Arguments& arguments, const T& tokenizer, std::size_t most) {
  return aria::at_place([&] { return aria::Place{.path = arguments.midi}; },
                        [&] { return aria::prompt_of(tokenizer, aria::MidiDict::from_midi(arguments.midi), most); });
}

std::shared_ptr<aria::nn::TransformerLM> load_model(const Arguments& arguments, const aria::ModelConfig& config,
                                                    std::size_t vocabulary,
                                                    const std::optional<aria::nn::RunState>& state) {
  if (state && state->vocabulary != vocabulary) {
    throw Error(ErrorCode::invalid_argument,
                "knows " + grouped_number(state->vocabulary) + " tokens, and its tokenizer " + state->tokenizer +
                    " has " + grouped_number(vocabulary),
                {.path = arguments.checkpoint});
  }
  auto model = std::make_shared<aria::nn::TransformerLM>(config, static_cast<std::int64_t>(vocabulary));
  load_model_weights(*model, cli::newest_checkpoint(arguments.checkpoint));
  model->to(aria::nn::find_device(arguments.device));
  return model;
}

struct Sampled {
  std::vector<std::vector<TokenId>> sequences;
  std::size_t steps = 0;  // tokens a sequence that were made
  double seconds = 0;
};

Sampled sample_all(const Arguments& arguments, aria::nn::SampledTransformer& model, const std::vector<TokenId>& prompt,
                   aria::GenerationPlan plan) {
  Sampled sampled;
  cli::ProgressBar bar("tokens");
  const aria::ProgressCallback draw = bar.callback();
  plan.on_progress = [&](std::size_t done, std::size_t total) {
    sampled.steps = done;
    if (draw) draw({done * arguments.variations, total * arguments.variations});
  };
  const auto start = std::chrono::steady_clock::now();
  aria::Generation generation(model, arguments.sampling);
  sampled.sequences = generation.run(std::vector(arguments.variations, prompt), plan);
  sampled.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return sampled;
}

void print_speed(const Arguments& arguments, const Sampled& sampled) {
  const std::size_t tokens = sampled.steps * arguments.variations;
  std::printf("%s tokens in %.1f s, %s tokens/s\n", grouped_number(tokens).c_str(), sampled.seconds,
              aria::short_number(static_cast<double>(tokens) / sampled.seconds).c_str());
}

// "64 tokens given, 190 new"
std::string count_text(std::size_t prompt, std::size_t all) {
  return grouped_number(prompt) + " tokens given, " + grouped_number(all - prompt) + " new";
}

}  // namespace

int run(const Arguments& arguments) {
  const aria::ModelConfig config = aria::ModelConfig::find(arguments.model);
  const std::size_t most = prompt_length(arguments, config);
  const auto state = state_of(arguments.checkpoint, config, arguments.model);
  cli::keep_large_blocks();
  at::set_num_threads(static_cast<int>(arguments.threads));
  return with_tokenizer(arguments, state, [&](const auto& tokenizer) {
    const std::vector<TokenId> prompt = read_prompt(arguments, tokenizer, most);
    const Results results(arguments);
    const auto model = load_model(arguments, config, tokenizer.vocabulary().size(), state);
    aria::nn::SampledTransformer sampled_model(model, {.precision = arguments.precision});
    const auto plan = aria::continuation_plan(
        tokenizer, arguments.new_tokens.value_or(static_cast<std::size_t>(config.max_seq_len)), arguments.force_end);
    results.make_folder();
    const Sampled sampled = sample_all(arguments, sampled_model, prompt, plan);
    print_speed(arguments, sampled);

    const std::string name = std::filesystem::path(arguments.midi).filename().string();
    for (std::size_t number = 1; number <= sampled.sequences.size(); ++number) {
      const auto& sequence = sampled.sequences[number - 1];
      const auto music = aria::continued_piece(tokenizer, sequence, prompt.size());
      const std::string counts = count_text(prompt.size(), sequence.size());
      results.write(number, music, {.title = name + ", continuation " + std::to_string(number), .subtitle = counts});
      std::cout << "wrote " << cli::printable(results.name(number) + ".mid") << ": " << counts;
      if (const auto left_out = music.skipped.total()) {
        std::cout << ", " << grouped_number(left_out) << " of them left out as they make no sense where they stand";
      }
      std::cout << '\n';
    }
    std::cout << "To look at: " << cli::printable(results.name(1) + ".svg")
              << ", in a browser. To listen to: " << cli::printable(results.to_listen_to(1)) << '\n';
    return cli::kDone;
  });
}

}  // namespace sample
