// The Anticipatory Music Transformer (arXiv 2306.08620): its encodings of music, and training sequences of them.
//
//   settings vocabulary          every constant; which ids mean what
//   compound compound_text       the notes of a piece, their text
//   compound_reader              MIDI bytes -> compound events
//   interarrival_reader          MIDI bytes -> the interarrival-time encoding
//   clock                        how both tell time
//   events                       compound events <-> the arrival-time encoding
//   instrument_tracks midi_dict  back to MIDI files; to and from MidiDict
//   join joined_channels         new notes among those of a MidiDict
//   triples selection order padding times instruments playing_time print
//                                operations on sequences of events
//   anticipate                   controls among events
//   control_choice numpy_random  which events become controls
//   interleaving                 padding and anticipation in one pass
//   piece packing id_text        which pieces are taken; cut into sequences; as lines of text
//   grammar arrival_grammar interarrival_grammar
//                                which ids may stand where
//   arrival_tokenizer interarrival_tokenizer encoding_vocabulary
//                                both encodings for whatever takes a tokenizer
#pragma once

#include <aria/anticipation/anticipate.hpp>
#include <aria/anticipation/arrival_grammar.hpp>
#include <aria/anticipation/arrival_tokenizer.hpp>
#include <aria/anticipation/clock.hpp>
#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/compound_text.hpp>
#include <aria/anticipation/control_choice.hpp>
#include <aria/anticipation/encoding_vocabulary.hpp>
#include <aria/anticipation/events.hpp>
#include <aria/anticipation/grammar.hpp>
#include <aria/anticipation/id_text.hpp>
#include <aria/anticipation/instrument_tracks.hpp>
#include <aria/anticipation/instruments.hpp>
#include <aria/anticipation/interarrival_grammar.hpp>
#include <aria/anticipation/interarrival_reader.hpp>
#include <aria/anticipation/interarrival_tokenizer.hpp>
#include <aria/anticipation/interleaving.hpp>
#include <aria/anticipation/join.hpp>
#include <aria/anticipation/joined_channels.hpp>
#include <aria/anticipation/midi_dict.hpp>
#include <aria/anticipation/numpy_random.hpp>
#include <aria/anticipation/order.hpp>
#include <aria/anticipation/packing.hpp>
#include <aria/anticipation/padding.hpp>
#include <aria/anticipation/piece.hpp>
#include <aria/anticipation/playing_time.hpp>
#include <aria/anticipation/print.hpp>
#include <aria/anticipation/selection.hpp>
#include <aria/anticipation/settings.hpp>
#include <aria/anticipation/times.hpp>
#include <aria/anticipation/triples.hpp>
#include <aria/anticipation/vocabulary.hpp>
