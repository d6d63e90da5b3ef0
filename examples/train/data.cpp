// Opening data sets for training, whatever made them.
#include "data.hpp"

#include <utility>
#include <vector>

#include <aria/augmentation.hpp>

#include "../cli/data_sets.hpp"

namespace train {
namespace {

// In the order of default_augmentations; one whose range is 0 is left out.
template <aria::TypedTokenizer T>
std::vector<aria::Transform> augmentations_of(const T& tokenizer, const aria::nn::TrainSettings& settings) {
  std::vector<aria::Transform> all;
  if constexpr (aria::NoteTokenizer<T>) all.push_back(aria::ChordMixup(tokenizer));
  const auto velocity = static_cast<int>(settings.velocity_range), pitch = static_cast<int>(settings.pitch_range);
  if (velocity != 0) all.push_back(aria::VelocityAugmentation(tokenizer, velocity));
  if (pitch != 0) all.push_back(aria::PitchAugmentation(tokenizer, pitch));
  if (settings.tempo_range != 0) all.push_back(aria::TempoAugmentation(tokenizer, settings.tempo_range));
  return all;
}

}  // namespace

std::shared_ptr<const aria::SequenceSource> open_data(const std::string& path,
                                                      std::optional<aria::LakhEncoding> encoding,
                                                      const aria::nn::TrainSettings* augment) {
  return data_sets::open(path, encoding, aria::Reading::standard,
                         [&](auto& opened) -> std::shared_ptr<const aria::SequenceSource> {
                           using Data = std::remove_reference_t<decltype(opened)>;
                           auto data = std::make_shared<Data>(std::move(opened));
                           using T = std::remove_cvref_t<decltype(data->tokenizer())>;
                           if constexpr (aria::TypedTokenizer<T>) {
                             if (augment != nullptr) data->set_transform(augmentations_of(data->tokenizer(), *augment));
                           }
                           return aria::source_of(std::move(data));
                         });
}

}  // namespace train
