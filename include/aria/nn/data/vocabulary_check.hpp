// Whether a model has the tokens of a data set.
#pragma once

#include <cstdint>
#include <string>

#include <aria/anticipation/interarrival_tokenizer.hpp>
#include <aria/anticipation/vocabulary.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// Throws invalid_argument, with both numbers, where the vocabulary of a data set is not that of a model which knows
/// `known` tokens. The interarrival-time encoding may have a model with the tokens of the arrival-time encoding, as the
/// original trains them.
inline void check_vocabulary(const SequenceSource& data, std::uint64_t known, const std::string& model) {
  const std::uint64_t size = data.vocabulary().size();
  if (known == size) return;
  const bool interarrival = data.tokenizer_name() == anticipation::InterarrivalTokenizer::name();
  if (interarrival && known == anticipation::kArrival.size) return;
  throw Error(ErrorCode::invalid_argument,
              "has the " + grouped_number(size) + " tokens of the encoding " + data.tokenizer_name() +
                  ", and the model " + model + " knows " + grouped_number(known) + " (vocab_size)",
              {.path = data.path()});
}

}  // namespace aria::nn
