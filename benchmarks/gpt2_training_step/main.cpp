// A training step of a small GPT-2 with the vocabulary of the Anticipatory Music Transformer, against the same step in
// Python's torch (reference.py), in turn, with the same number of threads.
//
//     benchmark_gpt2_training_step [THREADS]
//
// Python is the one with torch in it: /usr/bin/python3 (Debian: python3-torch), or what ARIA_PYTHON names.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/nn/model/gpt2_lm.hpp>
#include <aria/nn/model/model_folder.hpp>

#include "../support/memory.hpp"
#include "../support/process.hpp"
#include "../support/training_steps.hpp"

namespace {

using namespace aria::nn;

constexpr std::int64_t kBatch = 2;

aria::Gpt2Config small_config(double dropout) {
  aria::Gpt2Config config = aria::detail::lakh_model(256, 4, 4, /*checkpointing=*/false);
  config.embd_pdrop = config.resid_pdrop = dropout;
  return config;
}

// As the published models were trained.
TrainSettings published_settings(Precision precision) {
  const aria::TrainingRecipe recipe;
  TrainSettings settings;
  settings.precision = precision;
  settings.peak_rate = recipe.learning_rate;
  settings.clip = recipe.max_grad_norm;
  settings.optimizer = {recipe.beta1, recipe.beta2, recipe.epsilon, recipe.weight_decay};
  return settings;
}

// Steps of one model on both sides.
struct Pair {
  Pair(double dropout, Precision precision, int threads)
      : ours(our_steps(dropout, precision, folder.path)),
        theirs(ARIA_REFERENCE, {folder.path, "--batch", std::to_string(kBatch), "--threads", std::to_string(threads),
                                "--precision", std::string(name_of(precision))}) {}

  const benchmark::MemoryFolder folder;
  benchmark::OurSteps ours;
  benchmark::PythonSteps theirs;

 private:
  // Python reads the weights from the folder.
  static benchmark::OurSteps our_steps(double dropout, Precision precision, const std::string& folder) {
    const aria::Gpt2Config config = small_config(dropout);
    torch::manual_seed(0);
    auto model = std::make_shared<Gpt2LM>(config);
    save_model_folder(*model, folder);
    torch::manual_seed(1);  // tokens are Python's
    const torch::Tensor ids = torch::randint(1, config.vocab_size, {kBatch, config.n_positions + 1}, torch::kLong);
    return {std::move(model), published_settings(precision), ids};
  }
};

void measure(Precision precision, int threads) {
  {
    Pair pair(0, precision, threads);
    benchmark::check_equal(pair.ours, pair.theirs, precision == Precision::bf16 ? 2e-2 : 1e-4);
  }
  Pair pair(0.1, precision, threads);
  char name[96];
  std::snprintf(name, sizeof name, "GPT-2 of 4 layers, width 256, batch %lld, %s, %d threads",
                static_cast<long long>(kBatch), std::string(name_of(precision)).c_str(), threads);
  benchmark::compare_steps(name, pair.ours, pair.theirs);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    at::set_num_threads(threads);
    benchmark::keep_large_blocks();
    for (const Precision precision : {Precision::fp32, Precision::bf16}) measure(precision, threads);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nusage: %s [THREADS]\n", error.what(), argv[0]);
    return 1;
  }
}
