// The MIDI files that benchmarks read: those in the folder named on the command line, or the conformance data's.
#pragma once

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <aria/dataset/midi_files.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/file.hpp>

namespace benchmark {

struct CorpusFile {
  std::string name;
  std::string bytes;
};

/// All MIDI files below the folder, in memory.
inline std::vector<CorpusFile> load_corpus(const std::string& folder) {
  std::vector<CorpusFile> files;
  aria::DirectoryWalk walk = aria::walk_midi_files(folder, true, aria::Reading::standard);
  aria::ByteBuffer buffer;
  while (const auto file = walk.next()) {
    aria::read_file(folder + '/' + file->path, buffer);
    files.push_back({file->path, std::string(buffer.view())});
  }
  return files;
}

inline std::size_t total_bytes(const std::vector<CorpusFile>& files) {
  std::size_t bytes = 0;
  for (const CorpusFile& file : files) bytes += file.bytes.size();
  return bytes;
}

/// Runs a benchmark on the folder that the command line names, and returns the exit status.
template <class Run>
int run_on_corpus(int argc, char** argv, Run&& run) {
  try {
    run(std::string(argc > 1 ? argv[1] : ARIA_CORPUS));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\nusage: " << argv[0] << " [FOLDER OF MIDI FILES]\n";
    return 1;
  }
}

}  // namespace benchmark
