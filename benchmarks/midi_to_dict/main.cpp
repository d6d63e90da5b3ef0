// MIDI bytes in memory -> MidiDict, all messages, sorted; against adding up the same bytes one by one.
#include <cstdio>
#include <span>
#include <string_view>

#include <aria/midi.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

std::span<const std::byte> bytes_of(const benchmark::CorpusFile& file) {
  return std::as_bytes(std::span(file.bytes.data(), file.bytes.size()));
}

void run(const std::string& folder) {
  const auto files = benchmark::load_corpus(folder);
  const std::size_t bytes = benchmark::total_bytes(files);
  aria::MidiReader reader;
  aria::MidiDict piece;
  std::size_t notes = 0;
  std::size_t refused = 0;
  const auto read_all = [&] {
    notes = refused = 0;
    for (const auto& file : files) {
      try {
        reader.read(bytes_of(file), file.name, {}, piece);
        notes += piece.notes.size();
      } catch (const aria::Error&) {
        ++refused;
      }
    }
  };
  const auto sum_all = [&] {
    for (const auto& file : files) benchmark::keep(benchmark::sum_one_by_one(file.bytes.data(), file.bytes.size()));
  };
  const auto result = benchmark::compare(61, read_all, sum_all);
  std::printf("%zu files, %zu bytes, %zu notes, %zu files refused\n", files.size(), bytes, notes, refused);
  benchmark::print("MIDI -> MidiDict", bytes, result, 0.10, 0.25);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
