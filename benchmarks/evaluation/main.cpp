// Losses of a model on a file of sequences, aria::nn::evaluate, against the bare forward passes: logits of the same
// batches, which nobody looks at. In turn.
//
//     benchmark_evaluation [THREADS]
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/anticipation.hpp>
#include <aria/config/any_model_config.hpp>
#include <aria/dataset/line_dataset.hpp>
#include <aria/nn/evaluation/evaluate.hpp>
#include <aria/nn/model/make_model.hpp>
#include <aria/support/random.hpp>

#include "../support/measure.hpp"
#include "../support/memory.hpp"
#include "../support/process.hpp"

namespace {

using namespace aria::nn;
namespace amt = aria::anticipation;

using Data = std::shared_ptr<const aria::SequenceSource>;

// Lines as the Lakh recipe writes them: a flag, and events in the order of time.
Data write_lines(const std::string& path, std::size_t count) {
  const amt::Settings settings;
  aria::RandomStream random(1);
  std::ofstream out(path);
  for (std::size_t line = 0; line < count; ++line) {
    out << amt::kArrival.autoregress;
    std::uint64_t time = 0;
    for (std::size_t event = 0; event < settings.events_in_sequence(); ++event) {
      out << ' ' << time << ' ' << amt::kArrival.duration + random.below(settings.max_duration()) << ' '
          << amt::kArrival.note + random.below(8 * settings.pitches);
      time += random.below(20);
    }
    out << '\n';
  }
  out.close();
  const amt::ArrivalTokenizer tokenizer;
  return aria::source_of(std::make_shared<aria::LineDataset<amt::ArrivalTokenizer>>(path, tokenizer));
}

std::vector<torch::Tensor> sources_of(const Data& data, std::size_t batch_size) {
  std::vector<torch::Tensor> sources;
  BatchDataset batches(data);
  for (std::size_t first = 0; first < data->size(); first += batch_size) {
    std::vector<std::size_t> indices;
    for (std::size_t i = first; i < std::min(first + batch_size, data->size()); ++i) indices.push_back(i);
    sources.push_back(batches.get_batch(indices).source);
  }
  return sources;
}

struct Case {
  std::string name;
  aria::Gpt2Config config;
  std::size_t batch_size, batches;
};

void forward_passes(CausalTransformer& model, const std::vector<torch::Tensor>& sources, Precision precision) {
  const torch::NoGradGuard no_graph;
  for (const torch::Tensor& source : sources) {
    const AutocastGuard autocast(precision, torch::kCPU);
    benchmark::keep(model.forward(source));
  }
}

void measure(const Case& what, Precision precision) {
  const benchmark::MemoryFolder folder;
  const Data data = write_lines(folder.path / "lines.txt", what.batch_size * what.batches);
  torch::manual_seed(0);
  const auto model = make_model(what.config, 0);
  model->eval();
  const auto sources = sources_of(data, what.batch_size);
  const double tokens = static_cast<double>(data->size() * data->max_seq_len());
  const auto evaluation = [&] {
    const LossTally losses = evaluate(*model, data, {.batch_size = what.batch_size, .precision = precision});
    // Nothing comes behind the last token.
    if (losses.count() != data->size() * (data->max_seq_len() - 1)) throw std::runtime_error("targets are missing");
  };
  const auto speed = benchmark::compare(7, evaluation, [&] { forward_passes(*model, sources, precision); });
  std::printf(
      "%s, batch %zu, %s: %6.0f tokens/s   forward passes %6.0f tokens/s   ratio %.3f   (at least 0.90, aim "
      "0.97)\n",
      what.name.c_str(), what.batch_size, std::string(name_of(precision)).c_str(), tokens / speed.work_seconds,
      tokens / speed.reference_seconds, speed.ratio);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
    benchmark::keep_large_blocks();
    const Case small = {"4 layers, width 256", aria::detail::lakh_model(256, 4, 4, false), 4, 2};
    const Case lakh = {"lakh-small", *aria::ModelPreset::find("lakh-small").model.gpt2(), 2, 2};
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      measure(small, precision);
      measure(lakh, precision);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nusage: %s [THREADS]\n", error.what(), argv[0]);
    return 1;
  }
}
