// Steps of training, ours and those of a program in Python's torch, in turn.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/training/adamw.hpp>
#include <aria/nn/training/train_step.hpp>

#include "measure.hpp"

namespace benchmark {

/// Python that makes a step whenever it is sent a line, and says how long that took, and the loss.
class PythonSteps {
 public:
  /// Runs `program` in /usr/bin/python3 (Debian: python3-torch), or in what ARIA_PYTHON names.
  PythonSteps(const std::string& program, const std::vector<std::string>& arguments) {
    const char* python = std::getenv("ARIA_PYTHON");
    std::vector<std::string> words = {python != nullptr ? python : "/usr/bin/python3", program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    start(words);
  }
  PythonSteps(const PythonSteps&) = delete;
  PythonSteps& operator=(const PythonSteps&) = delete;
  ~PythonSteps() {
    std::fclose(in_);
    std::fclose(out_);
    ::waitpid(child_, nullptr, 0);
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

/// What a Trainer does in a step, on the same batch every time: rows of `ids` without the last and without the first
/// one.
class OurSteps {
 public:
  OurSteps(std::shared_ptr<aria::nn::CausalTransformer> model, aria::nn::TrainSettings settings,
           const torch::Tensor& ids)
      : settings_(std::move(settings)), model_(std::move(model)), optimizer_(*model_, settings_.optimizer) {
    const std::int64_t length = ids.size(1) - 1;
    batch_ = {{ids.narrow(1, 0, length).contiguous(), ids.narrow(1, 1, length).contiguous(), {}}};
    model_->train();
  }

  double step() {
    using namespace aria::nn;
    const std::uint64_t targets = target_count(batch_, 0);
    const double loss = add_gradients(*model_, batch_, 0, targets, optimizer_.step_count(), settings_).item<double>();
    const double norm = settings_.clip > 0 ? optimizer_.gradient_norm().item<double>() : 0;
    optimizer_.step(settings_.peak_rate, clip_scale(norm, settings_.clip));
    optimizer_.zero_grad();
    return loss;
  }

 private:
  aria::nn::TrainSettings settings_;
  std::shared_ptr<aria::nn::CausalTransformer> model_;
  aria::nn::AdamW optimizer_;
  std::vector<aria::nn::Batch> batch_;
};

/// Both compute the same: three steps without dropout give losses that differ by less than `allowed`.
inline void check_equal(OurSteps& ours, PythonSteps& theirs, double allowed) {
  for (int i = 0; i < 3; ++i) {
    const double here = ours.step(), there = theirs.step().loss;
    if (!(std::abs(here - there) < allowed)) {
      throw std::runtime_error("the losses differ: " + std::to_string(here) + " and " + std::to_string(there));
    }
  }
}

/// Measures both in turn, and prints a line.
inline void compare_steps(const std::string& what, OurSteps& ours, PythonSteps& theirs) {
  std::vector<double> mine, reference, ratios;
  for (int round = -2; round < 7; ++round) {
    const double there = theirs.step().seconds;
    const double here = seconds([&] { ours.step(); });
    if (round < 0) continue;
    mine.push_back(here);
    reference.push_back(there);
    ratios.push_back(here / there);
  }
  std::printf("%s: %7.1f ms   Python %7.1f ms   ratio %.3f   (at most 1.05, aim 0.90)\n", what.c_str(),
              1e3 * median(mine), 1e3 * median(reference), median(ratios));
  std::fflush(stdout);
}

}  // namespace benchmark
