// MidiDict -> JSON line and back, against memcpy of the same lines.
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/midi.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

void run(const std::string& folder) {
  std::vector<aria::MidiDict> pieces;
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  std::size_t longest = 0;
  for (const auto& file : benchmark::load_corpus(folder)) {
    try {
      pieces.push_back(aria::MidiDict::from_midi(std::as_bytes(std::span(file.bytes.data(), file.bytes.size()))));
    } catch (const aria::Error&) {
      continue;
    }
    lines.push_back(pieces.back().to_json());
    bytes += lines.back().size();
    longest = std::max(longest, lines.back().size());
    lines.back().append(aria::MidiDictJsonReader::kPadding, ' ');
  }
  if (pieces.empty()) throw std::runtime_error("no MIDI files in " + folder);
  const auto line_of = [&](std::size_t i) {
    return std::string_view(lines[i]).substr(0, lines[i].size() - aria::MidiDictJsonReader::kPadding);
  };
  std::printf("%zu lines, %zu bytes\n", lines.size(), bytes);

  std::string copy(longest, ' ');
  const auto copy_all = [&] {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::memcpy(copy.data(), lines[i].data(), line_of(i).size());
      benchmark::keep(copy);
    }
  };
  aria::ByteBuffer written;
  const auto write_all = [&] {
    for (const aria::MidiDict& piece : pieces) {
      written.clear();
      aria::write_json(piece, written);
      benchmark::keep(written);
    }
  };
  aria::MidiDictJsonReader reader;
  aria::MidiDict piece;
  const auto read_all = [&] {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      reader.read(line_of(i), piece);
      benchmark::keep(piece);
    }
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    reader.read(line_of(i), piece);
    if (piece.to_json() != line_of(i)) throw std::runtime_error("a line does not come back as it was");
  }
  benchmark::print("MidiDict -> JSON line", bytes, benchmark::compare(15, write_all, copy_all), 0.10, 0.30);
  benchmark::print("JSON line -> MidiDict", bytes, benchmark::compare(15, read_all, copy_all), 0.05, 0.12);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
