// bytes -> events and MidiDict, in both readings -> bytes -> the same events and the same MidiDict, but for what a .mid
// cannot hold (support/through_midi.hpp says what that is).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aria/midi.hpp>

#include "expect.hpp"
#include "support/slow_reader.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::MidiDict;
using aria::Reading;
using fuzz::expect;
using Bytes = std::span<const std::byte>;

// The events of a track, and the error that ended them.
struct Events {
  std::vector<aria::Event> events;
  std::string error;
};

bool same(const aria::Event& a, const aria::Event& b) {
  return a.tick == b.tick && a.status == b.status && a.data1 == b.data1 && a.data2 == b.data2 &&
         std::equal(a.payload.begin(), a.payload.end(), b.payload.begin(), b.payload.end());
}
bool same(const Events& a, const Events& b) {
  return a.error == b.error && std::equal(a.events.begin(), a.events.end(), b.events.begin(), b.events.end(),
                                          [](const auto& x, const auto& y) { return same(x, y); });
}

template <Reading reading>
Events iterate(const aria::TrackChunk& chunk) {
  Events all;
  try {
    for (const aria::Event& event : aria::BasicTrackView<reading>(chunk)) all.events.push_back(event);
  } catch (const aria::Error& error) {
    all.error = error.what();
  }
  return all;
}

// What the decoder hands out in one pass, notes through a function of their own: a release velocity is not seen.
template <Reading reading>
Events decode(const aria::TrackChunk& chunk) {
  struct Handler {
    std::vector<aria::Event>& events;
    void note(aria::Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
      system(tick, aria::status::note_on | channel, pitch, velocity, {});
    }
    void channel(aria::Ticks tick, unsigned status, unsigned data1, unsigned data2) {
      system(tick, status, data1, data2, {});
    }
    void meta(aria::Ticks tick, unsigned type, Bytes payload) { system(tick, aria::status::meta, type, 0, payload); }
    void system(aria::Ticks tick, unsigned status, unsigned data1, unsigned data2, Bytes payload) {
      events.push_back({tick, static_cast<std::uint8_t>(status), static_cast<std::uint8_t>(data1),
                        static_cast<std::uint8_t>(data2), payload});
    }
  };
  Events all;
  Handler handler{all.events};
  try {
    aria::EventDecoder<reading>(chunk.bytes, chunk.offset).run(handler);
  } catch (const aria::Error& error) {
    all.error = error.what();
  }
  return all;
}

Events note_offs_as_silent_note_ons(Events all) {
  for (aria::Event& event : all.events) {
    if (event.kind() != aria::status::note_off) continue;
    event.status = static_cast<std::uint8_t>(aria::status::note_on | event.channel());
    event.data2 = 0;
  }
  return all;
}

// Writes what a file may hold and reads it again. The end of a track is for write_midi_file to write.
void check_rewriting(const std::vector<aria::Event>& events) {
  aria::TrackWriter writer;
  Events written;
  for (const aria::Event& event : events) {
    const bool end = event.is_meta(aria::meta_type::end_of_track);
    if (end || (!event.is_channel() && !event.is_meta() && !event.is_sysex())) continue;
    writer.write(event);
    written.events.push_back(event);
  }
  const Events again = iterate<Reading::standard>({.bytes = writer.bytes(), .offset = 0, .cut_off = false});
  expect(same(written, again), "events that are written are read again");
}

template <Reading reading>
void check_events(Bytes bytes) {
  try {
    aria::BasicMidiFileView<reading> file(bytes);
    while (const auto chunk = file.next_track()) {
      const Events events = iterate<reading>(*chunk);
      aria::Ticks last{};
      for (const aria::Event& event : events.events) {
        expect(event.tick >= last && event.tick.count < aria::kTickLimit, "events are in the order of ticks");
        last = event.tick;
      }
      expect(same(note_offs_as_silent_note_ons(events), decode<reading>(*chunk)), "a view shows what is decoded");
      if constexpr (reading == Reading::standard) check_rewriting(events.events);
    }
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_midi, "what is no MIDI file is called so");
  }
}

