// aria-generate makes music in all its ways: what is given stays as it is, and what is new is what was asked for.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include <aria/midi.hpp>

#include "gpt2_workplace.hpp"
#include "music.hpp"
#include "support/smf.hpp"
#include "support/xml.hpp"

using test::check_done, test::check_failed, test::gpt2_json, test::lines_of, test::mentions, test::ProgramRun,
    test::SlowTensor, test::TrainWorkplace, test::Words;

namespace {

constexpr unsigned kDrums = 128, kNewVelocity = 72;

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The weights of a GPT-2 with one layer whose music goes on: the later an onset, the less likely it is, by a factor of
// e a quarter of a second. All else is random.
std::string model_weights(std::size_t width, std::size_t positions) {
  test::Dice dice(3);
  std::map<std::string, SlowTensor> tensors;
  const auto add = [&](const std::string& name, std::vector<long long> shape,
                       const std::function<float(std::size_t)>& f) {
    std::size_t count = 1;
    for (const long long size : shape) count *= static_cast<std::size_t>(size);
    std::string bytes(4 * count, '\0');
    for (std::size_t i = 0; i < count; ++i) {
      const float value = f(i);
      std::memcpy(bytes.data() + 4 * i, &value, 4);
    }
    tensors["transformer." + name] = {"F32", std::move(shape), std::move(bytes)};
  };
  const auto noise = [&](float most) {
    return [&dice, most](std::size_t) { return most * (static_cast<float>(dice.below(20001)) / 10000 - 1); };
  };
  const auto number = [](float value) { return [value](std::size_t) { return value; }; };
  const auto d = static_cast<long long>(width);
  add("wte.weight", {test::kArrivalSize, d}, [&](std::size_t i) {
    const std::size_t token = i / width;
    if (i % width != 0) return noise(0.8F)(i);
    return token < test::kDurations ? -0.0006F * static_cast<float>(token) : token == 27'512 ? -27.0F : 0.0F;
  });
  add("wpe.weight", {static_cast<long long>(positions), d}, noise(0.5F));
  for (const std::string norm : {"h.0.ln_1", "h.0.ln_2", "ln_f"}) {
    add(norm + ".weight", {d}, number(1));
    add(norm + ".bias", {d}, [&](std::size_t i) { return norm == "ln_f" && i == 0 ? 60.0F : 0.0F; });
  }
  for (const auto& [name, in, out] : std::vector<std::tuple<std::string, long long, long long>>{
           {"attn.c_attn", d, 3 * d}, {"attn.c_proj", d, d}, {"mlp.c_fc", d, 4 * d}, {"mlp.c_proj", 4 * d, d}}) {
    add("h.0." + name + ".weight", {in, out}, noise(0.8F));
    add("h.0." + name + ".bias", {out}, number(0));
  }
  return test::safetensors(tensors);
}

// A track of messages at ticks.
class Track {
 public:
  Track& at(unsigned tick, const std::string& bytes) {
    messages_.emplace_back(tick, bytes);
    return *this;
  }
  Track& note(unsigned channel, unsigned pitch, unsigned velocity, unsigned start, unsigned end) {
    const auto message = [&](unsigned loudness) {
      return std::string{static_cast<char>(0x90 | channel), static_cast<char>(pitch), static_cast<char>(loudness)};
    };
    return at(start, message(velocity)).at(end, message(0));
  }
  std::string chunk() {
    // What ends comes before what begins.
    std::stable_sort(messages_.begin(), messages_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string bytes;
    unsigned now = 0;
    for (const auto& [tick, message] : messages_) {
      bytes += test::quantity(tick - now) + message;
      now = tick;
    }
    return test::midi_track(bytes);
  }

 private:
  std::vector<std::pair<unsigned, std::string>> messages_;
};

std::string named(const std::string& name) { return "\xff\x03" + test::quantity(name.size()) + name; }
std::string program(unsigned channel, unsigned number) {
  return {static_cast<char>(0xc0 | channel), static_cast<char>(number)};
}

// Ten seconds of a band: a piano with notes that sound together with others of their pitch, a bass that becomes
// another one, a violin and drums. The tempo changes, and the pedal goes down.
std::string band() {
  Track tempo, piano, bass, drums;
  tempo.at(0, std::string("\xff\x51\x03\x07\xa1\x20", 6)).at(2880, std::string("\xff\x51\x03\x06\x1a\x80", 6));
  piano.at(0, named("Piano")).at(0, program(0, 0)).at(960, "\xb0\x40\x7f").at(1900, std::string("\xb0\x40\x00", 3));
  for (unsigned i = 0; i < 40; ++i) piano.note(0, 60 + i * 5 % 12, 80, 240 * i, 240 * i + 200);
  piano.note(0, 61, 81, 500, 1500).note(0, 61, 82, 900, 1500);
  bass.at(0, named("Bass")).at(0, program(1, 33)).at(4800, program(1, 35)).at(0, program(2, 40));
  for (unsigned i = 0; i < 20; ++i) bass.note(1, 36 + i % 5, 90, 480 * i + 3, 480 * i + 470);
  for (unsigned i = 0; i < 5; ++i) bass.note(2, 70 + i, 70, 1920 * i + 7, 1920 * i + 1900);
  drums.at(0, named("Drums"));
  for (unsigned i = 0; i < 40; ++i) drums.note(9, i % 2 == 0 ? 36 : 42, 100, 240 * i, 240 * i + 30);
  return test::header(1, 4, 480) + tempo.chunk() + piano.chunk() + bass.chunk() + drums.chunk();
}

// Start, end, pitch, velocity, instrument.
struct Note {
  std::int64_t start, end;
  unsigned pitch, velocity, instrument;
  double seconds;  // of the start
  bool operator<(const Note& other) const {
    return std::tie(start, end, pitch, velocity, instrument) <
           std::tie(other.start, other.end, other.pitch, other.velocity, other.instrument);
  }
};
using Notes = std::multiset<Note>;

double seconds_at(const aria::MidiDict& piece, std::int64_t tick) {
  double seconds = 0, tempo = 500'000;
  std::int64_t now = 0;
  for (const auto& change : piece.tempos) {
    if (change.tick.count > tick) break;
    seconds += static_cast<double>(change.tick.count - now) * tempo / piece.ticks_per_beat / 1e6;
    now = change.tick.count;
    tempo = static_cast<double>(change.tempo);
  }
  return seconds + static_cast<double>(tick - now) * tempo / piece.ticks_per_beat / 1e6;
}

Notes notes_of(const aria::MidiDict& piece) {
  Notes notes;
  for (const auto& note : piece.notes) {
    unsigned instrument = note.channel() == 9 ? kDrums : 0;
    for (const auto& change : piece.instruments) {
      if (instrument != kDrums && change.channel() == note.channel() && change.tick() <= note.start()) {
        instrument = change.program();
      }
    }
    if (note.channel() == 9) instrument = kDrums;
    notes.insert({note.start().count, note.end().count, note.pitch(), note.velocity(), instrument,
                  seconds_at(piece, note.start().count)});
  }
  return notes;
}

// A workplace with a model, a project of which it is the last checkpoint, and band.mid.
struct Studio : TrainWorkplace {
  static constexpr std::size_t kPositions = 256;

