// The program `aria`: from folders of MIDI files to files that training reads, and a look at what came of it.
#include "../cli/program.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
  return cli::run_command(
      "aria", "aria turns folders of MIDI files into training data for models of symbolic music.",
      {
          {"midi-dataset", "a folder of MIDI files -> a MidiDataset", midi_dataset_command},
          {"tokenized-dataset", "a MidiDataset -> sequences of tokens", tokenized_dataset_command},
          {"inspect", "what a MIDI file, a folder or a data set holds", inspect_command},
          {"detokenize", "a sequence of tokens -> a MIDI file", detokenize_command},
          {"piano-roll", "a MIDI file or a sequence -> a drawing", piano_roll_command},
          {"export", "a TokenizedDataset -> .bin or .npy for other trainers", export_command},
          {"lakh", "a tree of MIDI files -> shuffled training sequences, at once", lakh_command},
          {"lakh-layout", "any tree of MIDI files -> the layout of the Lakh dataset", lakh_layout_command},
          {"midi-preprocess", "a tree of MIDI files -> compound events beside them", midi_preprocess_command},
          {"tokenize-lakh", "compound events -> training sequences, a file a split", tokenize_lakh_command},
          {"lakh-splits", "sequences of all splits -> train.txt, valid.txt, test.txt", lakh_splits_command},
          {"clean-lakh", "removes what a step left in the tree", clean_lakh_command},
          {"shuffle", "the lines of files in random order", shuffle_command},
      },
      argc, argv);
}
