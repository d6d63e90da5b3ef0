// Data sets: folders of MIDI files -> files that training reads.
//
//   midi_files outcome           which files a folder holds, and what became of each
//   midi_dataset_build           folder -> file, bounded in memory, on all cores
//   midi_dataset_file            a file, piece by piece; train/validation split
//   midi_dataset                 pieces in memory
//   seen_contents                which contents were met
//   inspection statistics        what a file, a folder or a data set holds
//   windows                      token sequences of pieces -> windows of equal length
//   tokenized_dataset_build      MidiDataset -> TokenizedDataset, on all cores
//   tokenized_dataset            sequences of tokens, read at random; shuffled copy
//   tokenized_dataset_header     its first line
//   token_line                   its other lines
//   line_dataset                 sequences of ids in lines without a header, read at random
//   token_lines_file decimal_line
//                                its file and its lines
//   sequence_dataset             what both have in common
//   sequence_source data_check   either behind one interface, for training; whether all of it can be read
//   epoch_order                  the order in which training goes through them
//   token_statistics             what sequences hold
//   export export_format         token ids in files for other trainers
//
// The Lakh recipe, a tree of MIDI files -> training sequences of the Anticipatory Music Transformer:
//
//   lakh                         all of it at once
//   lakh_layout lakh_tree        any tree -> sixteen folders
//   midi_preprocess              compound events beside MIDI files
//   tokenize_lakh                these -> sequences, a file a split
//   lakh_splits                  these -> train, validation and test
//   clean_lakh                   removes what a step left
//   lakh_options lakh_items lakh_pieces lakh_workers lakh_sequences lakh_midi_tree
//                                parts of the pipeline
//   work_state work_journal announced_outputs
//                                what of it is finished
//   line_shuffle (and line_shuffle_*)
//                                lines of any number in random order
#pragma once

#include <aria/anticipation.hpp>
#include <aria/dataset/announced_outputs.hpp>
#include <aria/dataset/clean_lakh.hpp>
#include <aria/dataset/data_check.hpp>
#include <aria/dataset/decimal_line.hpp>
#include <aria/dataset/epoch_order.hpp>
#include <aria/dataset/export.hpp>
#include <aria/dataset/export_format.hpp>
#include <aria/dataset/inspection.hpp>
#include <aria/dataset/lakh.hpp>
#include <aria/dataset/lakh_items.hpp>
#include <aria/dataset/lakh_layout.hpp>
#include <aria/dataset/lakh_midi_tree.hpp>
#include <aria/dataset/lakh_options.hpp>
#include <aria/dataset/lakh_pieces.hpp>
#include <aria/dataset/lakh_sequences.hpp>
#include <aria/dataset/lakh_splits.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/lakh_workers.hpp>
#include <aria/dataset/line_dataset.hpp>
#include <aria/dataset/line_shuffle.hpp>
#include <aria/dataset/line_shuffle_buckets.hpp>
#include <aria/dataset/line_shuffle_gather.hpp>
#include <aria/dataset/line_shuffle_inputs.hpp>
#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/dataset/line_shuffle_plan.hpp>
#include <aria/dataset/line_shuffle_scan.hpp>
#include <aria/dataset/line_shuffle_sort.hpp>
#include <aria/dataset/midi_dataset.hpp>
#include <aria/dataset/midi_dataset_build.hpp>
#include <aria/dataset/midi_dataset_file.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/midi_preprocess.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/dataset/seen_contents.hpp>
#include <aria/dataset/sequence_dataset.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/dataset/statistics.hpp>
#include <aria/dataset/token_line.hpp>
#include <aria/dataset/token_lines_file.hpp>
#include <aria/dataset/token_statistics.hpp>
#include <aria/dataset/tokenize_lakh.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/dataset/tokenized_dataset_build.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/dataset/work_journal.hpp>
#include <aria/dataset/work_state.hpp>
#include <aria/midi.hpp>
#include <aria/token.hpp>
