#include "data.hpp"

#include <utility>

#include <aria/augmentation.hpp>

#include "../cli/data_sets.hpp"

namespace train {

std::shared_ptr<const aria::SequenceSource> open_data(const std::string& path,
                                                      std::optional<aria::LakhEncoding> encoding, bool augment) {
  return data_sets::open(path, encoding, aria::Reading::standard,
                         [&](auto& opened) -> std::shared_ptr<const aria::SequenceSource> {
                           using Data = std::remove_reference_t<decltype(opened)>;
                           auto data = std::make_shared<Data>(std::move(opened));
                           using T = std::remove_cvref_t<decltype(data->tokenizer())>;
                           if constexpr (aria::TypedTokenizer<T>) {
                             if (augment) data->set_transform(aria::default_augmentations(data->tokenizer()));
                           }
                           return aria::source_of(std::move(data));
                         });
}

}  // namespace train
