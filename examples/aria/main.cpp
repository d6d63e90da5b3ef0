// The program `aria`: from folders of MIDI files to files that training reads, and a look at what came of it.
#include "../cli/program.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
  return cli::run_command("aria", "aria turns folders of MIDI files into training data for models of symbolic music.",
                          {
                              {"midi-dataset", "a folder of MIDI files -> a MidiDataset", midi_dataset_command},
                              {"inspect", "what a MIDI file, a folder or a MidiDataset holds", inspect_command},
                          },
                          argc, argv);
}