  Studio() : TrainWorkplace(Empty()) {
    write("model/config.json", gpt2_json({.width = 8, .layers = 1, .heads = 2, .length = kPositions}));
    write("model/model.safetensors", model_weights(8, kPositions));
    write("band.mid", band());
  }

  ProgramRun make(const Words& words, const std::string& model = "model") const {
    return generate(with(with({model}, words), {"--threads", "1"}));
  }
  Notes notes_in(const std::string& name) const { return notes_of(aria::MidiDict::from_midi((*this / name).string())); }

  // Makes `out`, and checks that the notes of band.mid for which `is_kept` are in it as they were; returns the others.
  Notes added(const std::string& out, const Words& words, const std::function<bool(const Note&)>& is_kept) const {
    CAPTURE(words);
    const ProgramRun run = make(with({out}, words));
    check_done(run);
    const auto before = aria::MidiDict::from_midi((*this / "band.mid").string());
    const auto after = aria::MidiDict::from_midi((*this / out).string());
    CHECK(after.ticks_per_beat == before.ticks_per_beat);
    CHECK(after.tempos == before.tempos);
    Notes fresh = notes_of(after);
    std::size_t kept = 0;
    for (const Note& note : notes_of(before)) {
      if (!is_kept(note)) continue;
      ++kept;
      CAPTURE(note.start, note.end, note.pitch, note.velocity, note.instrument);
      const auto found = fresh.find(note);
      CHECK(found != fresh.end());
      if (found != fresh.end()) fresh.erase(found);
    }
    CHECK(mentions(run.output, "wrote " + out + ": " + std::to_string(kept) + " notes given, " +
                                   std::to_string(fresh.size()) + " new\n"));
    CHECK(mentions(run.output, " new tokens in "));
    CHECK(fresh.size() > 3);
    for (const Note& note : fresh) {
      CAPTURE(note.start, note.pitch, note.instrument);
      CHECK(note.velocity == kNewVelocity);
    }
    return fresh;
  }

