// A training step against the same step in Python's torch (reference.py), in turn, with the same number of threads.
//
//     benchmark_training_step [THREADS]
//
// Python is the one with torch in it: /usr/bin/python3 (Debian: python3-torch), or what ARIA_PYTHON names.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aria/nn/model/transformer_lm.hpp>
#include <aria/nn/training/adamw.hpp>
#include <aria/nn/training/train_step.hpp>

#include "../support/measure.hpp"

namespace {

using namespace aria::nn;

constexpr std::int64_t kVocabulary = 12595;  // of the lazy tokenizer

struct Case {
  std::string name;
  std::int64_t batch;
  Precision precision;
};

// Python that makes a step whenever it is sent a line, and says how long that took, and the loss.
class PythonSteps {
 public:
  PythonSteps(const aria::ModelConfig& config, const Case& what, int threads) {
    std::ofstream(config_path()) << config.to_json();
    const char* python = std::getenv("ARIA_PYTHON");
    const std::vector<std::string> words = {python != nullptr ? python : "/usr/bin/python3",
                                            ARIA_REFERENCE,
                                            config_path(),
                                            "--vocabulary",
                                            std::to_string(kVocabulary),
                                            "--batch",
                                            std::to_string(what.batch),
                                            "--threads",
                                            std::to_string(threads),
                                            "--precision",
                                            std::string(name_of(what.precision))};
    start(words);
  }
  PythonSteps(const PythonSteps&) = delete;
  PythonSteps& operator=(const PythonSteps&) = delete;
  ~PythonSteps() {
    std::fclose(in_);
    std::fclose(out_);
    ::waitpid(child_, nullptr, 0);
    ::unlink(config_path().c_str());
  }

  struct Step {
    double seconds = 0, loss = 0;
  };
  Step step() {
    Step made;
    std::fputs("\n", in_);
    std::fflush(in_);
    if (std::fscanf(out_, "%lf %lf", &made.seconds, &made.loss) != 2) {
      throw std::runtime_error("Python does not run the reference: is torch installed in it? (Debian: python3-torch)");
    }
    return made;
  }

 private:
  static std::string config_path() { return "/tmp/aria-benchmark-" + std::to_string(::getpid()) + ".json"; }

  void start(const std::vector<std::string>& words) {
    int to[2], from[2];
    if (::pipe(to) != 0 || ::pipe(from) != 0) throw std::runtime_error("no pipes");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(to[0], 0);
      ::dup2(from[1], 1);
      for (const int end : {to[0], to[1], from[0], from[1]}) ::close(end);
      std::vector<char*> argv;
      for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    in_ = ::fdopen(to[1], "w");
    out_ = ::fdopen(from[0], "r");
  }

  pid_t child_ = 0;
  std::FILE* in_ = nullptr;
  std::FILE* out_ = nullptr;
};

class OurSteps {
 public:
  OurSteps(const aria::ModelConfig& config, const Case& what) {
    torch::manual_seed(0);  // weights and tokens are Python's
    model_ = std::make_unique<TransformerLM>(config, kVocabulary);
    optimizer_ = std::make_unique<AdamW>(*model_, settings_.optimizer);
    settings_.precision = what.precision;
    const torch::Tensor ids = torch::randint(1, kVocabulary, {what.batch, config.max_seq_len + 1}, torch::kLong);
    batch_ = {
        {ids.narrow(1, 0, config.max_seq_len).contiguous(), ids.narrow(1, 1, config.max_seq_len).contiguous(), {}}};
    model_->train();
  }

  double step() {
    const std::uint64_t targets = target_count(batch_, 0);
    const double loss = add_gradients(*model_, batch_, 0, targets, optimizer_->step_count(), settings_).item<double>();
    optimizer_->step(3e-4);
    optimizer_->zero_grad();
    return loss;
  }

 private:
  TrainSettings settings_;
  std::unique_ptr<TransformerLM> model_;
  std::unique_ptr<AdamW> optimizer_;
  std::vector<Batch> batch_;
};

// Both compute the same: three steps without dropout give the same losses.
void check_equal(aria::ModelConfig config, const Case& what, int threads) {
  config.drop_p = config.attention_drop_p = 0;
  PythonSteps theirs(config, what, threads);
  OurSteps ours(config, what);
  for (int i = 0; i < 3; ++i) {
    const double here = ours.step(), there = theirs.step().loss;
    const double allowed = what.precision == Precision::bf16 ? 2e-2 : 1e-3;
    if (!(std::abs(here - there) < allowed)) {
      throw std::runtime_error("the losses differ: " + std::to_string(here) + " and " + std::to_string(there));
    }
  }
}

void measure(const Case& what, int threads) {
  const aria::ModelConfig config = aria::ModelConfig::find(what.name);
  check_equal(config, what, threads);
  PythonSteps theirs(config, what, threads);
  OurSteps ours(config, what);
  std::vector<double> mine, reference, ratios;
  for (int round = -2; round < 7; ++round) {
    const double there = theirs.step().seconds;
    const double here = benchmark::seconds([&] { ours.step(); });
    if (round < 0) continue;
    mine.push_back(here);
    reference.push_back(there);
    ratios.push_back(here / there);
  }
  std::printf("%-6s batch %lld, %s, %d threads: %7.1f ms   Python %7.1f ms   ratio %.3f   (at most 1.05, aim 0.90)\n",
              what.name.c_str(), static_cast<long long>(what.batch), std::string(name_of(what.precision)).c_str(),
              threads, 1e3 * benchmark::median(mine), 1e3 * benchmark::median(reference), benchmark::median(ratios));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    at::set_num_threads(threads);
    ::mallopt(M_MMAP_MAX, 0);  // as aria-train does
    ::mallopt(M_TRIM_THRESHOLD, -1);
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
