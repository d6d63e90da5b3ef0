// In which track of its MIDI file a note of a MidiDict stands. A MidiDict does not say: it has the notes of all tracks
// in one order, and tracks may share a channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/event_decoder.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/note_pairing.hpp>
#include <aria/midi/reading.hpp>
#include <aria/support/error.hpp>
#include <aria/support/merge_runs.hpp>
#include <aria/support/utf8.hpp>

namespace aria {

/// The tracks of a file and its notes. Tracks are numbered as in `Place::track` of errors: from 0, in the order of
/// their MTrk chunks; other chunks do not count, tracks without notes do.
struct NoteTracks {
  std::vector<std::uint16_t> tracks;  ///< of the notes, in the order of MidiDict::notes
  std::vector<std::string> names;     ///< of all tracks, UTF-8; empty where a track has none
};

namespace detail {

// A name as the file has it: UTF-8 where it is that, else Latin-1, which says nothing of itself.
inline std::string track_name_of(std::string_view bytes) {
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (length == 0) {
      MetaMsgs texts;
      texts.add_latin1(MetaMsg::Type::text, bytes);
      return std::string(texts[0].text);
    }
    rest.remove_prefix(length);
  }
  return std::string(bytes);
}

// Takes what the decoder finds in a track.
struct NoteTrackCollector {
  NotePairing& pairing;
  std::string name{};
  bool named = false;  // by the first name, be it empty

  void note(Ticks tick, unsigned channel, unsigned pitch, unsigned velocity) {
    pairing.note(tick, channel, pitch, velocity);
  }
  void channel(Ticks, unsigned, unsigned, unsigned) {}
  void meta(Ticks, unsigned type, std::span<const std::byte> payload) {
    if (named || type != meta_type::track_name) return;
    named = true;
    name = track_name_of({reinterpret_cast<const char*>(payload.data()), payload.size()});
  }
  void system(Ticks, unsigned, unsigned, unsigned, std::span<const std::byte>) {}
};

struct NoteInTrack {
  NoteMsg note;
  std::uint16_t track;
};

// Pairs the notes of a track as MidiReader does.
inline std::string read_note_track(const TrackChunk& chunk, std::uint64_t number, NotePairing& pairing,
                                   std::vector<NoteMsg>& notes) {
  NoteTrackCollector collector{pairing};
  pairing.begin_track(chunk.bytes.size());
  try {
    EventDecoder<Reading::standard>(chunk.bytes, chunk.offset).run(collector);
  } catch (const Error& error) {
    Place place = error.place();
    place.track = number;
    throw Error(error.code(), error.message(), place);
  }
  std::uint64_t unclosed = 0, zero_length = 0;
  pairing.finish_track(notes, unclosed, zero_length);
  return collector.name;
}

}  // namespace detail

/// Says of each note of `piece` in which track of `file` its note-on stands. `piece` is what MidiDict::from_midi makes
/// of the same bytes in the standard reading, its notes unchanged. Notes that start together are told apart by their
/// order, which is that of the tracks, so that even two that are equal get a track each.
///
/// The names are those of the first "sequence or track name" (meta event 3) of each track. In track 0 of a file of
/// type 1 it is the name of the piece.
///
/// The file is read a second time. Throws as MidiDict::from_midi does, and invalid_argument where `piece` has other
/// notes than the file.
///
///     const auto piece = aria::MidiDict::from_midi(bytes);
///     const auto of = aria::note_tracks(bytes, piece);
///     std::cout << "the first note stands in track " << of.tracks[0] << ", " << of.names[of.tracks[0]] << '\n';
inline NoteTracks note_tracks(std::span<const std::byte> file, const MidiDict& piece) {
  // What the indices of the pairing can hold.
  if (file.size() > std::uint64_t{1} << 32) throw Error(ErrorCode::too_large, "is larger than 4 GiB");
  NoteTracks result;
  detail::NotePairing pairing;
  std::vector<NoteMsg> of_track;
  std::vector<detail::NoteInTrack> notes, spare;
  std::vector<std::size_t> ends;
  MidiFileView view(file);
  while (const auto chunk = view.next_track()) {
    const auto number = static_cast<std::uint16_t>(view.tracks_read() - 1);  // a header announces 32767 at most
    of_track.clear();
    result.names.push_back(detail::read_note_track(*chunk, number, pairing, of_track));
    for (const NoteMsg& note : of_track) notes.push_back({note, number});
    ends.push_back(notes.size());
  }
  // The order of MidiDict::notes.
  merge_runs(notes, ends, spare, [](const detail::NoteInTrack& one) { return one.note.start(); });
  bool same = notes.size() == piece.notes.size();
  result.tracks.reserve(notes.size());
  for (std::size_t i = 0; same && i < notes.size(); ++i) {
    same = notes[i].note == piece.notes[i];
    result.tracks.push_back(notes[i].track);
  }
  if (!same) throw Error(ErrorCode::invalid_argument, "the notes are not those that the file has");
  return result;
}

}  // namespace aria
