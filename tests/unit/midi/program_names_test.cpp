#include <aria/midi/program_names.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/instrument.hpp>

#include "support/catch.hpp"

namespace {

using Programs = std::vector<unsigned>;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

bool has_word(std::string_view name, std::string_view word) { return name.find(word) != std::string_view::npos; }

}  // namespace

TEST_CASE("programs have the names of General MIDI", "[midi]") {
  CHECK(aria::program_name(0) == "Acoustic Grand Piano");
  CHECK(aria::program_name(33) == "Electric Bass (finger)");
  CHECK(aria::program_name(40) == "Violin");
  CHECK(aria::program_name(73) == "Flute");
  CHECK(aria::program_name(114) == "Steel Drums");
  CHECK(aria::program_name(127) == "Gunshot");
  CHECK(aria::program_name(128).empty());
  CHECK(aria::program_name(~0U).empty());
}

TEST_CASE("program names stand in the class that their words say", "[midi]") {
  // A name in the wrong place of the list would be in a class that does not go with it.
  const auto all_in = [](std::string_view word, aria::Instrument wanted, const std::set<unsigned>& but = {}) {
    unsigned found = 0;
    for (unsigned program = 0; program < 128; ++program) {
      if (!has_word(aria::program_name(program), word) || but.contains(program)) continue;
      INFO(word << " in " << aria::program_name(program));
      CHECK(aria::instrument_of(program) == wanted);
      ++found;
    }
    return found;
  };
  CHECK(all_in("Piano", aria::Instrument::piano) == 6);
  CHECK(all_in("Organ", aria::Instrument::organ) == 5);
  CHECK(all_in("Guitar", aria::Instrument::guitar, {120}) == 8);
  CHECK(all_in(" Bass", aria::Instrument::bass) == 8);
  CHECK(all_in("Ensemble", aria::Instrument::ensemble) == 2);
  CHECK(all_in("Trumpet", aria::Instrument::brass) == 2);
  CHECK(all_in("Sax", aria::Instrument::reed) == 4);
  CHECK(all_in("Flute", aria::Instrument::pipe) == 2);
  CHECK(all_in("Lead ", aria::Instrument::synth_lead) == 8);
  CHECK(all_in("Pad ", aria::Instrument::synth_pad) == 8);
  CHECK(all_in("FX ", aria::Instrument::synth_effect) == 8);
  CHECK(all_in("Noise", aria::Instrument::sfx) == 2);
  // Numbers in names count up from 1.
  for (unsigned i = 0; i < 8; ++i) {
    const std::string number = ' ' + std::to_string(i + 1) + " (";
    for (const unsigned first : {80U, 88U, 96U}) CHECK(has_word(aria::program_name(first + i), number));
  }
}

TEST_CASE("all program names differ, and fit on a command line", "[midi]") {
  std::set<std::string> folded;
  for (const std::string_view name : aria::kProgramNames) {
    INFO(name);
    CHECK(name.size() >= 4);
    CHECK(name.find_first_of(",:;\"") == std::string_view::npos);
    CHECK(folded.insert(aria::folded_name(name)).second);
  }
}

TEST_CASE("a program is found by its name, however it is spelt", "[midi]") {
  for (unsigned program = 0; program < 128; ++program) {
    const std::string name(aria::program_name(program));
    INFO(name);
    CHECK(aria::find_program(name) == program);
    CHECK(aria::find_program(upper(name)) == program);
    CHECK(aria::programs_named(name) == Programs{program});
    std::string joined = name;
    std::replace(joined.begin(), joined.end(), ' ', '_');
    CHECK(aria::find_program(joined) == program);
  }
  CHECK(aria::find_program("electric bass finger") == 33U);
  CHECK(aria::find_program("synth strings 2") == 51U);
  CHECK(aria::find_program("honky tonk piano") == 3U);
  CHECK(aria::find_program("bagpipe") == 109U);
  CHECK(aria::find_program("Clavinet") == 7U);
  CHECK(aria::find_program("Clarinet") == 71U);
  CHECK(aria::find_program("Lead 8 (bass+lead)") == 87U);
}

TEST_CASE("what is no name of a program finds none", "[midi]") {
  for (const char* name :
       {"", " ", "()", "piano", "violi", "violins", "violin!", "Electric Bass", "40", "violin\xc3"}) {
    INFO(name);
    CHECK(aria::find_program(name) == std::nullopt);
  }
  for (const char* name : {"", "1", "(finger)", "finger", "electric", "bass", "synth", "drums"}) {
    INFO(name);
    CHECK(aria::programs_named(name).empty());
  }
}

TEST_CASE("names without their brackets or numbers are those of several programs", "[midi]") {
  CHECK(aria::programs_named("electric bass") == Programs{33, 34});
  CHECK(aria::programs_named("Acoustic Guitar") == Programs{24, 25});
  CHECK(aria::programs_named("electric guitar") == Programs{26, 27, 28});
  CHECK(aria::programs_named("electric piano") == Programs{4, 5});
  CHECK(aria::programs_named("slap bass") == Programs{36, 37});
  CHECK(aria::programs_named("synth strings") == Programs{50, 51});
  CHECK(aria::programs_named("lead 1") == Programs{80});
  CHECK(aria::programs_named("lead") == Programs{80, 81, 82, 83, 84, 85, 86, 87});
  CHECK(aria::programs_named("fx 8") == Programs{103});
  // A whole name is no shorter name of others.
  CHECK(aria::programs_named("Acoustic Bass") == Programs{32});
}

TEST_CASE("shorter names of programs are none of the whole ones and none of the classes", "[midi]") {
  for (unsigned program = 0; program < 128; ++program) {
    for (const std::string_view name : aria::short_program_names(program)) {
      INFO(name);
      CHECK(!name.empty());
      CHECK(name.back() != ' ');
      CHECK(!aria::find_program(name));
      for (const std::string_view known : aria::kInstrumentNames) {
        CHECK(aria::folded_name(known) != aria::folded_name(name));
      }
    }
  }
  CHECK(aria::short_program_names(80) == std::vector<std::string_view>{"Lead 1", "Lead"});
  CHECK(aria::short_program_names(4) == std::vector<std::string_view>{"Electric Piano"});
  CHECK(aria::short_program_names(40).empty());
  CHECK(aria::short_program_names(128).empty());
}
