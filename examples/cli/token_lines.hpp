// Files of token lines, as the Lakh recipe writes them: which encoding they are of, and how they become music.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/anticipation/arrival_tokenizer.hpp>
#include <aria/anticipation/instrument_tracks.hpp>
#include <aria/anticipation/interarrival_tokenizer.hpp>
#include <aria/dataset/decimal_line.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

#include "program.hpp"

namespace token_lines {

using aria::LakhEncoding;
using aria::TokenId;
using aria::anticipation::ArrivalTokenizer;
using aria::anticipation::InterarrivalTokenizer;

/// For the options of a command.
inline constexpr const char* kEncodingHelp =
    "of lines of ids: arrival or interarrival (default: arrival if the first id is 55026 or 55027, else what the first "
    "line makes more sense as)";

/// What --encoding says. Throws UsageError.
inline std::optional<LakhEncoding> encoding_of(const cxxopts::ParseResult& arguments) {
  if (arguments.count("encoding") == 0) return std::nullopt;
  const auto name = cli::value_of<std::string>(arguments, "encoding");
  if (name == ArrivalTokenizer::name()) return LakhEncoding::arrival;
  if (name == InterarrivalTokenizer::name()) return LakhEncoding::interarrival;
  throw cli::UsageError("--encoding must be arrival or interarrival");
}

/// Throws UsageError where --encoding is said of anything but lines of ids.
inline void check_encoding_option(const cxxopts::ParseResult& arguments, bool is_lines) {
  if (encoding_of(arguments) && !is_lines) throw cli::UsageError("--encoding: the input holds no lines of ids");
}

/// Whether a file that starts like this holds lines of ids: nothing else that the program knows starts with a digit.
inline bool is_start(std::string_view start) { return !start.empty() && start[0] >= '0' && start[0] <= '9'; }

/// Throws not_found or io.
inline bool is_file(const std::string& path) {
  const aria::OpenFile file = aria::open_file(path);
  char first = 0;
  return is_start({&first, aria::read_up_to(file.descriptor, &first, 1, path)});
}

/// The encoding of a sequence, without help. One of the arrival encoding begins with a flag, or has ids that the other
/// one has not. What else it is, is the one in which fewer of its ids make no sense.
inline LakhEncoding guess(std::span<const TokenId> ids) {
  using namespace aria::anticipation;
  if (!ids.empty() && (ids[0] == kArrival.autoregress || ids[0] == kArrival.anticipate)) return LakhEncoding::arrival;
  const auto beyond = [](TokenId id) { return id >= kInterarrival.size; };
  if (std::any_of(ids.begin(), ids.end(), beyond)) return LakhEncoding::arrival;
  aria::SkippedTokens arrival, interarrival;
  ArrivalTokenizer().notes(ids, &arrival);
  InterarrivalTokenizer().notes(ids, &interarrival);
  return arrival.total() <= interarrival.total() ? LakhEncoding::arrival : LakhEncoding::interarrival;
}

/// The same for the first line of a file; arrival where there is none that can be read. Throws not_found or io.
inline LakhEncoding guess_of_file(const std::string& path) {
  constexpr std::size_t kMostBytes = 1 << 20, kPadding = aria::DecimalLineReader::kPadding;
  const aria::OpenFile file = aria::open_file(path);
  std::string start(kMostBytes + kPadding, '\0');
  start.resize(aria::read_up_to(file.descriptor, start.data(), kMostBytes, path) + kPadding);
  const std::string_view line = std::string_view(start).substr(0, std::min(start.find('\n'), start.size() - kPadding));
  const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' ')) + 1;
  std::vector<TokenId> ids;
  try {
    aria::DecimalLineReader(aria::anticipation::kArrival.size, count).read(line, ids);
  } catch (const aria::Error&) {  // told by the one who reads it with a number
    return LakhEncoding::arrival;
  }
  return guess(ids);
}

/// Calls `use` with the tokenizer whose ids a file has.
template <class Use>
auto with_tokenizer(const std::string& path, std::optional<LakhEncoding> encoding, Use use) {
  if (!encoding) encoding = guess_of_file(path);
  if (*encoding == LakhEncoding::interarrival) return use(InterarrivalTokenizer());
  return use(ArrivalTokenizer());
}

template <class T>
inline constexpr bool kIsEncoding = std::is_same_v<T, ArrivalTokenizer> || std::is_same_v<T, InterarrivalTokenizer>;

/// Writes a sequence to a sink of write_midi_file, with a track for every instrument. What makes no sense is left out.
/// Standard: notes that never end do so with the sequence, and those of length 0, which many programs leave out, last a
/// bin. Reference: notes end as their tokens say, or not.
template <class T, class Sink>
void write_tracks(const T& tokenizer, std::span<const TokenId> tokens, aria::Reading reading, Sink sink) {
  using namespace aria::anticipation;
  if constexpr (std::is_same_v<T, InterarrivalTokenizer>) {
    if (reading == aria::Reading::reference) {
      return interarrival_to_midi(tokens, sink, reading, tokenizer.settings());
    }
  }
  std::vector<CompoundEvent> notes = tokenizer.notes(tokens);
  if (reading == aria::Reading::standard) {
    for (CompoundEvent& note : notes) note.duration = std::max(note.duration, Bins{1});
  }
  compound_to_midi(notes, sink, reading, tokenizer.settings());
}

/// Which notes of `tokenizer.detokenize(tokens)` are controls.
inline std::vector<bool> controls_of(const ArrivalTokenizer& tokenizer, std::span<const TokenId> tokens) {
  const aria::anticipation::ArrivalVocabulary& ids = tokenizer.ids();
  std::vector<bool> controls;  // in the order of tokens
  for (std::size_t i = 0; i + 2 < tokens.size();) {
    const TokenId block = tokens[i] >= ids.control && tokens[i] < ids.separator ? ids.control : 0;
    const bool is_note = tokens[i] - block < ids.max_time && tokens[i + 1] - block - ids.duration < ids.max_duration &&
                         tokens[i + 2] - block - ids.note < ids.rest - ids.note;
    if (is_note) controls.push_back(block != 0);
    i += is_note ? 3 : 1;
  }
  aria::SkippedTokens skipped;
  const auto notes = aria::anticipation::detail::ArrivalReader(ids, skipped).read(tokens);
  controls.resize(notes.size());
  std::vector<std::size_t> order(notes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return notes[a].time < notes[b].time; });
  std::vector<bool> sorted;
  for (const std::size_t i : order) sorted.push_back(controls[i]);
  return sorted;
}

}  // namespace token_lines