  // Refused: nothing is written.
  void refused(const Words& words, const Words& parts, int status = 1, const std::string& model = "model") const {
    CAPTURE(words);
    const Words before = names_in(".");
    const ProgramRun run = make(words, model);
    check_failed(run, parts, status);
    CHECK(run.complaints.size() < 1500);
    CHECK(names_in(".") == before);
  }
};

void check_window(const Notes& notes, double from, double to) {
  for (const Note& note : notes) {
    CAPTURE(note.start, note.seconds);
    CHECK(note.seconds > from - 0.002);  // a tick is the nearest one to a hundredth of a second
    CHECK(note.seconds < to);
  }
}

void check_instruments(const Notes& notes, const std::function<bool(unsigned)>& is_allowed) {
  for (const Note& note : notes) {
    CAPTURE(note.start, note.instrument);
    CHECK(is_allowed(note.instrument));
  }
}

}  // namespace

TEST_CASE("aria-generate: help, with an example of every way") {
  const ProgramRun run = test::run_program(ARIA_GENERATE_PROGRAM, {"--help"});
  check_done(run);
  for (const std::string way : {"new.mid --end", "--continue song.mid", "--accompany song.mid", "--infill song.mid"}) {
    CHECK(mentions(run.output, way));
  }
  for (const std::string& line : lines_of(run.output)) CHECK(line.size() <= 100);
}

TEST_CASE("aria-generate: new music, its seeds and its variations") {
  const Studio studio;
  const Words words = {"--start", "2", "--end", "6", "--seed", "5"};
  const ProgramRun run = studio.make(with({"new.mid"}, words));
  check_done(run);
  CHECK(mentions(run.output, "To look at: new.svg, in a browser. To listen to: new.mid\n"));
  const Notes notes = studio.notes_in("new.mid");
  CHECK(notes.size() > 5);
  check_window(notes, 2, 6);
  CHECK(mentions(run.output, "wrote new.mid: 0 notes given, " + std::to_string(notes.size()) + " new\n"));
  CHECK(studio.names_in(".") == Words{"band.mid", "model", "new.mid", "new.svg"});
  const std::string svg = studio.text("new.svg");
  CHECK(test::xml_fault(svg) == "");
  CHECK(mentions(svg, "New music"));

  check_done(studio.make(with({"again.mid"}, words)));
  CHECK((studio.text("again.mid") == studio.text("new.mid")));
  check_done(studio.make({"other.mid", "--start", "2", "--end", "6", "--seed", "6"}));
  CHECK((studio.text("other.mid") != studio.text("new.mid")));
  // What each variation is does not depend on how many there are.
  const ProgramRun three = studio.make(with({"v.mid"}, with(words, {"--var", "3"})));
  check_done(three);
  for (const std::string number : {"1", "2", "3"}) {
    CHECK(mentions(three.output, "wrote v_" + number + ".mid: 0 notes given, "));
    CHECK(mentions(studio.text("v_" + number + ".svg"), "variation " + number));
  }
  CHECK_FALSE(studio.has("v.mid"));
  CHECK_FALSE(studio.has("v_4.mid"));
  CHECK((studio.text("v_1.mid") == studio.text("new.mid")));
  CHECK((studio.text("v_2.mid") != studio.text("v_1.mid")));
  CHECK((studio.text("v_2.mid") != studio.text("v_3.mid")));
  // The choice of instruments.
  check_done(studio.make({"only.mid", "--end", "6", "--only", "violin, drums"}));
  const Notes only = studio.notes_in("only.mid");
  CHECK(only.size() > 5);
  check_instruments(only, [](unsigned instrument) { return instrument == 40 || instrument == kDrums; });
  check_done(studio.make({"without.mid", "--end", "6", "--only", "program:0,1,2", "--exclude", "program:1"}));
  check_instruments(studio.notes_in("without.mid"),
                    [](unsigned instrument) { return instrument == 0 || instrument == 2; });
}

TEST_CASE("aria-generate --continue: what comes before stays, and what follows is new") {
  const Studio studio;
  const auto is_before = [](const Note& note) { return note.seconds < 4.1; };
  const Notes notes = studio.added(
      "out.mid", {"--continue", "band.mid", "--from", "4.1", "--end", "7", "--exclude", "drums"}, is_before);
  check_window(notes, 4.1, 7);
  check_instruments(notes, [](unsigned instrument) { return instrument != kDrums; });
  // With notes of given instruments only: those of a track.
  const Notes bass = studio.added(
      "bass.mid", {"--continue", "band.mid", "--from", "4.1", "--end", "7", "--only", "track:2"}, is_before);
  check_window(bass, 4.1, 7);
  check_instruments(bass, [](unsigned i) { return i == 33 || i == 35 || i == 40; });
  // Without an end, 30 seconds.
  const Notes long_one = studio.added("long.mid", {"--continue", "band.mid", "--from", "4.1"}, is_before);
  check_window(long_one, 4.1, 34.1);
  CHECK(long_one.rbegin()->seconds > 20);
  // From the very beginning nothing is given.
  const Notes all = studio.added("all.mid", {"--continue", "band.mid", "--from", "0", "--end", "2"},
                                 [](const Note&) { return false; });
  check_window(all, 0, 2);
}

TEST_CASE("aria-generate --accompany: the kept notes stay, around them all is new") {
  const Studio studio;
  const auto in_bass = [](const Note& note) {
    return note.instrument == 33 || note.instrument == 35 || note.instrument == 40;
  };
  double end = 0;  // the last note of all
  for (const Note& note : studio.notes_in("band.mid")) end = std::max(end, note.seconds + 0.01);
  const Notes notes = studio.added("track.mid", {"--accompany", "band.mid", "--keep", "track:2"}, in_bass);
  check_window(notes, 0, end);
  CHECK(notes.begin()->seconds < 3);
  CHECK(notes.rbegin()->seconds > 6);
  const Notes some = studio.added(
      "some.mid",
      {"--accompany", "band.mid", "--keep", "drums, violin", "--start", "2.05", "--end", "5", "--only", "piano"},
      [](const Note& note) {
        return note.instrument == kDrums || note.instrument == 40 || note.seconds < 2.05 || note.seconds >= 5;
      });
  check_window(some, 2.05, 5);
  check_instruments(some, [](unsigned instrument) { return instrument < 8; });
}

TEST_CASE("aria-generate --infill: what lies outside of the window stays, and within it what is not rewritten") {
  const Studio studio;
  const auto is_outside = [](const Note& note) { return note.seconds < 2.05 || note.seconds >= 5.05; };
  const Words window = {"--infill", "band.mid", "--from", "2.05", "--to", "5.05"};
  check_window(studio.added("all.mid", window, is_outside), 2.05, 5.05);
  const Notes piano = studio.added("piano.mid", with(window, {"--instruments", "Acoustic Grand Piano"}),
                                   [&](const Note& note) { return is_outside(note) || note.instrument != 0; });
  check_window(piano, 2.05, 5.05);
  check_instruments(piano, [](unsigned instrument) { return instrument == 0; });
  const Notes bass = studio.added(
      "bass.mid", with(window, {"--instruments", "track:2", "--only", "flute"}),
      [&](const Note& note) { return is_outside(note) || note.instrument == 0 || note.instrument == kDrums; });
  check_window(bass, 2.05, 5.05);
  check_instruments(bass, [](unsigned instrument) { return instrument == 73; });

  // The drawing tells given notes from new ones of the same instrument by their colour.
  const std::string svg = studio.text("piano.svg");
  CHECK(test::xml_fault(svg) == "");
  CHECK(mentions(svg, "band.mid, filled in"));
  CHECK(mentions(svg, ">given<"));
  std::set<std::string> of_given, of_new;
  for (std::size_t at = svg.find("<g class=\"piano\""); at != std::string::npos;
       at = svg.find("<g class=\"piano\"", at + 1)) {
    const std::string group = svg.substr(at, svg.find("</g>", at) - at);
    const std::size_t fill = group.find("fill=\"") + 6;
    const std::string color = group.substr(fill, group.find('"', fill) - fill);
    const bool has_new = mentions(group, ", velocity " + std::to_string(kNewVelocity) + ",");
    CHECK(has_new != mentions(group, ", velocity 8"));
    (has_new ? of_new : of_given).insert(color);
  }
  CHECK(of_given.size() == 1);
  CHECK(of_new.size() == 1);
  CHECK(of_given != of_new);
}

TEST_CASE("aria-generate: pieces of all kinds are kept as they are") {
  const Studio studio;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    test::PieceOptions options;
    options.max_notes = 300;
    options.ticks = 9'000;
    options.overlapping_notes = true;
    aria::MidiDict piece = test::random_piece(seed, options);
    if (piece.notes.size() < 10) continue;
    std::filesystem::remove(studio / "band.mid");
    aria::write_midi(piece, (studio / "band.mid").string());
    piece = aria::MidiDict::from_midi((studio / "band.mid").string());
    const double middle = std::floor(100 * seconds_at(piece, piece.notes[piece.notes.size() / 2].start().count)) / 100;
    std::ostringstream from, to;
    from << middle;
    to << middle + 1.5;
    const ProgramRun run =
        studio.make({"out.mid", "--infill", "band.mid", "--from", from.str(), "--to", to.str(), "--overwrite"});
    check_done(run);
    const Notes before = notes_of(piece), after = studio.notes_in("out.mid");
    std::size_t kept = 0;
    for (const Note& note : before) {
      // Close to the borders, hundredths of a second decide.
      if (std::abs(note.seconds - middle) < 0.011 || std::abs(note.seconds - middle - 1.5) < 0.011) continue;
      if (note.seconds >= middle && note.seconds < middle + 1.5) continue;
      ++kept;
      CAPTURE(note.start, note.end, note.pitch, note.velocity, note.instrument);
      CHECK(after.count(note) == before.count(note));
    }
    CHECK(kept > 0);
  }
}

