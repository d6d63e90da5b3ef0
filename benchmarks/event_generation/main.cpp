// Half a minute of music of one event every 0.1 s, by a GPT-2 of the size of lakh-small: with keys and values kept,
// against the original's loop (anticipation/sample.py), which computes the logits of all positions for every token.
//
//     benchmark_event_generation [THREADS [ROUNDS]]
//
// Weights are random, so tokens are chosen by number: all programs write the same music. The sampler does its work, and
// what it draws is passed over. The loops without cache take a quarter of an hour: they compute every 60th token, which
// stands for the 60 around it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aria/anticipation.hpp>
#include <aria/config/any_model_config.hpp>
#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/make_model.hpp>
#include <aria/nn/sampling/sampled_transformer.hpp>
#include <aria/sampling/event_generation.hpp>

#include "../support/measure.hpp"
#include "../support/memory.hpp"

namespace {

using namespace aria::nn;
using aria::TokenId;
namespace amt = aria::anticipation;

constexpr amt::Bins kEnd{3000}, kStep{10};
constexpr std::size_t kTokens = 3 * (kEnd.count / kStep.count);  // the last event is behind the end
constexpr std::size_t kVariations = 8;

// An event every kStep of an instrument that may always play.
class SteadyPicker {
 public:
  TokenId operator()(const aria::NucleusSampler& sampler, const aria::Nucleus& nucleus, std::size_t row,
                     std::size_t place) const {
    benchmark::keep(aria::RandomPicker(1)(sampler, nucleus, row, place));
    const auto number = static_cast<TokenId>(place / 3 + row);
    if (place % 3 == 1) return amt::kArrival.duration + 10 + number % 40;
    if (place % 3 == 2) return amt::kArrival.note + 40 + number * 7 % 48;
    TokenId earliest = 0;  // the time of the event before
    while (sampler.weights()[earliest] == 0) ++earliest;
    return earliest + static_cast<TokenId>(kStep.count);
  }
};

struct Music {
  double seconds = 0;
  std::vector<amt::GeneratedEvents> variations;
};

template <aria::LanguageModel Model>
Music generate(Model& model, std::size_t variations) {
  Music music;
  amt::EventGenerator generator(model, {.temperature = 1, .top_p = 0.98}, SteadyPicker());
  music.seconds =
      benchmark::seconds([&] { music.variations = generator.generate({.end = kEnd, .variations = variations}); });
  return music;
}

// A sequence whose logits are computed anew for each token, by `logits_of`, but in truth only for every 60th: those of
// the others are the same again.
class UncachedLoop {
 public:
  static constexpr std::size_t kEvery = 60;
  using LogitsOf = std::function<void(const std::vector<TokenId>& ids, std::span<float> logits)>;

  UncachedLoop(std::size_t vocabulary, std::size_t longest, LogitsOf logits_of)
      : longest_(longest), logits_of_(std::move(logits_of)), logits_(vocabulary) {}

  std::size_t vocabulary_size() const { return logits_.size(); }
  std::size_t max_seq_len() const { return longest_; }

  using Context = std::vector<TokenId>;
  Context begin(std::size_t) const { return {}; }
  void truncate(Context& context, std::size_t length) const { context.resize(length); }

  void append(Context& context, std::span<const TokenId> tokens, std::span<float> logits) {
    context.insert(context.end(), tokens.begin(), tokens.end());
    if (calls_++ % kEvery == kEvery / 2) {
      measured_ += benchmark::seconds([&] { logits_of_(context, logits_); });
    }
    std::copy(logits_.begin(), logits_.end(), logits.begin());
  }

  /// Seconds that were measured.
  double measured() const noexcept { return measured_; }

