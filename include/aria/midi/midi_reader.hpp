// MIDI bytes -> MidiDict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/event_decoder.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/metadata.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/note_pairing.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/merge_runs.hpp>

namespace aria {

/// Reads MIDI files one after the other with the same working memory. One a thread; MidiDict::from_midi makes one a
/// call.
///
///     aria::MidiReader reader;
///     aria::MidiDict piece;
///     for (const auto& bytes : files) reader.read(bytes, "", {}, piece);
class MidiReader {
 public:
  /// Replaces the contents of `out`. Throws as MidiDict::from_midi does; `out` then holds nothing of use.
  MidiLosses read(std::span<const std::byte> bytes, std::string_view name, const MidiOptions& options, MidiDict& out) {
    return options.reading == Reading::reference ? read_as<Reading::reference>(bytes, name, options, out)
                                                 : read_as<Reading::standard>(bytes, name, options, out);
  }

 private:
  // Positions in a file of this size still fit the 32-bit indices of the pairing.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 32;

  // Sorts what the decoder finds into the lists of the MidiDict.
  struct Collector {
    MidiDict& out;
    detail::NotePairing& pairing;
    MidiLosses losses{};

    void note(Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
      pairing.note(tick, channel, pitch, velocity);
    }

    void channel(Ticks tick, unsigned status, unsigned data1, unsigned data2) {
      const unsigned channel = status & 0x0f;
      const unsigned kind = status & 0xf0;
      if (kind == status::control_change) {
        if (data1 == controller::damper_pedal) out.pedals.emplace_back(tick, channel, data2 != 0);
      } else if (kind == status::program_change) {
        out.instruments.emplace_back(tick, channel, data1);
      }
    }

    void meta(Ticks tick, unsigned type, std::span<const std::byte> payload) {
      if (type == meta_type::set_tempo) {
        set_tempo(tick, payload);
      } else if (type == meta_type::text || type == meta_type::copyright) {
        out.meta.add_latin1(type == meta_type::text ? MetaMsg::Type::text : MetaMsg::Type::copyright,
                            {reinterpret_cast<const char*>(payload.data()), payload.size()});
      }
    }

    void set_tempo(Ticks tick, std::span<const std::byte> payload) {
      if (payload.size() < 3) {
        ++losses.ignored_meta_events;
        return;
      }
      const auto at = [payload](std::size_t i) { return std::to_integer<std::uint64_t>(payload[i]); };
      out.tempos.push_back({tick, at(0) << 16 | at(1) << 8 | at(2)});
    }

    void system(Ticks, unsigned, unsigned, unsigned, std::span<const std::byte>) {}
  };

  template <Reading reading>
  MidiLosses read_as(std::span<const std::byte> bytes, std::string_view name, const MidiOptions& options,
                     MidiDict& out) {
    if (bytes.size() > kMaxBytes) throw Error(ErrorCode::too_large, "is larger than 4 GiB");
    BasicMidiFileView<reading> file(bytes);
    clear(out);
    Collector collector{out, pairing_};
    while (const auto track = file.next_track()) {
      pairing_.begin_track(track->bytes.size());
      try {
        EventDecoder<reading> decoder(track->bytes, track->offset);
        if (!decoder.run(collector)) file.note_truncation(track->offset + track->bytes.size());
      } catch (const Error& error) {
        Place place = error.place();
        place.track = static_cast<std::uint64_t>(file.tracks_read() - 1);
        throw Error(error.code(), error.message(), place);
      }
      pairing_.finish_track(out.notes, collector.losses.unclosed_notes, collector.losses.zero_length_notes);
      end_run();
    }
    if (file.tracks_read() == 0) throw Error(ErrorCode::invalid_midi, "has no tracks", {.byte = file.position()});
    collector.losses.truncated_at = file.truncated_at();
    out.ticks_per_beat = file.header().division;
    order(out);
    find_composer(name, *options.metadata, out);
    return collector.losses;
  }

  void clear(MidiDict& out) {
    out.meta.clear();
    out.tempos.clear();
    out.pedals.clear();
    out.instruments.clear();
    out.notes.clear();
    out.metadata.clear();
    ends_.clear();
    out_ = &out;
  }

  struct RunEnds {
    std::size_t tempos, pedals, instruments, notes;
  };

  void end_run() {
    ends_.push_back({out_->tempos.size(), out_->pedals.size(), out_->instruments.size(), out_->notes.size()});
  }

  // Every track is in order by itself; what the original sorts is merged here.
  void order(MidiDict& out) {
    const auto merge = [this](auto& messages, auto& spare, auto member) {
      run_ends_.clear();
      for (const RunEnds& ends : ends_) run_ends_.push_back(ends.*member);
      merge_runs(messages, run_ends_, spare, [](const auto& message) { return tick_of(message); });
    };
    merge(out.tempos, spare_tempos_, &RunEnds::tempos);
    merge(out.pedals, spare_pedals_, &RunEnds::pedals);
    merge(out.instruments, spare_instruments_, &RunEnds::instruments);
    merge(out.notes, spare_notes_, &RunEnds::notes);
    if (out.tempos.empty()) out.tempos.push_back({Ticks{0}, kDefaultTempo});
    if (out.instruments.empty()) out.instruments.emplace_back(Ticks{0}, 0U, 0U);
  }

  detail::NotePairing pairing_;
  MidiDict* out_ = nullptr;
  std::vector<RunEnds> ends_;
  std::vector<std::size_t> run_ends_;
  std::vector<TempoMsg> spare_tempos_;
  std::vector<PedalMsg> spare_pedals_;
  std::vector<InstrumentMsg> spare_instruments_;
  std::vector<NoteMsg> spare_notes_;
};

inline MidiDict MidiDict::from_midi(std::span<const std::byte> bytes, std::string_view name, const MidiOptions& options,
                                    MidiLosses* losses) {
  MidiDict piece;
  const MidiLosses lost = MidiReader().read(bytes, name, options, piece);
  if (losses != nullptr) *losses = lost;
  piece.notes.shrink_to_fit();
  return piece;
}

inline MidiDict MidiDict::from_midi(const std::string& path, const MidiOptions& options, MidiLosses* losses) {
  const MappedFile file(path);
  try {
    return from_midi(file.bytes(), path, options, losses);
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace aria
