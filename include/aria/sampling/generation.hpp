// Continuing sequences token by token.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <aria/sampling/language_model.hpp>
#include <aria/sampling/nucleus.hpp>
#include <aria/support/error.hpp>
#include <aria/support/random.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// How tokens are chosen.
struct SamplingOptions {
  double temperature = 0.85;         ///< 0: always the most probable token
  double top_p = 0.9;                ///< in (0, 1]: see Nucleus
  std::optional<double> guidance{};  ///< of classifier-free guidance (Sanchez et al.: "Stay on topic ...", 2023); above
                                     ///< 1: more of what the prompt makes likely
  std::uint64_t seed = 0;

  /// Throws invalid_argument, with the value.
  void validate() const {
    if (!(temperature >= 0 && temperature <= 1e6)) {
      throw Error(ErrorCode::invalid_argument,
                  "the temperature must be at least 0, and is " + std::to_string(temperature));
    }
    if (!(top_p > 0 && top_p <= 1)) {
      throw Error(ErrorCode::invalid_argument, "top-p must be above 0 and at most 1, and is " + std::to_string(top_p));
    }
    if (guidance && !std::isfinite(*guidance)) {
      throw Error(ErrorCode::invalid_argument, "guidance must be a number, and is " + std::to_string(*guidance));
    }
  }
};

/// Draws from nuclei; what is drawn for a sequence depends on the seed, the sequence and the place alone.
class RandomPicker {
 public:
  explicit RandomPicker(std::uint64_t seed) : seed_(seed) {}

  TokenId operator()(const NucleusSampler& sampler, const Nucleus& nucleus, std::size_t row, std::size_t place) const {
    RandomStream random(seed_, row, place);
    return sampler.draw(nucleus, random);
  }

 private:
  std::uint64_t seed_;
};

/// What is asked of one generation.
struct GenerationPlan {
  std::size_t max_new_tokens = 0;   ///< behind each prompt
  std::optional<TokenId> end{};     ///< a sequence is cut before the first of these
  std::optional<TokenId> ending{};  ///< see `force_end`
  bool force_end = false;           ///< has every sequence get `ending` kForcedEnd places before its end, unless it did
  std::function<bool(TokenId)>
      may_not_be_replaced{};     ///< by `ending`; for instance a duration, which belongs to its note
  std::vector<TokenId> never{};  ///< what no sequence goes on with, such as padding
  std::function<void(std::size_t done, std::size_t total)> on_progress{};  ///< in places

  static constexpr std::size_t kForcedEnd = 130;
};

/// Continues prompts, as the original's greedy_sample does (EleutherAI/aria, aria/sample.py). Prompts may differ in
/// length unless there is guidance; none is longer than the model's max_seq_len, which bounds what comes out.
///
///     Generation generation(model, {.temperature = 0.85, .top_p = 0.9, .seed = 1});
///     const auto sequences = generation.run(prompts, {.max_new_tokens = 512, .end = end});
template <LanguageModel Model, class Picker = RandomPicker>
class Generation {
 public:
  Generation(Model& model, const SamplingOptions& options) : Generation(model, options, RandomPicker(options.seed)) {}
  Generation(Model& model, const SamplingOptions& options, Picker picker)
      : model_(model), options_(options), picker_(std::move(picker)) {
    options_.validate();
  }

