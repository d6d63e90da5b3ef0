// A MidiDataset in memory.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <aria/dataset/midi_dataset_build.hpp>
#include <aria/dataset/midi_dataset_file.hpp>
#include <aria/midi/json_writer.hpp>
#include <aria/midi/midi_dict.hpp>
#include <aria/support/atomic_file.hpp>

namespace aria {

/// Pieces of music. For more of them than fit into memory see build_midi_dataset and MidiDatasetFile.
///
///     const auto data = aria::MidiDataset::build("music", {.recursive = true});
///     for (const aria::MidiDict& piece : data) use(piece);
///     data.save("music.jsonl");
class MidiDataset {
 public:
  MidiDataset() = default;
  explicit MidiDataset(std::vector<MidiDict> entries) : entries_(std::move(entries)) {}

  /// The pieces that build_midi_dataset would write. Throws not_found or io for the folder; the result may be empty.
  static MidiDataset build(const std::string& folder, const MidiDatasetOptions& options = {}) {
    std::vector<MidiDict> entries;
    detail::MidiDatasetBuild(folder, options).run(false, [&](const auto& result) { entries.push_back(result.piece); });
    return MidiDataset(std::move(entries));
  }

  /// Reads a file with one piece a line. Throws not_found, io, or invalid_json with the line.
  static MidiDataset load(const std::string& path) {
    MidiDatasetFile file(path);
    std::vector<MidiDict> entries;
    MidiDict piece;
    while (file.next(piece)) entries.push_back(std::move(piece));
    return MidiDataset(std::move(entries));
  }

  /// Writes one piece a line. The file appears whole or not at all. Throws as AtomicFile does.
  void save(const std::string& path, IfExists if_exists = IfExists::refuse) const {
    AtomicFile file(path, if_exists);
    ByteBuffer line;
    for (const MidiDict& piece : entries_) {
      line.clear();
      write_json(piece, line);
      line.append('\n');
      file.write(line.view());
    }
    file.commit();
  }

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  const MidiDict& operator[](std::size_t i) const noexcept { return entries_[i]; }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }

 private:
  std::vector<MidiDict> entries_;
};

}  // namespace aria
