// What a run says: how large the model is, what a step costs, how fast it goes, what an epoch came to.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <aria/drawing/axis.hpp>
#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/costs.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/nn/training/settings.hpp>

namespace aria::nn {

/// "1.23 TFLOP": three digits and the prefix of the unit.
inline std::string in_units(double value, const std::string& unit) {
  constexpr std::string_view kPrefixes = "kMGTPE";
  std::size_t power = 0;
  for (; value >= 999.5 && power < kPrefixes.size(); ++power) value /= 1000;
  char text[40];
  std::snprintf(text, sizeof text, "%.3g ", value);
  return text + (power == 0 ? "" : std::string(1, kPrefixes[power - 1])) + unit;
}

/// "1.2 TFLOP a step, 89 TFLOP/s reached, 9 % of the peak of NVIDIA H100 80GB HBM3", or of so many of them.
inline std::string speed_text(double flops, double seconds, const torch::Device& device, Precision precision,
                              std::uint64_t devices = 1) {
  std::string text = in_units(flops, "FLOP") + " a step, " + in_units(flops / seconds, "FLOP/s") + " reached";
  if (const auto gpu = gpu_name(device)) {
    const auto peak = peak_flops(*gpu, precision);
    char share[40];
    if (peak)
      std::snprintf(share, sizeof share, ", %.1f %% of the peak of ",
                    100 * flops / seconds / *peak / static_cast<double>(devices));
    text += (peak ? share : " on ") + (devices > 1 ? std::to_string(devices) + " " : "") + *gpu;
  }
  return text;
}

/// "12.30 %".
inline std::string percent_text(double share) {
  char text[40];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

/// Four digits behind the point.
inline std::string loss_text(double loss) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4f", loss);
  return text;
}

/// ", perplexity of an event 46.5M, onset ...", where events have parts; else nothing.
inline std::string perplexity_text(const LossTally& tally) {
  if (tally.parts() != 3) return "";
  return ", perplexity of an event " + short_number(tally.event_perplexity()) + ", onset " +
         short_number(tally.part_perplexity(0)) + ", duration " + short_number(tally.part_perplexity(1)) + ", note " +
         short_number(tally.part_perplexity(2));
}

/// Of the sequences at the end of an epoch, at least one.
inline std::string left_out_text(std::uint64_t count) {
  if (count == 1) return "1 sequence left out: it does not fill a step";
  return std::to_string(count) + " sequences left out: they do not fill a step";
}

/// Floating-point operations of a step of all processes.
inline double step_flops(const TransformerSizes& sizes, const TrainSettings& settings) {
  return training_flops_per_token(sizes, sizes.max_seq_len) * static_cast<double>(settings.sequences_a_step()) *
         static_cast<double>(sizes.max_seq_len);
}

/// "Model has 5,171,712 parameters; training takes about 812 MB of memory, and a step 32.7 GFLOP".
inline std::string size_text(const CausalTransformer& model, const TrainSettings& settings,
                             const torch::Device& device) {
  const std::uint64_t parameters = parameter_count(model);
  const double memory = training_memory(model.sizes(), parameters, static_cast<std::int64_t>(settings.batch_size),
                                        settings.precision, detail::rows_at_a_time(device));
  return "Model has " + grouped_number(parameters) + " parameters; training takes about " + in_units(memory, "B") +
         " of memory, and a step " + in_units(step_flops(model.sizes(), settings), "FLOP");
}

}  // namespace aria::nn
