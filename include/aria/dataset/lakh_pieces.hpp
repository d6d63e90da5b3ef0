// Where the Lakh recipe takes its pieces from: MIDI files, or the compound events beside them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/compound_text.hpp>
#include <aria/anticipation/interarrival_reader.hpp>
#include <aria/anticipation/piece.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/file.hpp>
#include <aria/token/token.hpp>

namespace aria::detail {

// A piece on its way.
struct LakhPiece {
  std::span<const anticipation::CompoundEvent> notes;
  std::vector<TokenId> interarrival;  // tokens, where these are wanted and the verdict is good
  std::uint64_t cut = 0;              // of their times
  anticipation::PieceVerdict verdict = anticipation::PieceVerdict::good;
  std::string remark;  // of a piece that is not quite whole
};

// Larger files are no music; what is made of one has to be held in memory.
inline constexpr std::uint64_t kMaxMidiBytes = 12 << 20, kMaxCompoundBytes = 128 << 20;

// Where in the tree a file lies that is known by the name it would have in the layout of the Lakh dataset.
using LakhPlaces = std::unordered_map<std::string, std::string>;

// Reads MIDI files. One a thread.
template <Reading reading>
class LakhMidiSource {
 public:
  LakhMidiSource(std::string folder, const LakhOptions& options, const LakhPlaces* places = nullptr)
      : folder_(std::move(folder)),
        places_(places),
        options_(options),
        notes_(options.settings),
        interarrival_(options.settings) {}

  // What the random numbers of a piece are named after.
  static std::string_view midi_path(std::string_view path) noexcept { return path; }

  void load(const std::string& path, LakhPiece& piece) {
    read_file(folder_ + '/' + (places_ != nullptr ? places_->at(path) : path), bytes_, kMaxMidiBytes);
    anticipation::CompoundLosses losses;
    piece.notes = notes_.read(bytes_.bytes(), &losses);
    piece.remark.clear();
    if (losses.truncated_at) piece.remark = "truncated at byte " + std::to_string(*losses.truncated_at);
    piece.verdict = check_piece(piece.notes, options_.settings);
    if (options_.encoding != LakhEncoding::interarrival || piece.verdict != anticipation::PieceVerdict::good) return;
    piece.interarrival.clear();
    piece.cut = interarrival_.read(bytes_.bytes(), piece.interarrival);
  }

 private:
  std::string folder_;
  const LakhPlaces* places_;
  const LakhOptions& options_;
  ByteBuffer bytes_;
  anticipation::CompoundReader<reading> notes_;
  anticipation::InterarrivalReader<reading> interarrival_;
};

// Reads what midi-preprocess wrote, and for the interarrival encoding the MIDI file beside it as well. One a thread.
template <Reading reading>
class LakhCompoundSource {
 public:
  LakhCompoundSource(std::string folder, const LakhOptions& options, const LakhPlaces* /*places*/ = nullptr)
      : folder_(std::move(folder)), options_(options), interarrival_(options.settings) {}

  static std::string_view midi_path(std::string_view path) noexcept {
    return path.substr(0, path.size() - anticipation::kCompoundEnding.size());
  }

  void load(const std::string& path, LakhPiece& piece) {
    read_file(folder_ + '/' + path, bytes_, kMaxCompoundBytes);
    text_.read(bytes_.view(), notes_);
    // Other tools may have written them, in another order.
    const auto earlier = [](const auto& a, const auto& b) { return a.time < b.time; };
    if (!std::is_sorted(notes_.begin(), notes_.end(), earlier)) std::stable_sort(notes_.begin(), notes_.end(), earlier);
    piece.notes = notes_;
    piece.remark.clear();
    piece.verdict = check_piece(piece.notes, options_.settings);
    if (options_.encoding != LakhEncoding::interarrival || piece.verdict != anticipation::PieceVerdict::good) return;
    const std::string midi = folder_ + '/' + std::string(midi_path(path));
    read_file(midi, bytes_, kMaxMidiBytes);
    piece.interarrival.clear();
    piece.cut = interarrival_.read(bytes_.bytes(), piece.interarrival);
  }

 private:
  std::string folder_;
  const LakhOptions& options_;
  ByteBuffer bytes_;
  anticipation::CompoundTextReader text_;
  std::vector<anticipation::CompoundEvent> notes_;
  anticipation::InterarrivalReader<reading> interarrival_;
};

}  // namespace aria::detail