  /// The prompts with what follows. Throws invalid_argument for an empty prompt, for one that leaves no room in the
  /// model's context, for tokens that the model does not know, and for guidance over prompts of different lengths;
  /// not_finite where the model gives no numbers.
  std::vector<std::vector<TokenId>> run(const std::vector<std::vector<TokenId>>& prompts, const GenerationPlan& plan) {
    begin(prompts, plan);
    for (std::size_t place = shortest_; place < total_ && !has_finished(); ++place) {
      fill_logits(place);
      forbid(plan.never);
      choose_all(place);
      check_chosen(place);
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        const TokenId next = place < prompts[row].size() ? prompts[row][place] : chosen_[row];
        rows_[row].push_back(ended(row, place, next, plan));
        if (rows_[row].back() == plan.end) finished_[row] = true;
      }
      if (plan.on_progress) plan.on_progress(place + 1 - shortest_, total_ - shortest_);
    }
    return cut(prompts, plan);
  }

 private:
  static constexpr TokenId kNone = std::numeric_limits<TokenId>::max();

  using Context = decltype(std::declval<Model&>().begin(std::size_t{1}));

  void begin(const std::vector<std::vector<TokenId>>& prompts, const GenerationPlan& plan) {
    check(prompts);
    total_ = std::min<std::size_t>(model_.max_seq_len(), plan.max_new_tokens + longest_);
    if (plan.force_end && total_ < longest_ + GenerationPlan::kForcedEnd + 1) {
      throw Error(ErrorCode::invalid_argument,
                  "a forced end needs room for more than " + std::to_string(GenerationPlan::kForcedEnd) +
                      " tokens behind the prompt, and there are " + std::to_string(total_ - longest_));
    }
    rows_.assign(prompts.size(), {});
    for (std::size_t row = 0; row < prompts.size(); ++row) {
      rows_[row].reserve(total_);
      rows_[row].assign(prompts[row].begin(), prompts[row].begin() + static_cast<std::ptrdiff_t>(shortest_));
    }
    ending_.assign(prompts.size(), false);
    finished_.assign(prompts.size(), false);
    context_.emplace(model_.begin(prompts.size()));
    plain_.emplace(model_.begin(prompts.size()));
    seen_ = 0;
    plain_seen_ = longest_;
  }

  void check(const std::vector<std::vector<TokenId>>& prompts) {
    shortest_ = longest_ = prompts.empty() ? 0 : prompts.front().size();
    for (const auto& prompt : prompts) {
      shortest_ = std::min(shortest_, prompt.size());
      longest_ = std::max(longest_, prompt.size());
      for (const TokenId token : prompt) {
        if (token < model_.vocabulary_size()) continue;
        throw Error(ErrorCode::invalid_argument, "the prompt has the token " + std::to_string(token) +
                                                     ", and the model knows " +
                                                     std::to_string(model_.vocabulary_size()));
      }
    }
    if (shortest_ == 0) throw Error(ErrorCode::invalid_argument, "there is no prompt, or one is empty");
    if (longest_ >= model_.max_seq_len()) {
      throw Error(ErrorCode::invalid_argument, "a prompt of " + std::to_string(longest_) +
                                                   " tokens leaves no room in the model's context of " +
                                                   std::to_string(model_.max_seq_len()));
    }
    if (options_.guidance && shortest_ != longest_) {
      throw Error(ErrorCode::invalid_argument, "guidance needs prompts of one length, and they have " +
                                                   std::to_string(shortest_) + " to " + std::to_string(longest_));
    }
  }

  // What follows will be cut off in all rows.
  bool has_finished() const { return std::find(finished_.begin(), finished_.end(), false) == finished_.end(); }

  // Logits of the token at `place`, for all rows, guided where they are to be.
  void fill_logits(std::size_t place) {
    append(*context_, seen_, place, logits_);
    if (!options_.guidance || place <= longest_) return;
    append(*plain_, plain_seen_, place, plain_logits_);
    const auto gamma = static_cast<float>(*options_.guidance);
    for (std::size_t i = 0; i < logits_.size(); ++i) {
      logits_[i] = plain_logits_[i] + gamma * (logits_[i] - plain_logits_[i]);
    }
  }

  void append(Context& context, std::size_t& seen, std::size_t place, std::vector<float>& logits) {
    tokens_.clear();
    for (const auto& row : rows_) {
      tokens_.insert(tokens_.end(), row.begin() + static_cast<std::ptrdiff_t>(seen),
                     row.begin() + static_cast<std::ptrdiff_t>(place));
    }
    logits.resize(rows_.size() * model_.vocabulary_size());
    model_.append(context, std::span<const TokenId>(tokens_), std::span<float>(logits));
    seen = place;
  }

  void forbid(const std::vector<TokenId>& never) {
    for (const TokenId token : never) {
      if (token >= model_.vocabulary_size()) continue;
      for (std::size_t i = token; i < logits_.size(); i += model_.vocabulary_size()) {
        logits_[i] = -std::numeric_limits<float>::infinity();
      }
    }
  }

  // Rows are shared among threads where OpenMP is on and what is drawn in one does not depend on the others.
  void choose_all(std::size_t place) {
    chosen_.resize(rows_.size());
#ifdef _OPENMP
    if constexpr (std::is_same_v<Picker, RandomPicker>) {
      samplers_.resize(static_cast<std::size_t>(omp_get_max_threads()));
#pragma omp parallel for
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        chosen_[row] = choose(samplers_[static_cast<std::size_t>(omp_get_thread_num())], row, place);
      }
      return;
    }
#endif
    samplers_.resize(1);
    for (std::size_t row = 0; row < rows_.size(); ++row) chosen_[row] = choose(samplers_.front(), row, place);
  }

  TokenId choose(NucleusSampler& sampler, std::size_t row, std::size_t place) {
    const std::size_t size = model_.vocabulary_size();
    const auto logits = std::span<const float>(logits_).subspan(row * size, size);
    if (options_.temperature == 0) {
      const TokenId token = most_probable(logits);
      return std::isfinite(logits[token]) ? token : kNone;
    }
    sampler.weigh(logits, options_.temperature);
    if (!sampler.is_usable()) return kNone;
    return picker_(sampler, sampler.nucleus(options_.top_p), row, place);
  }

  // Not thrown where it is found: threads cannot.
  void check_chosen(std::size_t place) const {
    const auto row = std::find(chosen_.begin(), chosen_.end(), kNone) - chosen_.begin();
    if (row == static_cast<std::ptrdiff_t>(chosen_.size())) return;
    throw Error(ErrorCode::not_finite, "the model gives no numbers for token " + std::to_string(place) +
                                           " of sequence " + std::to_string(row) + ": its weights may be broken");
  }

  // The token, or the one that begins the end where it is time for that.
  TokenId ended(std::size_t row, std::size_t place, TokenId next, const GenerationPlan& plan) {
    if (!plan.ending) return next;
    const bool due = plan.force_end && place + GenerationPlan::kForcedEnd >= total_ && !ending_[row];
    if (due && !(plan.may_not_be_replaced && plan.may_not_be_replaced(next))) next = *plan.ending;
    if (next == *plan.ending) ending_[row] = true;
    return next;
  }

  std::vector<std::vector<TokenId>> cut(const std::vector<std::vector<TokenId>>& prompts, const GenerationPlan& plan) {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      rows_[row].resize(std::min(rows_[row].size(), prompts[row].size() + plan.max_new_tokens));
      if (plan.end) rows_[row].erase(std::find(rows_[row].begin(), rows_[row].end(), *plan.end), rows_[row].end());
    }
    return std::move(rows_);
  }

  Model& model_;
  SamplingOptions options_;
  Picker picker_;
  std::vector<NucleusSampler> samplers_;  // one a thread
  std::optional<Context> context_, plain_;
  std::vector<std::vector<TokenId>> rows_;
  std::vector<bool> ending_, finished_;
  std::vector<TokenId> tokens_, chosen_;
  std::vector<float> logits_, plain_logits_;
  std::size_t shortest_ = 0, longest_ = 0, total_ = 0, seen_ = 0, plain_seen_ = 0;
};

}  // namespace aria
