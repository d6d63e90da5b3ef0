// Standard MIDI Files, and MidiDict: bytes <-> events <-> notes <-> one line of JSON.
//
//   units reading event          what is spoken of
//   event_decoder file_view      bytes -> events, as views
//   event_writer                 events -> bytes
//   merged_events                the events of all tracks in one order
//   midi_dict messages           a piece of music
//   midi_reader note_pairing     bytes -> MidiDict
//   midi_writer                  MidiDict -> bytes
//   json_reader json_writer      MidiDict <-> one line of JSON
//   content_hash                 what tells pieces apart
//   tempo_map pedal              ticks -> time; when the pedal is down
//   filters remove_instruments   the tests of the data set; taking channels out
//   piece_statistics             what a piece is like
//   metadata                     the composer
//   note_tracks program_names    which track a note stands in; what programs are called
//
// The adapter for libsmf is a header of its own, <aria/midi/libsmf.hpp>.
#pragma once

#include <aria/midi/content_hash.hpp>
#include <aria/midi/event.hpp>
#include <aria/midi/event_decoder.hpp>
#include <aria/midi/event_writer.hpp>
#include <aria/midi/file_view.hpp>
#include <aria/midi/filters.hpp>
#include <aria/midi/json_reader.hpp>
#include <aria/midi/json_writer.hpp>
#include <aria/midi/merged_events.hpp>
#include <aria/midi/messages.hpp>
#include <aria/midi/metadata.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/midi/midi_reader.hpp>
#include <aria/midi/midi_writer.hpp>
#include <aria/midi/note_tracks.hpp>
#include <aria/midi/pedal.hpp>
#include <aria/midi/piece_statistics.hpp>
#include <aria/midi/program_names.hpp>
#include <aria/midi/reading.hpp>
#include <aria/midi/reference_duration.hpp>
#include <aria/midi/remove_instruments.hpp>
#include <aria/midi/tempo_map.hpp>
#include <aria/midi/units.hpp>
