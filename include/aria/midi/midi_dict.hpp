// MidiDict, the library's form of a piece of music: what a MIDI file says about notes, instruments, pedal and tempo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/data_config.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/units.hpp>
#include <aria/support/byte_buffer.hpp>

namespace aria {

/// How a MIDI file is turned into a MidiDict.
struct MidiOptions {
  Reading reading = Reading::standard;
  /// Where to look for the composer. Points to something that outlives the call.
  const MetadataConfig* metadata = &DataConfig::defaults().metadata;
};

/// What a MIDI file held that its MidiDict does not.
struct MidiLosses {
  std::optional<std::uint64_t> truncated_at;  ///< the byte at which the file ends before its tracks do
  std::uint64_t unclosed_notes = 0;           ///< notes without an end
  std::uint64_t zero_length_notes = 0;        ///< notes that end at the tick at which they start
  std::uint64_t ignored_meta_events = 0;      ///< meta events too short for their type
};

/// A piece of music, stored flat: 16 bytes a note, 8 a pedal or program change. The fields are those of the class of
/// this name in EleutherAI's Aria (aria/data/midi.py), whose JSON it reads and writes.
///
///     const auto piece = aria::MidiDict::from_midi("piece.mid");
///     for (const aria::NoteMsg& note : piece.notes)
///       std::cout << int(note.pitch()) << " from tick " << note.start().count << " to " << note.end().count << '\n';
///
/// All lists are in the order of ticks. Members are defined in the headers named beside them; <aria/midi.hpp> has them
/// all.
struct MidiDict {
  MetaMsgs meta;
  std::vector<TempoMsg> tempos;  ///< never empty after reading: 120 beats a minute where the file has none
  std::vector<PedalMsg> pedals;
  std::vector<InstrumentMsg>
      instruments;  ///< never empty after reading: program 0 on channel 0 where the file has none
  std::vector<NoteMsg> notes;
  int ticks_per_beat = 480;  ///< the division of the file; where negative, SMPTE: see TempoMap
  std::vector<std::pair<std::string, std::string>> metadata;  ///< "composer", where one was found

  /// Reads a MIDI file. Throws not_found, io, or invalid_midi with the byte.
  static MidiDict from_midi(const std::string& path, const MidiOptions& options = {},
                            MidiLosses* losses = nullptr);  // midi_reader.hpp

  /// The same from bytes in memory; `name` is what the file would be called, for the composer. Throws invalid_midi.
  static MidiDict from_midi(std::span<const std::byte> bytes, std::string_view name = {},
                            const MidiOptions& options = {},
                            MidiLosses* losses = nullptr);  // midi_reader.hpp

  /// A MIDI file of type 0 with everything but the texts. Note ends are note-ons of velocity 0.
  /// The bytes are those that mido 1.3.3 writes. Throws invalid_argument for messages that no MIDI file can hold.
  std::vector<std::byte> to_midi() const;  // midi_writer.hpp

  /// Reads one line of a MidiDataset. Throws invalid_json, naming the field.
  static MidiDict from_json(std::string_view json);  // json_reader.hpp

  /// One line of JSON, without a line feed: what Python's json.dumps(ensure_ascii=False) writes for the original.
  std::string to_json() const;  // json_writer.hpp

  /// MD5 of the contents without texts and metadata, 32 hexadecimal digits, equal to the original's calculate_hash().
  std::string calculate_hash() const;  // content_hash.hpp

  /// Drops every message of each channel that anywhere has a program of one of these classes, drums (channel 9) and
  /// program 0 excepted. `ignored[Instrument::bass]` and so on.
  void remove_instruments(const PerInstrument<bool>& ignored);  // remove_instruments.hpp

  friend bool operator==(const MidiDict&, const MidiDict&) = default;
};

}  // namespace aria