 private:
  std::size_t longest_;
  LogitsOf logits_of_;
  std::vector<float> logits_;
  std::size_t calls_ = 0;
  double measured_ = 0;
};

// What a loop takes that computes all tokens so.
Music generate_uncached(const SampledTransformer& like, const UncachedLoop::LogitsOf& logits_of) {
  UncachedLoop loop(like.vocabulary_size(), like.max_seq_len(), logits_of);
  Music music = generate(loop, 1);
  music.seconds += loop.measured() * (UncachedLoop::kEvery - 1);
  return music;
}

// GPT2LMHeadModel's.
UncachedLoop::LogitsOf all_logits(CausalTransformer& model, Precision precision) {
  return [&model, precision](const std::vector<TokenId>& ids, std::span<float> logits) {
    const torch::NoGradGuard no_graph;
    // Weights that were cast are kept, as the cached loop does.
    const AutocastGuard autocast(AutocastState{precision == Precision::bf16, torch::kBFloat16, true}, torch::kCPU);
    const std::vector<std::int64_t> numbers(ids.begin(), ids.end());
    const torch::Tensor all = model.forward(torch::tensor(numbers, torch::kLong).unsqueeze(0));
    torch::from_blob(logits.data(), {all.size(2)}, torch::kFloat).copy_(all.select(1, -1).squeeze(0));
  };
}

UncachedLoop::LogitsOf last_logits(SampledTransformer& sampled) {
  return [&sampled](const std::vector<TokenId>& ids, std::span<float> logits) {
    auto context = sampled.begin(1);
    sampled.append(context, ids, logits);
  };
}

void check_same(const Music& a, const Music& b) {
  const auto& added = a.variations.front().added;
  if (added.size() != kTokens - 3) throw std::runtime_error("the music has not the events that were wanted");
  if (added != b.variations.front().added) throw std::runtime_error("the loops write different music");
}

void measure(const std::shared_ptr<CausalTransformer>& model, Precision precision, int rounds) {
  SampledTransformer cached(model, {.precision = precision});
  SampledTransformer uncached(model, {.cached = false, .precision = precision});
  std::vector<double> ours, all, last, many, to_all, to_last, many_to_all;
  for (int round = 0; round < rounds; ++round) {
    const Music original = generate_uncached(cached, all_logits(*model, precision));
    const Music one = generate(cached, 1);
    const Music fair = generate_uncached(cached, last_logits(uncached));
    const Music eight = generate(cached, kVariations);
    check_same(one, original);
    check_same(one, fair);
    check_same(one, eight);
    ours.push_back(one.seconds);
    all.push_back(original.seconds);
    last.push_back(fair.seconds);
    many.push_back(eight.seconds);
    to_all.push_back(original.seconds / one.seconds);
    to_last.push_back(fair.seconds / one.seconds);
    many_to_all.push_back(kVariations * original.seconds / eight.seconds);
  }
  using benchmark::median;
  const std::string name(name_of(precision));
  std::printf("%s, %zu tokens: %.1f s, the original's loop %.0f s   %.1f times as fast   (at least 5, aim 12)\n",
              name.c_str(), kTokens, median(ours), median(all), median(to_all));
  std::printf("    a loop without cache that computes the last logits alone: %.0f s   %.1f times as fast\n",
              median(last), median(to_last));
  std::printf(
      "%s, %zu variations at once: %.1f s   %.1f times as fast as the original's loop, one after the other   "
      "(at least 12, aim 25)\n",
      name.c_str(), kVariations, median(many), median(many_to_all));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    benchmark::keep_large_blocks();
    torch::manual_seed(0);
    const auto model = make_model(aria::ModelPreset::find("lakh-small").model, 0);
    std::printf("lakh-small, 30 s of music; loops without cache: every %zuth token is computed, and counts %zu times\n",
                UncachedLoop::kEvery, UncachedLoop::kEvery);
    measure(model, Precision::fp32, rounds);
    measure(model, Precision::bf16, rounds);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nusage: %s [THREADS [ROUNDS]]\n", error.what(), argv[0]);
    return 1;
  }
}
