// From a model and perhaps a MIDI file to new music.
#include "run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <aria/drawing/axis.hpp>
#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/sampling/sampled_transformer.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/sampling/event_generation.hpp>

#include "../cli/checkpoint_paths.hpp"
#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/torch_program.hpp"
#include "results.hpp"
#include "score.hpp"

namespace generate {
namespace {

using aria::grouped_number;

// What a folder's model cannot do is an error of the folder; what cannot be asked of any model, one of the input.
template <class Work>
auto with_model(const Arguments& arguments, Work work) {
  const std::string folder = cli::newest_checkpoint(arguments.model);
  const auto model = aria::nn::load_model_folder(folder);
  model->to(aria::nn::find_device(arguments.device));
  aria::nn::SampledTransformer sampled(model, {.cached = arguments.cached, .precision = arguments.precision});
  const std::string* blamed = &folder;
  try {
    amt::EventGenerator generator(sampled, arguments.sampling);
    if (!arguments.input.empty()) blamed = &arguments.input;
    return work(generator);
  } catch (const aria::Error& error) {
    if (error.code() == aria::ErrorCode::not_finite) blamed = &folder;
    throw error.place().path.empty() ? error.in_file(*blamed) : error;
  }
}

std::vector<amt::GeneratedEvents> generate_all(const Arguments& arguments, amt::EventRequest request) {
  return with_model(arguments, [&](auto& generator) {
    cli::ProgressBar bar("s of music");
    const auto draw = bar.callback();
    const auto second = std::int64_t{amt::Settings().time_resolution};
    request.on_progress = [&](amt::Bins done, amt::Bins total) {
      const auto seconds = [second](amt::Bins bins) { return static_cast<std::uint64_t>(bins.count / second); };
      if (draw) draw({seconds(done), std::max<std::uint64_t>(seconds(total), 1)});
    };
    const auto start = std::chrono::steady_clock::now();
    auto music = generator.generate(request);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::size_t tokens = 0;
    for (const amt::GeneratedEvents& one : music) tokens += one.added.size();
    std::printf("%s new tokens in %.1f s, %s tokens/s\n", grouped_number(tokens).c_str(), seconds,
                aria::short_number(static_cast<double>(tokens) / std::max(seconds, 1e-9)).c_str());
    return music;
  });
}

// "120 notes given, 80 new"
std::string count_text(const amt::JoinedPiece& music) {
  const auto given = static_cast<std::size_t>(std::count(music.given.begin(), music.given.end(), true));
  return grouped_number(given) + " notes given, " + grouped_number(music.given.size() - given) + " new";
}

std::string title_of(const Arguments& arguments) {
  const std::string name = std::filesystem::path(arguments.input).filename().string();
  switch (arguments.way) {
    case Way::continue_it:
      return name + ", continued";
    case Way::accompany_it:
      return name + ", accompanied";
    case Way::fill_it:
      return name + ", filled in";
    default:
      return "New music";
  }
}

}  // namespace

int run(const Arguments& arguments) {
  cli::keep_large_blocks();
  at::set_num_threads(static_cast<int>(arguments.threads));
  const Results results(arguments);
  const Score score = read_score(arguments);
  const std::vector<amt::GeneratedEvents> all = generate_all(arguments, score.request);
  for (std::size_t number = 1; number <= all.size(); ++number) {
    const amt::JoinedPiece music = joined(arguments, score, all[number - 1]);
    const std::string counts = count_text(music);
    const std::string variation = all.size() == 1 ? "" : ", variation " + std::to_string(number);
    results.write(number, music, {.title = title_of(arguments) + variation, .subtitle = counts});
    std::cout << "wrote " << cli::printable(results.name(number) + ".mid") << ": " << counts << '\n';
  }
  std::cout << "To look at: " << cli::printable(results.name(1) + ".svg")
            << ", in a browser. To listen to: " << cli::printable(results.to_listen_to(1)) << '\n';
  return cli::kDone;
}

}  // namespace generate
