// What musicians write to choose notes.
#include "generate/choice.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/midi_reader.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/smf.hpp"

namespace {

using generate::Choice;
using generate::InstrumentSet;
using generate::NoteSources;
using Marks = std::vector<bool>;
using Tracks = std::vector<std::uint16_t>;

constexpr unsigned kDrums = 128;

std::set<unsigned> numbers_of(const InstrumentSet& set) {
  std::set<unsigned> numbers;
  for (unsigned i = 0; i < set.size(); ++i) {
    if (set[i]) numbers.insert(i);
  }
  return numbers;
}

std::set<unsigned> instruments(std::string_view what) { return numbers_of(Choice::parse(what).instruments); }
Tracks tracks(std::string_view what) { return Choice::parse(what).tracks; }

// From the first number to the last one.
std::set<unsigned> range_of(unsigned first, unsigned last) {
  std::set<unsigned> numbers;
  for (unsigned i = first; i <= last; ++i) numbers.insert(i);
  return numbers;
}

std::string usage_error_of(std::string_view what) {
  try {
    Choice::parse(what);
  } catch (const cli::UsageError& error) {
    return error.what();
  }
  FAIL("understood: " << what);
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The part of the message that says what may have been meant.
std::string meant_by(std::string_view what) {
  const std::string message = usage_error_of(what), begin = "did you mean ";
  const std::size_t at = message.find(begin);
  return at == std::string::npos ? "" : message.substr(at + begin.size(), message.find('?') - at - begin.size());
}

aria::Error refusal_of(std::string_view what, const NoteSources& sources) {
  return test::error_of([&] { generate::chosen(Choice::parse(what), sources); });
}

// Track 0 only has the tempo. Tracks 1 and 2 play on channels 0 and 1, and track 2 on the drums, too; track 3 shares
// channel 0 with track 1, and changes its program in the middle.
const std::string kFile = test::smf({
    "00 ff5103 07a120 00 ff0304 536f6e67",                                    // "Song"
    "00 ff0305 5069616e6f 00 903c40 60 803c00 00 903e40 60 803e00",           // "Piano": ticks 0 and 96
    "00 ff0305 20426173 73 00 c121 10 912440 60 812400 10 992440 10 892400",  // " Bass": 16 and, on the drums, 128
    "83 00 c028 01 904840 60 804800",                                         // 385
});

struct File {
  aria::MidiDict piece = aria::MidiDict::from_midi(test::bytes_of(kFile));
  NoteSources sources = generate::note_sources(test::bytes_of(kFile), piece);
};

Marks marks(std::string_view what) { return generate::chosen(Choice::parse(what), File().sources); }

}  // namespace

TEST_CASE("a choice names programs by their numbers", "[generate]") {
  CHECK(instruments("program:40") == std::set<unsigned>{40});
  CHECK(instruments("program:0,33") == std::set<unsigned>{0, 33});
  CHECK(instruments("program:0,33,127,program:5") == std::set<unsigned>{0, 5, 33, 127});
  CHECK(instruments(" Program : 0 ,\t007 ") == std::set<unsigned>{0, 7});
  CHECK(tracks("program:0,33").empty());
}

TEST_CASE("a choice names tracks by their numbers, in any order", "[generate]") {
  CHECK(tracks("track:2") == Tracks{2});
  CHECK(tracks("track:9,2,TRACK:4,2") == Tracks{2, 4, 9});
  CHECK(tracks("track:0,32766") == Tracks{0, 32766});
  CHECK(instruments("track:2,3").empty());
}

TEST_CASE("numbers in a choice belong to the word before them", "[generate]") {
  CHECK(instruments("program:1,2,track:3,4,program:5") == std::set<unsigned>{1, 2, 5});
  CHECK(tracks("program:1,2,track:3,4,program:5") == Tracks{3, 4});
  CHECK(has(usage_error_of("33"), "program:33 or track:33"));
  CHECK(has(usage_error_of("program:1,drums,33"), "program:33 or track:33"));
  CHECK(has(usage_error_of("track:1,violin,2"), "program:2 or track:2"));
}

TEST_CASE("a choice names drums, classes and names of General MIDI", "[generate]") {
  CHECK(instruments("drums") == std::set<unsigned>{kDrums});
  CHECK(instruments("DRUMS, Violin") == std::set<unsigned>{40, kDrums});
  CHECK(instruments("piano") == range_of(0, 7));
  CHECK(instruments("bass") == range_of(32, 39));
  CHECK(instruments("sfx") == range_of(120, 127));
  for (const char* name : {"synth_lead", "synth lead", "Synth Lead", "SYNTH_LEAD", " synth lead "}) {
    CHECK(instruments(name) == range_of(80, 87));
  }
  CHECK(instruments("electric bass (finger)") == std::set<unsigned>{33});
  CHECK(instruments("electric_bass finger,cello") == std::set<unsigned>{33, 42});
  CHECK(instruments("electric bass") == std::set<unsigned>{33, 34});
  CHECK(instruments("program:0,flute,track:1,strings") == [] {
    auto numbers = range_of(40, 47);
    numbers.insert({0, 73});
    return numbers;
  }());
}

TEST_CASE("every class and every program can be chosen by its name", "[generate]") {
  for (std::size_t i = 0; i < aria::kInstrumentCount; ++i) {
    const auto first = static_cast<unsigned>(8 * i);
    CHECK(instruments(aria::kInstrumentNames[i]) == range_of(first, first + 7));
  }
  for (unsigned program = 0; program < 128; ++program) {
    CHECK(instruments(aria::program_name(program)) == std::set<unsigned>{program});
  }
}

TEST_CASE("a choice means a note by its instrument or by its track", "[generate]") {
  const Choice choice = Choice::parse("program:3,drums,track:2,7");
  CHECK(choice.has(3, 0));
  CHECK(choice.has(kDrums, 0));
  CHECK(choice.has(5, 2));
  CHECK(choice.has(5, 7));
  CHECK(!choice.has(5, 3));
  CHECK(!choice.has(2, 0));
  CHECK(!choice.has(129, 0));
  CHECK(!Choice().has(0, 0));
}

TEST_CASE("a choice that is nothing is refused with all that is understood", "[generate]") {
  const std::string message = usage_error_of("piano,zzzzzz");
  INFO(message);
  CHECK(has(message, "\"zzzzzz\" names no notes; understood are"));
  for (const char* part : {"program:N (0 to 127)", "track:N (from 0)", "drums", "General MIDI", "piano, chromatic",
                           "percussive and sfx"}) {
    CHECK(has(message, part));
  }
  CHECK(!has(message, "did you mean"));
  // Neither long nor unprintable words get in the way.
  CHECK(has(usage_error_of(std::string(100'000, 'x')), "xxx...\" names no notes"));
  CHECK(has(usage_error_of("a\033[31m"), "\"a?[31m\""));
  CHECK(has(usage_error_of("violin;cello"), "\"violin;cello\""));
}

TEST_CASE("a choice that has a part that is empty is refused", "[generate]") {
  for (const char* what : {"", " ", ",", "piano,", ",piano", "piano,,drums", "program:1, ,2"}) {
    INFO(what);
    CHECK(has(usage_error_of(what), "is empty"));
  }
}

TEST_CASE("numbers of programs and tracks that cannot be are refused", "[generate]") {
  for (const char* what : {"program:128", "program:1,128", "program:-1", "program:+1", "program:", "program:1.5",
                           "program:violin", "program:99999999999999999999", "program:1:2", "program:0x1"}) {
    INFO(what);
    CHECK(has(usage_error_of(what), "programs are numbers from 0 to 127, and \""));
  }
  for (const char* what : {"track:", "track:32767", "track:65536", "track:-1", "track:Piano", "track:1,4294967296"}) {
    INFO(what);
    CHECK(has(usage_error_of(what), "tracks are numbers from 0 to 32766, and \""));
  }
}

TEST_CASE("a word that is nearly a name is answered with the name", "[generate]") {
  CHECK(meant_by("vioiln") == "Violin");
  CHECK(meant_by("fiddel") == "Fiddle");
  CHECK(meant_by("pianos") == "piano");
  CHECK(meant_by("pinao") == "piano");
  CHECK(meant_by("drum") == "drums");
  // In four letters one may be wrong, and two that are exchanged are one.
  CHECK(meant_by("tbua") == "Tuba");
  CHECK(meant_by("utba") == "Tuba");
  CHECK(meant_by("abut").empty());
  CHECK(meant_by("synth_leed") == "synth_lead");
  CHECK(meant_by("marimbaphon") == "Marimba");
  CHECK(meant_by("electic bass (finger)") == "Electric Bass (finger)");
  CHECK(meant_by("piano,flite,drums") == "Flute");
  CHECK(meant_by("programs:1") == "program:N");
  CHECK(meant_by("drums,trakc:1") == "track:N");
  // What is a part of names is answered with these.
  CHECK(meant_by("sax") == "Soprano Sax, Alto Sax, Tenor Sax or Baritone Sax");
  CHECK(meant_by("Horn") == "French Horn or English Horn");
  CHECK(meant_by("grand piano") == "Acoustic Grand Piano or Electric Grand Piano");
  CHECK(meant_by("harp") == "Orchestral Harp");
  CHECK(meant_by("sci-fi") == "FX 8 (sci-fi)");
  // What is neither gets no answer.
  for (const char* what : {"kazoo", "x", "()", "channel:1", "violn:2", ":"}) {
    INFO(what);
    CHECK(meant_by(what).empty());
  }
}

TEST_CASE("the sources of notes are their instruments and tracks", "[generate]") {
  const File file;
  REQUIRE(file.piece.notes.size() == 5);
  CHECK(file.sources.instruments == std::vector<std::uint8_t>{0, 33, 0, kDrums, 40});
  CHECK(file.sources.tracks == Tracks{1, 2, 1, 2, 3});
  CHECK(file.sources.track_names == std::vector<std::string>{"Song", "Piano", " Bass", ""});
}

TEST_CASE("notes are chosen by their instruments and tracks", "[generate]") {
  CHECK(marks("piano") == Marks{true, false, true, false, false});
  CHECK(marks("drums") == Marks{false, false, false, true, false});
  CHECK(marks("track:2") == Marks{false, true, false, true, false});
  CHECK(marks("violin,track:1") == Marks{true, false, true, false, true});
  CHECK(marks("electric bass") == Marks{false, true, false, false, false});
  CHECK(marks("program:0,33,40,drums") == Marks{true, true, true, true, true});
  // A part of a choice may mean no note.
  CHECK(marks("violin,flute,track:0") == Marks{false, false, false, false, true});
}

TEST_CASE("a choice of which the file has no note is refused with what it has", "[generate]") {
  const NoteSources sources = File().sources;
  const std::string rest =
      "; it has: program 0 Acoustic Grand Piano (2 notes), program 33 Electric Bass (finger) (1 note), "
      "program 40 Violin (1 note), drums (1 note), in the tracks 1 \"Piano\", 2 \"Bass\", 3";
  const auto message = [&](const char* what) { return refusal_of(what, sources).message(); };
  CHECK(refusal_of("flute", sources).code() == aria::ErrorCode::invalid_argument);
  CHECK(message("flute") == "plays no Flute" + rest);
  CHECK(message("program:73") == "plays no program 73 Flute" + rest);
  CHECK(message("cello,brass,slap bass") == "plays no Cello, brass or slap bass" + rest);
  CHECK(message("track:0") == "plays nothing in track 0" + rest);
  CHECK(message("track:9,0") == "plays nothing in tracks 0 and 9" + rest);
  CHECK(message("track:9,flute") == "plays no Flute and nothing in track 9" + rest);
}

TEST_CASE("refusals of choices speak of files with one track, with none, and with odd names", "[generate]") {
  const NoteSources one{{128, 128}, {4, 4}, {}};
  CHECK(refusal_of("flute", one).message() == "plays no Flute; it has: drums (2 notes), in the track 4");
  CHECK(refusal_of("flute", {}).message() == "plays no Flute; it has no notes");
  const NoteSources odd{{0, 0}, {0, 1}, {"a\nb", std::string(100, 'n')}};
  CHECK(refusal_of("flute", odd).message() ==
        "plays no Flute; it has: program 0 Acoustic Grand Piano (2 notes), in the tracks 0 \"a?b\", 1 \"" +
            std::string(40, 'n') + "...\"");
  CHECK_THROWS_AS(generate::chosen(Choice::parse("piano"), NoteSources{{0, 0}, {0}, {}}), aria::Error);
}

TEST_CASE("a choice is a set of instruments, with those that play in its tracks", "[generate]") {
  const NoteSources sources = File().sources;
  const auto of_file = [&](const char* what) {
    return numbers_of(generate::instruments_of(Choice::parse(what), sources));
  };
  CHECK(of_file("track:2") == std::set<unsigned>{33, kDrums});
  CHECK(of_file("track:1,3") == std::set<unsigned>{0, 40});
  CHECK(of_file("track:1,0,cello") == std::set<unsigned>{0, 42});
  CHECK(of_file("flute") == std::set<unsigned>{73});  // the file does not play it
  const aria::Error error = test::error_of([&] { generate::instruments_of(Choice::parse("track:0"), sources); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(has(error.message(), "plays nothing in track 0; it has: program 0"));
}

TEST_CASE("without a file a choice may name no tracks", "[generate]") {
  CHECK(numbers_of(generate::instruments_of(Choice::parse("drums,program:3"))) == std::set<unsigned>{3, kDrums});
  const auto message = [](const char* what) -> std::string {
    try {
      generate::instruments_of(Choice::parse(what));
    } catch (const cli::UsageError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("track:2") == "there is no MIDI file whose track 2 could be meant");
  CHECK(message("drums,track:4,2") == "there is no MIDI file whose tracks 2 and 4 could be meant");
}
