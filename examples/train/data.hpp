// The data sets that aria-train trains on.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/training/settings.hpp>

namespace train {

/// Opens a TokenizedDataset, or lines of ids. With `augment` its sequences are changed as these settings say, as far as
/// their tokens allow it: lines of ids are as they are, since the recipe has changed them already. Throws as these data
/// sets do.
std::shared_ptr<const aria::SequenceSource> open_data(const std::string& path,
                                                      std::optional<aria::LakhEncoding> encoding,
                                                      const aria::nn::TrainSettings* augment);

}  // namespace train
