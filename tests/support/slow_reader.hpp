// MIDI bytes -> MidiDict the slow and obvious way: what MidiReader is held against.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/midi/file_view.hpp>
#include <aria/midi/midi_dict.hpp>

namespace test {

/// Pairs the note-ons and note-offs of one track by the letter of the rule: an off closes all open notes of its key
/// that started before; those that start at its tick stay open if it closed any, else they are lost.
class SlowPairing {
 public:
  void note(aria::Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
    auto& open = open_[{channel, pitch}];
    if (velocity != 0) {
      open.push_back({tick, velocity});
      return;
    }
    const auto starts_here = [tick](const Open& note) { return note.start == tick; };
    std::vector<Open> left;
    for (const Open& note : open) {
      if (starts_here(note)) {
        left.push_back(note);
      } else {
        closed_.emplace_back(note.start, tick, pitch, note.velocity, channel);
      }
    }
    const bool closed_some = left.size() < open.size();
    open = closed_some ? std::move(left) : std::vector<Open>{};
  }

  /// In the order in which they were closed.
  const std::vector<aria::NoteMsg>& closed() const { return closed_; }

 private:
  struct Open {
    aria::Ticks start;
    unsigned velocity;
  };
  std::map<std::pair<unsigned, unsigned>, std::vector<Open>> open_;
  std::vector<aria::NoteMsg> closed_;
};

inline void slow_event(const aria::Event& event, SlowPairing& pairing, aria::MidiDict& out) {
  namespace status = aria::status;
  namespace meta_type = aria::meta_type;
  const std::string_view text(reinterpret_cast<const char*>(event.payload.data()), event.payload.size());
  const auto at = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (event.kind() == status::note_on || event.kind() == status::note_off) {
    pairing.note(event.tick, event.channel(), event.data1, event.kind() == status::note_on ? event.data2 : 0U);
  } else if (event.kind() == status::control_change && event.data1 == aria::controller::damper_pedal) {
    out.pedals.emplace_back(event.tick, event.channel(), event.data2 != 0);
  } else if (event.kind() == status::program_change) {
    out.instruments.emplace_back(event.tick, event.channel(), event.data1);
  } else if (event.is_meta(meta_type::set_tempo) && text.size() >= 3) {
    out.tempos.push_back({event.tick, at(0) * 65536U + at(1) * 256U + at(2)});
  } else if (event.is_meta(meta_type::text)) {
    out.meta.add_latin1(aria::MetaMsg::Type::text, text);
  } else if (event.is_meta(meta_type::copyright)) {
    out.meta.add_latin1(aria::MetaMsg::Type::copyright, text);
  }
}

/// Everything but the metadata. Throws invalid_midi as iterating the views does.
template <aria::Reading reading>
aria::MidiDict slow_read(std::span<const std::byte> bytes) {
  aria::MidiDict out;
  const aria::BasicMidiFileView<reading> file(bytes);
  for (const aria::BasicTrackView<reading> track : file) {
    SlowPairing pairing;
    for (const aria::Event& event : track) slow_event(event, pairing, out);
    out.notes.insert(out.notes.end(), pairing.closed().begin(), pairing.closed().end());
  }
  const auto sort = [](auto& messages) {
    std::stable_sort(messages.begin(), messages.end(),
                     [](const auto& a, const auto& b) { return aria::tick_of(a) < aria::tick_of(b); });
  };
  sort(out.tempos);
  sort(out.pedals);
  sort(out.instruments);
  sort(out.notes);
  if (out.tempos.empty()) out.tempos.push_back({aria::Ticks{0}, aria::kDefaultTempo});
  if (out.instruments.empty()) out.instruments.emplace_back(aria::Ticks{0}, 0U, 0U);
  out.ticks_per_beat = file.header().division;
  return out;
}

}  // namespace test
