// A training step against the same step in Python's torch (reference.py), in turn, with the same number of threads.
//
//     benchmark_training_step [THREADS]
//
// Python is the one with torch in it: /usr/bin/python3 (Debian: python3-torch), or what ARIA_PYTHON names.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/nn/model/transformer_lm.hpp>

#include "../support/measure.hpp"
#include "../support/memory.hpp"
#include "../support/process.hpp"
#include "../support/training_steps.hpp"

namespace {

using namespace aria::nn;

constexpr std::int64_t kVocabulary = 12595;  // of the lazy tokenizer

struct Case {
  std::string name;
  std::int64_t batch;
  Precision precision;
};

// Steps of one model on both sides.
struct Pair {
  Pair(const aria::ModelConfig& config, const Case& what, int threads)
      : theirs(ARIA_REFERENCE, arguments(config, what, threads)), ours(our_steps(config, what)) {}

  const benchmark::MemoryFolder folder;
  benchmark::PythonSteps theirs;
  benchmark::OurSteps ours;

 private:
  std::vector<std::string> arguments(const aria::ModelConfig& config, const Case& what, int threads) const {
    const std::string path = folder.path / "config.json";
    std::ofstream(path) << config.to_json();
    return {path,
            "--vocabulary",
            std::to_string(kVocabulary),
            "--batch",
            std::to_string(what.batch),
            "--threads",
            std::to_string(threads),
            "--precision",
            std::string(name_of(what.precision))};
  }

  static benchmark::OurSteps our_steps(const aria::ModelConfig& config, const Case& what) {
    TrainSettings settings;
    settings.precision = what.precision;
    torch::manual_seed(0);  // weights and tokens are Python's
    auto model = std::make_shared<TransformerLM>(config, kVocabulary);
    const torch::Tensor ids = torch::randint(1, kVocabulary, {what.batch, config.max_seq_len + 1}, torch::kLong);
    return {std::move(model), settings, ids};
  }
};

void measure(const Case& what, int threads) {
  aria::ModelConfig config = aria::ModelConfig::find(what.name);
  {
    config.drop_p = config.attention_drop_p = 0;
    Pair pair(config, what, threads);
    benchmark::check_equal(pair.ours, pair.theirs, what.precision == Precision::bf16 ? 2e-2 : 1e-3);
  }
  Pair pair(aria::ModelConfig::find(what.name), what, threads);
  char name[96];
  std::snprintf(name, sizeof name, "%-6s batch %lld, %s, %d threads", what.name.c_str(),
                static_cast<long long>(what.batch), std::string(name_of(what.precision)).c_str(), threads);
  benchmark::compare_steps(name, pair.ours, pair.theirs);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    at::set_num_threads(threads);
    benchmark::keep_large_blocks();
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      measure({"test", 8, precision}, threads);
      measure({"small", 2, precision}, threads);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nusage: %s [THREADS]\n", error.what(), argv[0]);
    return 1;
  }
}
