// Whether all processes were started with the same options and data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aria/config/json_difference.hpp>
#include <aria/config/json_view.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/json_object.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/hash128.hpp>

namespace aria::nn {

namespace detail {

// Its size and the bytes of 256 places, which is done at once; the whole is compared before the first checkpoint.
inline std::string sample_of(std::span<const std::byte> bytes) {
  constexpr std::size_t kPlaces = 256, kBytes = 4096;
  Hash128 hash{bytes.size(), 0};
  const std::size_t length = std::min(kBytes, bytes.size());
  for (std::size_t i = 0; i < kPlaces; ++i) {
    hash = hash128(bytes.subspan((bytes.size() - length) / (kPlaces - 1) * i, length), hash);
  }
  return DataIdentity::hash_text(hash);
}

inline JsonObject data_of(const SequenceSource& data) {
  const MappedFile file(data.path());
  return JsonObject()
      .add("sequences", static_cast<std::uint64_t>(data.size()))
      .add("bytes", static_cast<std::uint64_t>(file.bytes().size()))
      .add("sample_hash", sample_of(file.bytes()));
}

}  // namespace detail

/// Throws invalid_argument in all processes, naming what differs and both values, where one would not do what rank 0
/// does. Devices, threads and paths may differ.
inline void check_same_run(ProcessGroup& group, const RunState& state, const SequenceSource& train,
                           const SequenceSource& validation) {
  RunState comparable = state;
  comparable.settings.device = comparable.train.path = comparable.validation.path = "";
  comparable.settings.threads = 1;
  JsonObject ours;
  ours.add_raw("run", comparable.to_json());
  ours.add("train", detail::data_of(train)).add("validation", detail::data_of(validation));
  const std::string text = ours.text();
  const JsonDocument here(text), first(group.said_by(0, text));
  const auto difference = json_difference(here.root(), first.root());
  std::vector<double> differs(group.size(), 0.0);
  differs[group.rank()] = difference ? 1 : 0;
  group.sum(differs);
  const auto other = std::find(differs.begin(), differs.end(), 1.0);
  if (other == differs.end()) return;
  const auto rank = static_cast<std::uint64_t>(other - differs.begin());
  throw Error(ErrorCode::invalid_argument, "rank " + std::to_string(rank) +
                                               " was started with other options or data than rank 0: there " +
                                               group.said_by(rank, difference.value_or("")));
}

}  // namespace aria::nn