template <class Messages>
bool in_order(const Messages& messages) {
  return std::is_sorted(messages.begin(), messages.end(),
                        [](const auto& a, const auto& b) { return aria::tick_of(a) < aria::tick_of(b); });
}

void check_times(const MidiDict& piece) {
  const aria::TempoMap time(piece.tempos, piece.ticks_per_beat);
  for (const aria::NoteMsg& note : piece.notes) {
    expect(note.start() < note.end(), "a note ends after it starts");
    expect(time.milliseconds(note.start(), note.end()).count >= 0, "no note lasts less than nothing");
    aria::reference_milliseconds(note.start(), note.end(), piece.tempos, piece.ticks_per_beat);
  }
  for (const auto& intervals : aria::pedal_intervals(piece)) {
    aria::Ticks last{};
    for (const aria::PedalInterval& interval : intervals) {
      expect(last <= interval.down && interval.down <= interval.up, "pedal intervals are in order");
      last = interval.up;
    }
  }
}

void check_tests(const MidiDict& piece, Reading reading) {
  for (const aria::TestResult& result : aria::run_tests(piece, aria::DataConfig::defaults().tests, reading)) {
    expect(result.value == result.value, "a test measures a number");
    expect(reading == Reading::reference || (result.value >= 0 && result.verdict != aria::Verdict::raise),
           "in the standard reading no test measures less than nothing");
  }
}

void check_removal(MidiDict piece) {
  const auto& ignored = aria::DataConfig::defaults().remove_instruments.remove;
  piece.remove_instruments(ignored);
  for (const aria::InstrumentMsg& message : piece.instruments) {
    const bool unwanted = ignored[static_cast<std::size_t>(aria::instrument_of(message.program()))];
    expect(!unwanted || message.channel() == aria::kDrumChannel, "removed instruments are gone");
  }
}

void check_round_trips(const MidiDict& piece) {
  const std::string json = piece.to_json();
  const MidiDict from_json = MidiDict::from_json(json);
  expect(from_json == piece, "JSON and back is the identity");
  expect(from_json.calculate_hash() == piece.calculate_hash(), "equal pieces have equal hashes");

  const MidiDict expected = test::through_midi(piece);
  const auto bytes = piece.to_midi();
  expect(MidiDict::from_midi(bytes) == expected, "MIDI and back is the identity for what MIDI can hold");
  const aria::MidiOptions as_reference{.reading = Reading::reference};
  expect(MidiDict::from_midi(bytes, "", as_reference) == expected, "what is written has one reading only");
}

std::optional<MidiDict> read(Bytes bytes, Reading reading) {
  try {
    return MidiDict::from_midi(bytes, "piece.mid", {.reading = reading});
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_midi, "what is no MIDI file is called so");
    const auto byte = error.place().byte;
    expect(!byte || *byte <= bytes.size(), "an error lies within the file");
    return std::nullopt;
  }
}

template <Reading reading>
std::optional<MidiDict> check_reading(Bytes bytes) {
  check_events<reading>(bytes);
  std::optional<MidiDict> piece = read(bytes, reading);
  if (!piece) return piece;
  MidiDict expected = test::slow_read<reading>(bytes);
  expected.metadata = piece->metadata;
  expect(*piece == expected, "a file is read as the slow reader does");
  expect(in_order(piece->tempos) && in_order(piece->pedals) && in_order(piece->instruments) && in_order(piece->notes),
         "lists are in the order of ticks");
  check_times(*piece);
  check_tests(*piece, reading);
  check_removal(*piece);
  check_round_trips(*piece);
  return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const auto standard = check_reading<Reading::standard>(bytes);
  const auto reference = check_reading<Reading::reference>(bytes);
  if (standard && reference) {
    const bool same_md5 = standard->calculate_hash() == reference->calculate_hash();
    expect((aria::content_hash(*standard) == aria::content_hash(*reference)) == same_md5,
           "both hashes tell the same pieces apart");
  }
  return 0;
}
