// What training does beside its steps: waiting for data, starting on a large data set, and the memory of a step with
// and without activation checkpoints.
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aria/augmentation.hpp>
#include <aria/dataset.hpp>
#include <aria/nn.hpp>
#include <aria/tokenizer.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"
#include "../support/process.hpp"
#include "../support/training.hpp"

namespace {

using namespace aria::nn;
using benchmark::build, benchmark::make_trainer, benchmark::stop_after;
void waiting(const std::string& corpus, const std::filesystem::path& folder) {
  TrainSettings settings;
  settings.model = aria::ModelConfig::find("test");
  settings.batch_size = 8;
  const std::string path = build(corpus, folder, 256, 400);
  const auto trainer = make_trainer(path, path, settings, ProjectDirectory::create((folder / "waiting").string()),
                                    {.workers = 1}, stop_after(30));
  trainer->run();
  std::printf(
      "test, batch 8, 1 worker, four augmentations: %.3f %% of a step is waiting for data   (below 2, aim 0.5)\n",
      100 * trainer->waiting_share());
}

void starting(const std::string& corpus, const std::filesystem::path& folder) {
  const std::string part = build(corpus, folder, 256, 4000), large = (folder / "large.jsonl").string();
  {
    std::ifstream in(part);
    std::string header, text, line;
    std::getline(in, header);
    while (std::getline(in, line)) text += line + '\n';
    std::ofstream out(large);
    out << header << '\n';
    for (std::size_t size = 0; size < 1'000'000'000; size += text.size()) out << text;
  }
  TrainSettings settings;
  settings.model =
      aria::ModelConfig{.d_model = 8, .n_heads = 1, .n_layers = 1, .ff_mult = 1, .drop_p = 0, .max_seq_len = 256};
  settings.batch_size = 1;
  std::vector<double> ratios, passes, starts;
  for (int round = -1; round < 5; ++round) {
    const double pass = benchmark::seconds([&] {
      benchmark::keep(aria::file_fingerprint(large));
      benchmark::keep(aria::TokenizedDatasetFile(large).size());
    });
    const std::string project = (folder / ("start" + std::to_string(round))).string();
    const auto begin = std::chrono::steady_clock::now();
    double start = 0;
    TrainEvents events;
    events.on_step = [&](const TrainProgress& progress) {
      if (progress.done.total_steps == 0)
        start = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    events.should_stop = [] { return true; };
    make_trainer(large, part, settings, ProjectDirectory::create(project), {.workers = 1}, events)->run();
    if (round < 0) continue;
    passes.push_back(pass);
    starts.push_back(start);
    ratios.push_back(start / pass);
  }
  std::printf(
      "data set of 1 GB: first step after %.2f s, hash and index take %.2f s   ratio %.2f   (at most 2, aim 1.2)\n",
      benchmark::median(starts), benchmark::median(passes), benchmark::median(ratios));
}

// The most memory that a step of `small` takes, in megabytes, beyond what there is before it: in a process of its own.
long step_memory(bool checkpoints) {
  int pipe[2];
  if (::pipe(pipe) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    auto config = aria::ModelConfig::find("small");
    config.grad_checkpoint = checkpoints;
    TransformerLM model(config, 12595);
    const torch::Tensor ids = torch::randint(1, 12595, {4, config.max_seq_len + 1}, torch::kLong);
    const std::vector<Batch> batch = {{ids.narrow(1, 0, 512).contiguous(), ids.narrow(1, 1, 512).contiguous(), {}}};
    struct rusage before {};
    ::getrusage(RUSAGE_SELF, &before);
    (void)add_gradients(model, batch, 0, 2048, 0, TrainSettings());
    struct rusage after {};
    ::getrusage(RUSAGE_SELF, &after);
    const long megabytes = (after.ru_maxrss - before.ru_maxrss) / 1024;
    if (::write(pipe[1], &megabytes, sizeof megabytes) != sizeof megabytes) ::_exit(1);
    ::_exit(0);
  }
  ::close(pipe[1]);
  long megabytes = 0;
  const bool read = ::read(pipe[0], &megabytes, sizeof megabytes) == sizeof megabytes;
  ::close(pipe[0]);
  ::waitpid(child, nullptr, 0);
  if (!read) throw std::runtime_error("a step failed");
  return megabytes;
}

void run(const std::string& corpus) {
  const long plain = step_memory(false), checkpointed = step_memory(true);  // before libtorch has threads
  std::printf("a step of small, 4 sequences: %ld MB, with activation checkpoints %ld MB   ratio %.2f\n", plain,
              checkpointed, static_cast<double>(checkpointed) / static_cast<double>(plain));
  const benchmark::MemoryFolder folder;
  at::set_num_threads(2);
  waiting(corpus, folder.path);
  starting(corpus, folder.path);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