TEST_CASE("aria-generate: a cache changes nothing, and windows move as they are asked to") {
  const Studio studio;
  // More events than the window of 83 holds.
  const Words words = {"--end", "40", "--temperature", "0.4", "--top-p", "0.5", "--only", "program:0,1"};
  const Words likeliest = {"--continue", "band.mid", "--from", "4", "--end", "16", "--temperature", "0"};
  check_done(studio.make(with({"cached.mid"}, likeliest)));
  check_done(studio.make(with({"uncached.mid", "--no-cache"}, likeliest)));
  CHECK((studio.text("cached.mid") == studio.text("uncached.mid")));
  check_done(studio.make(with({"a.mid"}, words)));
  check_done(studio.make(with({"b.mid", "--window-step", "1"}, words)));
  CHECK(studio.notes_in("a.mid").size() > 83);
  CHECK((studio.text("a.mid") != studio.text("b.mid")));
}

TEST_CASE("aria-generate --reference: the loops of the original, in every way") {
  const Studio studio;
  const Words ref = {"--reference", "--seed", "2"};
  check_done(studio.make(with({"new.mid", "--end", "4"}, ref)));
  check_window(studio.notes_in("new.mid"), 0, 4);
  const Notes notes = studio.added("on.mid", with({"--continue", "band.mid", "--from", "4.1", "--end", "7"}, ref),
                                   [](const Note& note) { return note.seconds < 4.1; });
  check_window(notes, 4.1, 7);
  check_done(studio.make(with({"band2.mid", "--accompany", "band.mid", "--keep", "track:2", "--end", "4"}, ref)));
  check_done(studio.make(with({"fill.mid", "--infill", "band.mid", "--from", "2", "--to", "4"}, ref)));
}

