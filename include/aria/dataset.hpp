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
//   token_statistics             what a TokenizedDataset holds
//   export export_format         token ids in files for other trainers
#pragma once

#include <aria/dataset/export.hpp>
#include <aria/dataset/export_format.hpp>
#include <aria/dataset/inspection.hpp>
#include <aria/dataset/midi_dataset.hpp>
#include <aria/dataset/midi_dataset_build.hpp>
#include <aria/dataset/midi_dataset_file.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/outcome.hpp>
#include <aria/dataset/seen_contents.hpp>
#include <aria/dataset/statistics.hpp>
#include <aria/dataset/token_line.hpp>
#include <aria/dataset/token_statistics.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/dataset/tokenized_dataset_build.hpp>
#include <aria/dataset/tokenized_dataset_header.hpp>
#include <aria/dataset/windows.hpp>
#include <aria/midi.hpp>
#include <aria/token.hpp>
