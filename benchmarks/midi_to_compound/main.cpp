// MIDI bytes in memory -> compound events, and on to their text; against adding up the same bytes one by one.
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/anticipation/compound_reader.hpp>
#include <aria/anticipation/compound_text.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"

namespace {

template <aria::Reading reading>
void measure(const char* name, const std::vector<benchmark::CorpusFile>& files, bool with_text) {
  aria::anticipation::CompoundReader<reading> reader;
  aria::ByteBuffer text;
  std::size_t notes = 0;
  std::size_t refused = 0;
  const auto read_all = [&] {
    notes = refused = 0;
    for (const auto& file : files) {
      try {
        const auto events = reader.read(std::as_bytes(std::span(file.bytes.data(), file.bytes.size())));
        notes += events.size();
        text.clear();
        if (with_text) write_compound_text(events, text);
      } catch (const aria::Error&) {
        ++refused;
      }
    }
  };
  const auto sum_all = [&] {
    for (const auto& file : files) benchmark::keep(benchmark::sum_one_by_one(file.bytes.data(), file.bytes.size()));
  };
  const auto result = benchmark::compare(61, read_all, sum_all);
  benchmark::print(name, benchmark::total_bytes(files), result, 0.07, 0.20);
}

void run(const std::string& folder) {
  const auto files = benchmark::load_corpus(folder);
  std::printf("%zu files, %zu bytes\n", files.size(), benchmark::total_bytes(files));
  measure<aria::Reading::standard>("MIDI -> compound", files, false);
  measure<aria::Reading::reference>("MIDI -> compound, reference", files, false);
  measure<aria::Reading::standard>("MIDI -> compound text", files, true);
}

}  // namespace

int main(int argc, char** argv) { return benchmark::run_on_corpus(argc, argv, run); }