TEST_CASE("aria-generate: the music of the original's own run") {
  const auto conformance = test::conformance_folder();
  if (!conformance || !std::filesystem::exists(*conformance / "models/amt_sampling")) return;
  const auto model = *conformance / "models/amt_sampling";
  const Studio studio;
  check_done(studio.make({"out.mid", "--end", "8", "--temperature", "0", "--reference"}, model.string()));
  std::filesystem::copy(model / "runs.json.gz", studio / "runs.json.gz");
  REQUIRE(
      std::system(("gzip -dc '" + (studio / "runs.json.gz").string() + "' > '" + (studio / "runs.json").string() + "'")
                      .c_str()) == 0);
  const std::string json = studio.text("runs.json");
  const std::size_t at = json.find("\"output\": [", json.find("\"ar_0_8_greedy\"")) + 11;
  std::string list = json.substr(at, json.find(']', at) - at);
  std::replace(list.begin(), list.end(), ',', ' ');
  std::istringstream stream(list);
  std::vector<std::array<unsigned, 3>> wanted, found;  // onset in hundredths of a second, instrument, pitch
  for (unsigned time = 0, duration = 0, note = 0; stream >> time >> duration >> note;) {
    wanted.push_back({time, (note - test::kNotes) / 128, (note - test::kNotes) % 128});
  }
  for (const Note& note : studio.notes_in("out.mid")) {
    found.push_back({static_cast<unsigned>(std::lround(100 * note.seconds)), note.instrument, note.pitch});
  }
  std::sort(wanted.begin(), wanted.end());
  std::sort(found.begin(), found.end());
  CHECK(wanted.size() > 60);
  CHECK(found == wanted);
}

