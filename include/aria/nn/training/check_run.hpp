// Whether data sets, model and checkpoint belong together: everything that can be known before any work is done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <aria/config/json_difference.hpp>
#include <aria/config/json_view.hpp>
#include <aria/dataset/data_check.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/data/vocabulary_check.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/nn/training/settings.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

namespace detail {

inline Error unfit(const std::string& what, const std::string& path) {
  return Error(ErrorCode::invalid_argument, what, {.path = path});
}

inline void check_data(const SequenceSource& data, const TrainSettings& settings) {
  if (data.size() == 0) throw Error(ErrorCode::empty_result, "has no sequences", {.path = data.path()});
  const auto length = static_cast<std::uint64_t>(settings.model.max_seq_len());
  if (data.max_seq_len() != length) {
    throw unfit("has sequences of " + std::to_string(data.max_seq_len()) + " tokens, and the model " +
                    settings.model_name + " takes " + std::to_string(length) + " (max_seq_len)",
                data.path());
  }
  if (const auto known = settings.model.vocabulary()) {
    check_vocabulary(data, static_cast<std::uint64_t>(*known), settings.model_name);
  }
}

}  // namespace detail

/// Throws invalid_argument, with both values, where the data sets and the model do not have the same sequence length,
/// or the data sets not the same tokenizer; empty_result for one without sequences; and invalid_argument where the
/// training data are less than a step.
inline void check_run(const SequenceSource& train, const SequenceSource& validation, const TrainSettings& settings) {
  detail::check_data(train, settings);
  detail::check_data(validation, settings);
  if (train.tokenizer_name() != validation.tokenizer_name()) {
    throw detail::unfit("was made by the tokenizer \"" + validation.tokenizer_name() + "\", and " + train.path() +
                            " by \"" + train.tokenizer_name() + '"',
                        validation.path());
  }
  const JsonDocument ours(train.tokenizer_config()), theirs(validation.tokenizer_config());
  if (const auto difference = json_difference(theirs.root(), ours.root())) {
    throw detail::unfit("was made with other settings of the tokenizer than " + train.path() + ": " + *difference,
                        validation.path());
  }
  if (train.size() < settings.sequences_a_step()) {
    throw detail::unfit("has " + std::to_string(train.size()) + " sequences, fewer than the " +
                            std::to_string(settings.sequences_a_step()) + " of a step (--bs times --accumulate)",
                        train.path());
  }
}

/// Throws invalid_argument, with both values, where the tokenizer of a data set has other settings than those that a
/// checkpoint knows.
inline void check_tokenizer_config(const SequenceSource& data, const std::string& known) {
  const JsonDocument ours(data.tokenizer_config()), theirs(known);
  if (const auto difference = json_difference(ours.root(), theirs.root())) {
    throw detail::unfit("was made with other settings of the tokenizer than the checkpoint's data set: " + *difference,
                        data.path());
  }
}

/// Which file a data set is, for the state of a run; its hash is known only once all of it was read.
inline DataIdentity identity_of(const SequenceSource& data) {
  return {std::filesystem::absolute(data.path()).lexically_normal().string(), "", data.size()};
}

/// Throws invalid_argument, with both values, where a file is not the one that a checkpoint knows. Reads all of it.
inline void check_identity(const SequenceSource& data, const DataIdentity& known) {
  if (data.size() != known.sequences) {
    throw detail::unfit("has " + std::to_string(data.size()) + " sequences, and the data set of the checkpoint has " +
                            std::to_string(known.sequences),
                        data.path());
  }
  const std::string hash = DataIdentity::hash_text(file_fingerprint(data.path()));
  if (hash != known.hash) {
    throw detail::unfit(
        "is another file than the checkpoint's data set: its hash is " + hash + ", and that one's " + known.hash,
        data.path());
  }
}

}  // namespace aria::nn