TEST_CASE("aria-generate: a project stands for its last checkpoint") {
  const Studio studio;
  std::filesystem::create_directories(studio / "run/checkpoints");
  studio.copy("model", "run/checkpoints/epoch2_step10");
  studio.write("run/checkpoints/epoch2_step9/config.json", "{}");
  studio.write("run/checkpoints/superseded_epoch3/config.json", "{}");
  for (const std::string folder : {"run", "run/", "run/checkpoints/epoch2_step10", "model/"}) {
    CAPTURE(folder);
    check_done(studio.make({"out.mid", "--end", "2", "--overwrite"}, folder));
    if (!studio.has("first.mid")) studio.copy("out.mid", "first.mid");
    CHECK((studio.text("out.mid") == studio.text("first.mid")));
  }
  // One that aria-train has just made, whose music need not be any good.
  const test::Gpt2Workplace place;
  check_done(place.train(test::gpt2_run("run", {"--steps", "2"})));
  check_done(place.generate({"run", "out.mid", "--end", "1", "--var", "2"}));
  CHECK(place.has("out_1.mid"));
  CHECK(place.has("out_2.svg"));
}

TEST_CASE("aria-generate: results that are there are not replaced unless that is asked for") {
  const Studio studio;
  const Words words = {"out.mid", "--end", "2"};
  studio.write("out.svg", "mine");
  studio.refused(words, {"out.svg", "is there already", "--overwrite"});
  CHECK_FALSE(studio.has("out.mid"));
  check_done(studio.make(with(words, {"--overwrite"})));
  const std::string first = studio.text("out.mid");
  CHECK(studio.text("out.svg") != "mine");
  studio.refused(with(words, {"--seed", "3"}), {"out.mid", "is there already"});
  CHECK(studio.text("out.mid") == first);
  check_done(studio.make(with(words, {"--seed", "3", "--overwrite"})));
  CHECK(studio.text("out.mid") != first);
  studio.write("v_2.mid", "mine");
  studio.refused({"v.mid", "--end", "2", "--var", "2"}, {"v_2.mid", "is there already"});
  CHECK_FALSE(studio.has("v_1.mid"));
  // The input never is.
  studio.refused({"band.mid", "--continue", "band.mid", "--from", "2", "--overwrite"}, {"named twice: band.mid"}, 2);
  studio.refused({"nowhere/out.mid", "--end", "2"}, {"nowhere: no such folder"});
}

TEST_CASE("aria-generate: options that do not belong to a way, and others that are wrong in themselves") {
  const Studio studio;
  const std::map<std::string, Words> ways = {{"new music", {}},
                                             {"--continue", {"--continue", "band.mid", "--from", "2"}},
                                             {"--accompany", {"--accompany", "band.mid", "--keep", "drums"}},
                                             {"--infill", {"--infill", "band.mid", "--from", "2", "--to", "4"}}};
  const std::map<std::string, std::set<std::string>> allowed = {{"--from", {"--continue", "--infill"}},
                                                                {"--to", {"--infill"}},
                                                                {"--keep", {"--accompany"}},
                                                                {"--instruments", {"--infill"}},
                                                                {"--start", {"new music", "--accompany"}},
                                                                {"--end", {"new music", "--continue", "--accompany"}}};
  for (const auto& [way, words] : ways) {
    for (const auto& [option, of] : allowed) {
      if (of.count(way) != 0) continue;
      const std::string value = option == "--keep" || option == "--instruments" ? "drums" : "3";
      studio.refused(with({"out.mid", option, value}, words), {option}, 2);
    }
    for (std::size_t i = 2; i < words.size(); i += 2) {  // without one that it needs
      Words fewer = words;
      const std::string missing = fewer[i];
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i), fewer.begin() + static_cast<std::ptrdiff_t>(i) + 2);
      studio.refused(with({"out.mid"}, fewer), {way + " needs " + missing}, 2);
    }
  }
  const auto usage = [&](const Words& words, const Words& parts) { studio.refused(words, parts, 2); };
  usage({"out.mid", "--continue", "band.mid", "--infill", "band.mid", "--from", "1", "--to", "2"},
        {"exclude each other"});
  usage({"out.mid", "--infill", "band.mid", "--from", "4", "--to", "4"}, {"--to must be behind --from"});
  usage({"out.mid", "--start", "4", "--end", "3"}, {"--end must be behind --start"});
  usage({"out.midi"}, {"OUT must end in .mid, and is out.midi"});
  usage({}, {"out is missing"});
  usage({"out.mid", "--only", "vilin"}, {"--only: \"vilin\" names no notes", "Violin"});
  usage({"out.mid", "--only", "track:1"}, {"no MIDI file whose track 1"});
  usage({"out.mid", "--only", "violin", "--exclude", "strings"}, {"--exclude leaves no instrument"});
}

TEST_CASE("aria-generate: what a piece does not have is said, with what it has") {
  const Studio studio;
  studio.refused(
      {"out.mid", "--accompany", "band.mid", "--keep", "flute"},
      {"band.mid: plays no Flute; it has: program 0 Acoustic Grand Piano (42 notes), program 33 Electric Bass "
       "(finger) (10 notes), program 35 Fretless Bass (10 notes), program 40 Violin (5 notes), drums (40 notes), "
       "in the tracks 1 \"Piano\", 2 \"Bass\", 3 \"Drums\""});
  studio.refused({"out.mid", "--accompany", "band.mid", "--keep", "track:0"}, {"band.mid", "nothing in track 0"});
  studio.refused({"out.mid", "--infill", "band.mid", "--from", "1", "--to", "2", "--instruments", "choir,track:9"},
                 {"--instruments: \"choir\" names no notes"}, 2);
  studio.refused({"out.mid", "--infill", "band.mid", "--from", "1", "--to", "2", "--instruments", "organ, track:9"},
                 {"band.mid: plays no organ and nothing in track 9; it has: "});
  studio.refused({"out.mid", "--continue", "band.mid", "--from", "2", "--only", "track:7"},
                 {"band.mid: plays nothing in track 7; it has: "});
  // The last note starts a little before 9 s: the tempo is faster from 3 s on.
  const std::string last = "its last note starts at ";
  for (const Words& words : std::vector<Words>{{"--continue", "band.mid", "--from", "1000"},
                                               {"--infill", "band.mid", "--from", "1000", "--to", "1001"},
                                               {"--accompany", "band.mid", "--keep", "drums", "--start", "1000"}}) {
    double seconds = 0;
    for (const Note& note : studio.notes_in("band.mid")) seconds = std::max(seconds, note.seconds);
    char text[40];
    std::snprintf(text, sizeof text, "%.2f s", seconds);
    studio.refused(with({"out.mid"}, words), {"band.mid: " + last + text, "1000.00 s"});
  }
  studio.refused({"out.mid", "--continue", "nothing.mid", "--from", "2"}, {"nothing.mid"});
  studio.refused({"out.mid", "--continue", "model", "--from", "2"}, {"model"});
  studio.write("no.mid", "no MIDI at all");
  studio.refused({"out.mid", "--continue", "no.mid", "--from", "2"}, {"no.mid"});
  const std::string whole = studio.text("band.mid");
  studio.write("half.mid", whole.substr(0, 9));
  studio.refused({"out.mid", "--infill", "half.mid", "--from", "1", "--to", "2"}, {"half.mid"});
  studio.write("silence.mid", test::header(0, 1, 480) + test::midi_track(""));
  studio.refused({"out.mid", "--accompany", "silence.mid", "--keep", "drums"}, {"silence.mid", "no notes"});
  studio.refused({"out.mid", "--continue", "silence.mid", "--from", "2"}, {"silence.mid"});
}

TEST_CASE("aria-generate: models that cannot make it") {
  const Studio studio;
  const auto refused = [&](const std::string& model, const Words& parts) {
    studio.refused({"out.mid", "--end", "2"}, parts, 1, model);
  };
  refused("nowhere", {"nowhere", "no such folder"});
  refused("band.mid", {"band.mid"});
  studio.copy("model", "other");
  studio.remove("other/config.json");
  refused("other", {"other: is no folder of a GPT-2: config.json is missing"});
  studio.write("other/config.json", studio.text("model/config.json"));
  studio.remove("other/model.safetensors");
  refused("other", {"other: has no weights: model.safetensors is missing"});
  studio.write("other/model.safetensors.index.json",
               R"({"weight_map": {"transformer.wte.weight": "model-00001-of-00002.safetensors"}})");
  refused("other", {"other/model.safetensors.index.json", "model-00001-of-00002.safetensors is missing"});
  studio.remove("other/model.safetensors.index.json");
  const std::string weights = studio.text("model/model.safetensors");
  studio.write("other/model.safetensors", weights.substr(0, weights.size() - 4));
  refused("other", {"other/model.safetensors"});
  studio.write("other/model.safetensors", weights);
  studio.write("other/config.json", gpt2_json({.width = 8, .layers = 2, .length = Studio::kPositions}));
  refused("other", {"other/model.safetensors", "transformer.h.1."});
  // Another vocabulary, or a context without room: an event and what it follows take 13 tokens.
  auto tensors = test::tensors_of(studio, "model/model.safetensors");
  SlowTensor& embedding = tensors.at("transformer.wte.weight");
  embedding.shape[0] = 34'025;
  embedding.bytes.resize(34'025 * 8 * 4);
  studio.write("other/model.safetensors", test::safetensors(tensors));
  studio.write("other/config.json", gpt2_json({.layers = 1, .length = Studio::kPositions, .vocabulary = 34'025}));
  refused("other", {"other", "34025", "55028"});
  tensors = test::tensors_of(studio, "model/model.safetensors");
  SlowTensor& positions = tensors.at("transformer.wpe.weight");
  positions.shape[0] = 12;
  positions.bytes.resize(12 * 8 * 4);
  studio.write("other/model.safetensors", test::safetensors(tensors));
  studio.write("other/config.json", gpt2_json({.layers = 1, .length = 12}));
  refused("other", {"other: a context of 12 tokens has no room for events: at least 13"});
  // Weights that are no numbers.
  tensors = test::tensors_of(studio, "model/model.safetensors");
  const float none = std::nanf("");
  std::memcpy(tensors.at("transformer.ln_f.bias").bytes.data(), &none, 4);
  studio.write("other/model.safetensors", test::safetensors(tensors));
  studio.copy("model", "nan");
  studio.write("nan/model.safetensors", studio.text("other/model.safetensors"));
  refused("nan", {"nan", "the model gives no numbers"});
  studio.refused({"out.mid", "--end", "2", "--device", "tpu"}, {"tpu", "auto, cpu, cuda"});
  test::RunOptions options;
  options.environment = {{"PATH", "/nowhere"}};
  check_failed(studio.generate({"model", "out.mid", "--end", "2", "--audio"}, options),
               {"fluidsynth is not installed"});
  CHECK_FALSE(studio.has("out.mid"));
}

TEST_CASE("aria-generate: a piece that has all instruments already leaves room for no other one") {
  const Studio studio;
  Track track;
  for (unsigned channel = 0; channel < 16; ++channel) {
    if (channel != 9) track.at(0, program(channel, channel));
    track.note(channel, 60, 80, 480 * channel, 480 * channel + 400);
  }
  track.note(0, 62, 80, 480 * 20, 480 * 20 + 400);
  studio.write("full.mid", test::header(0, 1, 480) + track.chunk());
  // The flute is not among the 16 that play.
  studio.refused({"out.mid", "--continue", "full.mid", "--from", "9", "--only", "flute"},
                 {"full.mid: no instrument may play: 16 do already"});
  check_done(studio.make({"out.mid", "--continue", "full.mid", "--from", "9", "--end", "13"}));
  check_instruments(studio.notes_in("out.mid"), [](unsigned i) { return i < 16 || i == kDrums; });
}
