#include <aria/drawing/piano_roll.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aria/midi/piece_statistics.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/xml.hpp"

using aria::MidiDict;
using aria::NoteMsg;
using aria::PianoRollOptions;
using aria::Ticks;

namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool mentions(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

/// An element of a drawing, with the attributes of the groups around it where it has none of its own.
struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string title;
  std::string content;

  std::string operator[](const std::string& key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? "" : found->second;
  }
};

// All elements but groups and titles. The drawing is well-formed.
std::vector<Element> elements_of(const std::string& svg) {
  REQUIRE(test::xml_fault(svg) == "");
  std::vector<Element> elements;
  std::vector<std::map<std::string, std::string>> around{{}};
  for (std::size_t at = svg.find('<'); at != svg.npos; at = svg.find('<', at)) {
    const std::size_t end = svg.find('>', at);
    std::string tag = svg.substr(at + 1, end - at - 1);
    at = end;
    const bool closes = tag.front() == '/', empty = tag.back() == '/';
    const std::string name = tag.substr(closes, tag.find_first_of(" /", closes) - closes);
    if (closes) {
      around.pop_back();
      continue;
    }
    if (name == "title") {
      const std::string content = svg.substr(end + 1, svg.find('<', end) - end - 1);
      if (!elements.empty() && around.size() > 2) elements.back().title = content;
      around.emplace_back();
      continue;
    }
    auto attributes = around.back();
    for (std::size_t quote = tag.find("=\""); quote != tag.npos; quote = tag.find("=\"", quote + 2)) {
      const std::size_t start = tag.rfind(' ', quote) + 1;
      attributes[tag.substr(start, quote - start)] = tag.substr(quote + 2, tag.find('"', quote + 2) - quote - 2);
    }
    if (name != "g" && name != "svg") {
      elements.push_back({name, attributes, "", empty ? "" : svg.substr(end + 1, svg.find('<', end) - end - 1)});
    }
    if (!empty) around.push_back(attributes);
  }
  return elements;
}

/// What the commands of a path cover, one box a shape.
std::vector<aria::Box> boxes_of(const std::string& d) {
  std::vector<aria::Box> boxes;
  double x = 0, y = 0, left = 0, right = 0, top = 0, bottom = 0;
  const char* at = d.c_str();
  const auto number = [&at] {
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    if (end == at) FAIL("no number: " << at);
    at = end;
    return value;
  };
  const auto extend = [&] {
    left = std::min(left, x), right = std::max(right, x), top = std::min(top, y), bottom = std::max(bottom, y);
    boxes.back() = {left, top, right - left, bottom - top};
  };
  while (*at != '\0') {
    const char command = *at++;
    if (command == 'M') {
      x = left = right = number();
      y = top = bottom = number();
      boxes.emplace_back();
    } else if (command == 'H' || command == 'h') {
      x = number() + (command == 'h' ? x : 0);
    } else if (command == 'V' || command == 'v') {
      y = number() + (command == 'v' ? y : 0);
    } else if (command == 'l') {
      x += number();
      y += number();
    } else {
      if (command != 'z') FAIL("a strange command: " << command);
    }
    extend();
  }
  return boxes;
}

double number_of(const Element& element, const std::string& key) { return std::strtod(element[key].c_str(), nullptr); }

/// Notes as they are drawn: one shape a note and row.
struct Drawn {
  std::string sound, fill, title;
  aria::Box box;
};

bool is_sound(const std::string& name) {
  for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
    if (aria::sound_name(sound) == name) return true;
  }
  return false;
}

std::vector<Drawn> notes_of(const std::string& svg) {
  std::vector<Drawn> notes;
  for (const Element& element : elements_of(svg)) {
    if (element.name != "path" || !is_sound(element["class"])) continue;
    for (const aria::Box& box : boxes_of(element["d"])) {
      notes.push_back({element["class"], element["fill"], element.title, box});
    }
  }
  return notes;
}

// The box that an element takes; of a text about the least, as nobody knows the font.
std::vector<aria::Box> extent_of(const Element& element) {
  if (element.name == "path") return boxes_of(element["d"]);
  if (element.name == "line") {
    const double x = number_of(element, "x1"), y = number_of(element, "y1");
    return {{x, y, number_of(element, "x2") - x, number_of(element, "y2") - y}};
  }
  if (element.name != "text") return {};  // the background
  std::size_t characters = 0;             // of ASCII, an entity counting as one
  for (std::size_t at = 0; at < element.content.size(); ++at) {
    if (element.content[at] == '&') at = element.content.find(';', at);
    if (element.content[at] > 0) ++characters;
  }
  const double width = 0.5 * number_of(element, "font-size") * static_cast<double>(characters);
  const std::string anchor = element["text-anchor"];
  const double before = anchor == "end" ? width : anchor == "middle" ? width / 2 : 0;
  return {{number_of(element, "x") - before, number_of(element, "y"), width, 0}};
}

/// Everything lies on the page.
void check_page(const std::string& svg) {
  const double width = std::strtod(svg.c_str() + svg.find(" width=\"") + 8, nullptr);
  const double height = std::strtod(svg.c_str() + svg.find(" height=\"") + 9, nullptr);
  std::string outside;
  for (const Element& element : elements_of(svg)) {
    for (const aria::Box& box : extent_of(element)) {
      if (box.x >= 0 && box.right() <= width && box.y >= 0 && box.bottom() <= height) continue;
      outside += element.name + ' ' + element.content + element["d"].substr(0, 30) + " at " + std::to_string(box.x) +
                 ", " + std::to_string(box.y) + '\n';
    }
  }
  CAPTURE(width, height);
  CHECK(outside == "");
}

NoteMsg note(std::int64_t start, std::int64_t length, unsigned pitch, unsigned velocity = 100, unsigned channel = 0) {
  return {Ticks{start}, Ticks{start + length}, pitch, velocity, channel};
}

// 480 ticks a beat, 120 beats a minute: 960 ticks a second, 1920 a bar, 8 bars a row.
MidiDict piece_of(std::vector<NoteMsg> notes) {
  MidiDict piece;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments.emplace_back(Ticks{0}, 0U, 0U);
  piece.notes = std::move(notes);
  return piece;
}

double rgb_distance(aria::Rgb a, aria::Rgb b) { return std::hypot(a.red - b.red, a.green - b.green, a.blue - b.blue); }

// What people without the pigment for green see (Machado, Oliveira and Fernandes 2009, severity 1).
aria::Rgb without_green(aria::Rgb color) {
  const auto linear = [](double v) { return v <= 10.31 ? v / 255 / 12.92 : std::pow((v / 255 + 0.055) / 1.055, 2.4); };
  const auto coded = [](double v) {
    v = std::clamp(v, 0.0, 1.0);
    return static_cast<std::uint8_t>(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055) + 0.5);
  };
  const double r = linear(color.red), g = linear(color.green), b = linear(color.blue);
  return {coded(0.367322 * r + 0.860646 * g - 0.227968 * b), coded(0.280085 * r + 0.672501 * g + 0.047413 * b),
          coded(-0.011820 * r + 0.042940 * g + 0.968881 * b)};
}

}  // namespace

TEST_CASE("keys have names", "[drawing][piano_roll]") {
  CHECK(aria::pitch_name(60) == "C4");
  CHECK(aria::pitch_name(0) == "C-1");
  CHECK(aria::pitch_name(11) == "B-1");
  CHECK(aria::pitch_name(70) == "A#4");
  CHECK(aria::pitch_name(127) == "G9");
  std::string blacks;
  for (unsigned pitch = 60; pitch < 72; ++pitch) blacks += aria::is_black_key(pitch) ? 'b' : 'w';
  CHECK(blacks == "wbwbwwbwbwbw");
  CHECK(aria::drum_name(34) == "key 34");
  CHECK(aria::drum_name(35) == "Acoustic Bass Drum");
  CHECK(aria::drum_name(42) == "Closed Hi-Hat");
  CHECK(aria::drum_name(60) == "Hi Bongo");
  CHECK(aria::drum_name(81) == "Open Triangle");
  CHECK(aria::drum_name(82) == "key 82");
}

TEST_CASE("instruments have colours of their own", "[drawing][piano_roll]") {
  CHECK(aria::hex_color({0, 10, 255}) == "#000aff");
  CHECK(aria::mixed({0, 100, 200}, {100, 100, 0}, 0.25) == aria::Rgb{25, 100, 150});
  for (std::size_t a = 0; a < aria::kSoundCount; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      CAPTURE(aria::sound_name(a), aria::sound_name(b));
      CHECK(rgb_distance(aria::kSoundColors[a], aria::kSoundColors[b]) > 40);
      CHECK(rgb_distance(without_green(aria::kSoundColors[a]), without_green(aria::kSoundColors[b])) > 16);
    }
  }
  CHECK(aria::shade_of(0) == 0);
  CHECK(aria::shade_of(127) == aria::kShadeCount - 1);
  for (unsigned velocity = 0; velocity < 128; ++velocity) {
    const std::size_t shade = aria::shade_of(velocity);
    CHECK(aria::kShadeVelocities[shade] <= velocity);
    CHECK(velocity < aria::kShadeVelocities[shade + 1]);
  }
  CHECK(aria::shaded({10, 20, 30}, aria::kShadeCount - 1) == aria::Rgb{10, 20, 30});
  for (std::size_t shade = 1; shade < aria::kShadeCount; ++shade) {
    CHECK(aria::shaded({0, 0, 0}, shade).red + 30 < aria::shaded({0, 0, 0}, shade - 1).red);
  }
}

TEST_CASE("paths are short", "[drawing][piano_roll]") {
  aria::PathData path;
  CHECK(path.empty());
  path.rectangle({10, 20.55, 5, 4});
  CHECK(path.text() == "M10 20.6h5v4h-5z");
  path.clear();
  path.diamond(10, 20, 3);
  CHECK(path.text() == "M10 17l3 3l-3 3l-3 -3z");
  path.clear();
  path.horizontal(1, 2, 3.04);
  path.vertical(1, -2, 3);
  CHECK(path.text() == "M1 3H2M1 -2V3");
}

TEST_CASE("clocks show what has passed", "[drawing][piano_roll]") {
  using aria::clock_label;
  CHECK(clock_label(0) == "0:00");
  CHECK(clock_label(5.99) == "0:05");
  CHECK(clock_label(59.9999999) == "1:00");  // meant to be whole
  CHECK(clock_label(65) == "1:05");
  CHECK(clock_label(3723) == "1:02:03");
  CHECK(clock_label(65.257, 2) == "1:05.25");
  CHECK(clock_label(1.1, 1) == "0:01.1");
  CHECK(clock_label(-1) == "0:00");
  CHECK(clock_label(std::nan("")) == "0:00");
  CHECK(clock_label(1e300).size() < 24);
  CHECK(aria::clock_step(0) == 0.1);
  CHECK(aria::clock_step(0.3) == 0.5);
  CHECK(aria::clock_step(11) == 15);
  CHECK(aria::clock_step(61) == 120);
  CHECK(aria::clock_step(1801) == 3600);
  CHECK(aria::clock_step(3601) == 7200);
}

TEST_CASE("seconds and ticks lead to each other", "[drawing][piano_roll]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const MidiDict piece = test::random_piece(seed);
    const aria::PieceClock clock(piece);
    test::Dice dice(seed);
    for (int i = 0; i < 20; ++i) {
      const auto tick = static_cast<std::int64_t>(dice.below(30'000));
      CAPTURE(seed, tick);
      CHECK(clock.tick_at(clock.seconds({tick}), {0}, {30'000}) == Approx(static_cast<double>(tick)).margin(0.01));
    }
    CHECK(clock.tick_at(1e9, {0}, {500}) == 500);
    CHECK(clock.tick_at(-1, {20}, {500}) == 20);
  }
  const aria::PieceClock coarse([] {
    MidiDict piece = piece_of({});
    piece.ticks_per_beat = 1;
    return piece;
  }());
  CHECK(coarse.tick_at(0.75, {0}, {100}) == Approx(1.5));
}

TEST_CASE("a note is drawn where it sounds, as long as it sounds", "[drawing][piano_roll]") {
  // A row of 8 bars is 1280 - 48 - 28 = 1204 pixels wide.
  const MidiDict piece = piece_of({note(0, 1920, 60), note(1920, 960, 61), note(8 * 1920 - 480, 480, 62)});
  const auto notes = notes_of(piano_roll_svg(piece));
  REQUIRE(notes.size() == 3);
  const double bar = 1204 / 8.0;
  CHECK(notes[0].box.x == Approx(48).margin(0.06));
  CHECK(notes[0].box.width == Approx(bar).margin(1.5));
  CHECK(notes[1].box.x == Approx(48 + bar).margin(0.06));
  CHECK(notes[1].box.width == Approx(bar / 2).margin(1.5));
  CHECK(notes[2].box.right() == Approx(1280 - 28).margin(1.5));
  // One key higher is one row of the roll higher.
  const double key = notes[0].box.y - notes[1].box.y;
  CHECK(key >= 4);
  CHECK(notes[1].box.y - notes[2].box.y == Approx(key).margin(0.11));
  CHECK(notes[0].box.height < key);
  CHECK(notes[0].title == "C4, piano, velocity 100, 0:00.00 for 2 s");
  CHECK(notes[1].title == "C#4, piano, velocity 100, 0:02.00 for 1 s");
}

TEST_CASE("a note of no length to speak of can be seen", "[drawing][piano_roll]") {
  const auto notes = notes_of(piano_roll_svg(piece_of({note(0, 1, 60), note(480, 0, 64), note(9000, 2000, 67)})));
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].box.width >= 1.4);
  CHECK(notes[1].box.width >= 1.4);
}

TEST_CASE("long pieces are wrapped, notes over the end of a row continued", "[drawing][piano_roll]") {
  const MidiDict piece = piece_of({note(0, 480, 60), note(15'000, 2000, 62), note(17 * 1920, 480, 64)});
  const std::string svg = piano_roll_svg(piece);
  const auto notes = notes_of(svg);
  REQUIRE(notes.size() == 4);  // the second one twice
  std::set<std::string> titles;
  for (const Drawn& drawn : notes) titles.insert(drawn.title);
  CHECK(titles.size() == 3);
  CHECK(occurrences(svg, ">pedal<") == 0);
  for (const char* bar : {">1<", ">9<", ">17<", ">18<"}) CHECK(mentions(svg, bar));
  CHECK_FALSE(mentions(svg, ">19<"));
  for (const char* time : {">0:00<", ">0:16<", ">0:34<"}) CHECK(mentions(svg, time));
  check_page(svg);
  // The same in one row.
  PianoRollOptions options;
  options.bars_per_row = 18;
  CHECK(notes_of(piano_roll_svg(piece, options)).size() == 3);
  options.bars_per_row = 1;
  CHECK(notes_of(piano_roll_svg(piece, options)).size() == 4);  // 15,000 lies in bar 8, 17,000 in bar 9
}

TEST_CASE("the number of beats a bar is the caller's", "[drawing][piano_roll]") {
  PianoRollOptions options;
  options.beats_per_bar = 3;
  const std::string svg = piano_roll_svg(piece_of({note(0, 480, 60), note(11 * 480, 480, 60)}), options);
  CHECK(mentions(svg, ">4<"));
  CHECK_FALSE(mentions(svg, ">5<"));
  CHECK(mentions(svg, "bars of 3 beats"));
}

TEST_CASE("whatever the piece, each note is drawn, on the page", "[drawing][piano_roll]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    test::Dice dice(seed + 1000);
    test::PieceOptions shape;
    shape.overlapping_notes = dice.one_in(2);
    if (dice.one_in(3)) shape.ticks = std::int64_t{1} << (8 + dice.small(39));
    MidiDict piece = test::random_piece(seed, shape);
    if (dice.one_in(6)) piece.ticks_per_beat = 0;
    if (dice.one_in(6)) piece.ticks_per_beat = -static_cast<int>(1 + dice.below(0x7fff));
    PianoRollOptions options;
    options.beats_per_bar = 1 + dice.small(7);
    options.width = 400 + 100.0 * dice.small(15);
    options.max_rows = 1000;
    if (dice.one_in(3)) options.bars_per_row = 1 + dice.small(30);
    if (dice.one_in(3)) options.prompt_end = Ticks{static_cast<std::int64_t>(dice.below(20'000))};
    for (std::size_t marks = dice.below(300); marks > 0; --marks) options.marked.push_back(dice.one_in(2));
    CAPTURE(seed, piece.notes.size(), piece.ticks_per_beat, options.beats_per_bar, options.width, shape.ticks);
    const std::string svg = piano_roll_svg(piece, options);
    check_page(svg);
    CHECK_FALSE(mentions(svg, "Left out"));
    CHECK_FALSE(mentions(svg, "nan"));
    std::map<std::string, std::size_t> sounds;
    const auto drawn = notes_of(svg);
    for (const Drawn& one : drawn) ++sounds[one.sound];
    CHECK(drawn.size() >= piece.notes.size());
    const auto about = aria::piece_statistics(piece);
    for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
      const std::string name(aria::sound_name(sound));
      CAPTURE(name);
      CHECK(sounds[name] >= about.notes_of[sound]);
      CHECK((sounds[name] == 0) == (about.notes_of[sound] == 0));
      if (sound == aria::kDrums) CHECK(sounds[name] == about.notes_of[sound]);  // struck once
    }
    if (drawn.empty()) CHECK(mentions(svg, "no notes"));
    CHECK(svg == piano_roll_svg(piece, options));
  }
}

TEST_CASE("few large groups hold as many notes as titled ones", "[drawing][piano_roll]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const MidiDict piece = test::random_piece(seed);
    PianoRollOptions options;
    const std::string titled = piano_roll_svg(piece, options);
    options.max_titles = 0;
    const std::string plain = piano_roll_svg(piece, options);
    const auto a = notes_of(titled), b = notes_of(plain);
    CAPTURE(seed);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      CHECK(a[i].fill == b[i].fill);
      CHECK((a[i].box.x == b[i].box.x && a[i].box.y == b[i].box.y && a[i].box.width == b[i].box.width));
    }
    if (a.size() > 30) CHECK(plain.size() < titled.size());
  }
}

TEST_CASE("colours are those of the instruments, shades those of the velocities", "[drawing][piano_roll]") {
  MidiDict piece = piece_of({});
  for (unsigned channel = 0; channel < 9; ++channel) {
    piece.instruments.emplace_back(Ticks{0}, channel, 8 * channel);
    piece.notes.push_back(note(0, 480, 60 + channel, 127, channel));
  }
  piece.notes.push_back(note(10, 480, 36, 127, 9));
  piece.instruments.emplace_back(Ticks{500}, 0U, 127U);  // from piano to sfx
  piece.notes.push_back(note(500, 480, 60, 127));
  const std::string svg = piano_roll_svg(piece);
  std::map<std::string, std::string> fills;
  for (const Drawn& drawn : notes_of(svg)) fills[drawn.sound] = drawn.fill;
  CHECK(fills.size() == 11);
  for (std::size_t sound = 0; sound < aria::kSoundCount; ++sound) {
    const std::string name(aria::sound_name(sound));
    const auto found = fills.find(name);
    const bool plays = sound < 9 || sound >= 15;
    CAPTURE(name);
    REQUIRE((found != fills.end()) == plays);
    if (plays) CHECK(found->second == aria::hex_color(aria::kSoundColors[sound]));
    CHECK(mentions(svg, '>' + name + " 1<") == plays);  // the legend
  }
  const auto soft_to_loud =
      notes_of(piano_roll_svg(piece_of({note(0, 9, 60, 1), note(10, 9, 60, 64), note(20, 9, 60, 127)})));
  REQUIRE(soft_to_loud.size() == 3);
  for (const Drawn& drawn : soft_to_loud) {
    const std::size_t shade = drawn.box.x < 48.5 ? 0 : mentions(drawn.title, "velocity 64,") ? 2 : 4;
    CHECK(drawn.fill == aria::hex_color(aria::shaded(aria::kSoundColors[0], shade)));
  }
}

TEST_CASE("a piece without notes gives a drawing that says so", "[drawing][piano_roll]") {
  MidiDict nothing;
  nothing.ticks_per_beat = 0;
  MidiDict only_pedal = piece_of({});
  only_pedal.pedals.emplace_back(Ticks{0}, 0U, true);
  for (const MidiDict& piece : {nothing, only_pedal, piece_of({})}) {
    const std::string svg = piano_roll_svg(piece);
    check_page(svg);
    CHECK(mentions(svg, ">no notes<"));
  }
  PianoRollOptions options;
  options.from = 5;
  options.title = "Silence";
  const std::string svg = piano_roll_svg(piece_of({note(0, 480, 60)}), options);
  check_page(svg);
  CHECK(mentions(svg, "no notes in this part"));
  CHECK(mentions(svg, ">Silence<"));
}

TEST_CASE("drums alone have lanes with their names", "[drawing][piano_roll]") {
  MidiDict piece = piece_of({note(0, 1, 36, 100, 9), note(480, 100'000, 42, 100, 9), note(960, 1, 36, 100, 9)});
  std::string svg = piano_roll_svg(piece);
  check_page(svg);
  CHECK(mentions(svg, ">Bass Drum 1<"));
  CHECK(mentions(svg, ">Closed Hi-Hat<"));
  CHECK_FALSE(mentions(svg, ">C4<"));
  auto notes = notes_of(svg);
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].box.width == Approx(notes[1].box.width));  // however long it is held
  CHECK(notes[0].box.y == notes[2].box.y);
  CHECK(notes[0].box.y > notes[1].box.y);
  CHECK(notes[0].title == "Bass Drum 1, velocity 100, 0:00.00");

  // All keys there are: those used most have lanes of their own.
  for (unsigned key = 0; key < 128; ++key) piece.notes.push_back(note(2000 + 10 * key, 1, key, 100, 9));
  svg = piano_roll_svg(piece);
  check_page(svg);
  CHECK(mentions(svg, ">others<"));
  CHECK(mentions(svg, ">Bass Drum 1<"));
  CHECK(mentions(svg, ">Closed Hi-Hat<"));
  std::set<double> lanes;
  for (const Drawn& drawn : notes_of(svg)) lanes.insert(drawn.box.y);
  CHECK(lanes.size() == aria::RollLanes::kMostDrumLanes);
}

TEST_CASE("the pedal is a bar from down to up", "[drawing][piano_roll]") {
  MidiDict piece = piece_of({note(0, 8 * 1920, 60)});
  const auto pedal = [&](std::int64_t tick, unsigned channel, bool down) {
    piece.pedals.emplace_back(Ticks{tick}, channel, down);
  };
  pedal(0, 0, true), pedal(1920, 0, false);
  pedal(2 * 1920, 0, true), pedal(3 * 1920, 1, true), pedal(3 * 1920, 0, false), pedal(4 * 1920, 1, false);
  pedal(7 * 1920, 3, true);  // stays down
  std::vector<aria::Box> bars;
  for (const Element& element : elements_of(piano_roll_svg(piece))) {
    if (element["class"] == "pedal") bars = boxes_of(element["d"]);
  }
  REQUIRE(bars.size() == 3);
  const double bar = 1204 / 8.0;
  CHECK(bars[0].x == Approx(48).margin(0.06));
  CHECK(bars[0].width == Approx(bar).margin(0.06));
  CHECK(bars[1].x == Approx(48 + 2 * bar).margin(0.06));
  CHECK(bars[1].width == Approx(2 * bar).margin(0.06));
  CHECK(bars[2].x == Approx(48 + 7 * bar).margin(0.06));
  CHECK(bars[2].width == Approx(bar).margin(0.06));

  // Over several rows, one of them without a message.
  piece.notes = {note(0, 20 * 1920, 60), note(10 * 1920, 480, 70)};
  piece.pedals.resize(1);
  bars.clear();
  for (const Element& element : elements_of(piano_roll_svg(piece))) {
    if (element["class"] != "pedal") continue;
    const auto more = boxes_of(element["d"]);
    bars.insert(bars.end(), more.begin(), more.end());
  }
  REQUIRE(bars.size() == 3);
  CHECK(bars[1].width == Approx(1204).margin(0.06));
  CHECK(bars[2].width == Approx(1204 / 2.0).margin(0.06));
}

TEST_CASE("only keys that there are have a place", "[drawing][piano_roll]") {
  const auto lanes_of = [](std::vector<unsigned> pitches) {
    std::vector<aria::RollNote> notes;
    for (const unsigned pitch : pitches) notes.push_back({Ticks{0}, Ticks{1}, static_cast<std::uint8_t>(pitch), 64, 0});
    return aria::RollLanes(notes, false);
  };
  const aria::RollLanes all = lanes_of({0, 127}), top = lanes_of({127}), some = lanes_of({40, 80});
  CHECK((all.low() == 0 && all.high() == 127));
  CHECK(all.pitch_y(127) == 0);
  CHECK(all.height() == all.pitch_y(0) + all.key_height());
  CHECK((top.low() == 104 && top.high() == 127));
  CHECK((some.low() == 38 && some.high() == 82));
  CHECK_FALSE(lanes_of({}).has_pitches());
}

TEST_CASE("the clock ends where the row does", "[drawing][piano_roll]") {
  MidiDict piece = piece_of({note(0, 8 * 1920, 60)});
  piece.tempos = {{Ticks{0}, 451'128}};  // 133 beats a minute: 14.4 seconds
  const std::string svg = piano_roll_svg(piece);
  CHECK(mentions(svg, ">0:14<"));
  CHECK_FALSE(mentions(svg, ">0:15<"));
}

TEST_CASE("the tempo is named where it changes noticeably", "[drawing][piano_roll]") {
  MidiDict piece = piece_of({note(0, 4 * 1920, 60)});
  piece.tempos = {{Ticks{0}, 500'000},
                  {Ticks{960}, 501'000},
                  {Ticks{1920}, 495'000},
                  {Ticks{2 * 1920}, 600'000},
                  {Ticks{3 * 1920}, 0}};
  std::string svg = piano_roll_svg(piece);
  CHECK(occurrences(svg, "\u2669") == 2);
  CHECK(mentions(svg, "\u2669 = 120<"));
  CHECK(mentions(svg, "\u2669 = 100<"));
  piece.tempos.clear();
  for (int i = 0; i < 7680; ++i) piece.tempos.push_back({Ticks{i}, 300'000U + 1000U * static_cast<unsigned>(i % 500)});
  svg = piano_roll_svg(piece);
  check_page(svg);
  CHECK(occurrences(svg, "\u2669") > 5);
  CHECK(occurrences(svg, "\u2669") < 40);
}

TEST_CASE("a part from here to there", "[drawing][piano_roll]") {
  // Notes of a second each, for a minute.
  MidiDict piece = piece_of({});
  for (int i = 0; i < 60; ++i) piece.notes.push_back(note(960 * i, 960, 40 + static_cast<unsigned>(i)));
  PianoRollOptions options;
  options.from = 10.5;
  options.to = 20;
  const std::string svg = piano_roll_svg(piece, options);
  check_page(svg);
  const auto notes = notes_of(svg);
  REQUIRE(notes.size() == 10);
  CHECK(mentions(notes.front().title, " 0:10.00 for 1 s"));
  CHECK(mentions(notes.back().title, " 0:19.00 for 1 s"));
  CHECK(notes.front().box.width == Approx(notes.back().box.width / 2).margin(1));  // cut off
  CHECK(mentions(svg, "From 0:10.50 to 0:20."));
  CHECK(mentions(svg, ">6<"));  // the bar in which it starts
  CHECK_FALSE(mentions(svg, ">5<"));
  options.from.reset();
  options.to = 3600;
  CHECK(notes_of(piano_roll_svg(piece, options)).size() == notes_of(piano_roll_svg(piece)).size());
}

TEST_CASE("the prompt is told from what follows it", "[drawing][piano_roll]") {
  const MidiDict piece = piece_of({note(0, 960, 60), note(960, 960, 62), note(1920, 960, 64)});
  PianoRollOptions options;
  CHECK_FALSE(mentions(piano_roll_svg(piece, options), "end of prompt"));
  options.prompt_end = Ticks{1920};
  const std::string svg = piano_roll_svg(piece, options);
  check_page(svg);
  CHECK(occurrences(svg, "end of prompt") == 1);
  std::map<std::string, std::string> fill_of;
  for (const Drawn& drawn : notes_of(svg)) fill_of[drawn.title.substr(0, 2)] = drawn.fill;
  CHECK(fill_of["C4"] == fill_of["D4"]);
  CHECK(fill_of["C4"] != fill_of["E4"]);
  CHECK(fill_of["E4"] == aria::hex_color(aria::shaded(aria::kSoundColors[0], aria::shade_of(100))));
  // At the end of a row, of the piece, and outside of it.
  for (const std::int64_t end : {0, 2880, 15'360, 100'000'000}) {
    options.prompt_end = Ticks{end};
    CAPTURE(end);
    check_page(piano_roll_svg(piece, options));
    CHECK(occurrences(piano_roll_svg(piece, options), "end of prompt") == (end <= 8 * 1920 / 2 ? 1 : 0));
  }
}

TEST_CASE("a prompt may end within a chord", "[drawing][piano_roll]") {
  const MidiDict piece = piece_of({note(0, 960, 60), note(960, 1920, 62), note(960, 1920, 64), note(960, 1920, 65)});
  PianoRollOptions options;
  options.given = {true, true};
  const std::string svg = piano_roll_svg(piece, options);
  check_page(svg);
  CHECK(mentions(svg, ">prompt<"));
  std::map<std::string, std::string> fill_of;
  for (const Drawn& drawn : notes_of(svg)) fill_of[drawn.title.substr(0, 2)] = drawn.fill;
  CHECK(fill_of["C4"] == fill_of["D4"]);
  CHECK(fill_of["E4"] == fill_of["F4"]);
  CHECK(fill_of["D4"] != fill_of["E4"]);
  // It says more than the time does.
  options.prompt_end = Ticks{961};
  fill_of.clear();
  for (const Drawn& drawn : notes_of(piano_roll_svg(piece, options))) fill_of[drawn.title.substr(0, 2)] = drawn.fill;
  CHECK(fill_of["D4"] != fill_of["E4"]);
}

TEST_CASE("marked notes have a colour of their own, and a place in the legend", "[drawing][piano_roll]") {
  const MidiDict piece = piece_of({note(0, 960, 60), note(960, 960, 62), note(1920, 960, 64), note(2880, 960, 65)});
  const std::string plain = piano_roll_svg(piece);
  PianoRollOptions options;
  options.mark_name = "given & taken";
  CHECK(piano_roll_svg(piece, options) == plain);
  options.marked = {false, false, false, false};
  CHECK(piano_roll_svg(piece, options) == plain);

  options.marked = {false, true, true};  // the last note is not marked either
  const std::string mark = aria::hex_color(aria::kMarkColor);
  for (const std::size_t titles : {std::size_t{100}, std::size_t{0}}) {
    options.max_titles = titles;
    const std::string svg = piano_roll_svg(piece, options);
    check_page(svg);
    CHECK(mentions(svg, ">given &amp; taken 2<"));
    CHECK(occurrences(svg, "given &amp; taken 2") == 1);
    std::size_t marked = 0;
    const auto drawn = notes_of(svg);
    REQUIRE(drawn.size() == 4);
    for (const Drawn& one : drawn) {
      const bool is_marked = one.fill == mark;
      marked += is_marked;
      CHECK(mentions(one.title, ", given &amp; taken") == is_marked);
      if (titles != 0) CHECK((one.title.substr(0, 2) == "D4" || one.title.substr(0, 2) == "E4") == is_marked);
    }
    CHECK(marked == 2);
  }
  CHECK(std::find(aria::kSoundColors.begin(), aria::kSoundColors.end(), aria::kMarkColor) == aria::kSoundColors.end());
  // Outlines tell instruments apart, in the order of the piece's notes, not of their onsets.
  const MidiDict band = piece_of({note(960, 960, 62), note(0, 480, 36, 100, 9)});
  options.marked = {false, true};
  const auto notes = notes_of(piano_roll_svg(band, options));
  for (const Drawn& one : notes) CHECK((one.fill == mark) == (one.sound == "drums"));
}

TEST_CASE("years of silence take no room", "[drawing][piano_roll]") {
  const std::int64_t year = std::int64_t{365} * 86'400 * 960;
  const MidiDict piece = piece_of({note(0, 480, 60), note(year, 480, 62), note(10 * year, 20 * year, 64)});
  const std::string svg = piano_roll_svg(piece);
  check_page(svg);
  CHECK(notes_of(svg).size() == 4);
  CHECK(svg.size() < 60'000);
  CHECK(occurrences(svg, "no note starts or ends") == 3);
  CHECK(mentions(svg, "8760:00:00"));
  // As far as ticks go, as fast and as slow as tempos are.
  for (const std::uint64_t tempo : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xff'ffff}}) {
    for (const int division : {1, 32'767, -0x1801, -0x7f01, 0}) {
      MidiDict far = piece_of({note(5, aria::kTickLimit - 10, 60), note(aria::kTickLimit - 2, 1, 127)});
      far.tempos = {{Ticks{0}, tempo}};
      far.ticks_per_beat = division;
      CAPTURE(tempo, division);
      const std::string drawing = piano_roll_svg(far);
      check_page(drawing);
      CHECK(drawing.size() < 100'000);
      CHECK(notes_of(drawing).size() >= 2);
      PianoRollOptions options;
      options.from = 0.25;
      options.to = 1e15;
      check_page(piano_roll_svg(far, options));
    }
  }
}

TEST_CASE("what is left out is counted", "[drawing][piano_roll]") {
  PianoRollOptions options;
  options.max_notes = 100;
  MidiDict piece = piece_of({});
  for (int i = 0; i < 250; ++i) piece.notes.push_back(note(480 * i, 480, 60));
  std::string svg = piano_roll_svg(piece, options);
  check_page(svg);
  CHECK(mentions(svg, "Left out: 150 of 250 notes, from 0:50 on."));
  std::set<std::string> titles;
  for (const Drawn& drawn : notes_of(svg)) titles.insert(drawn.title);
  CHECK(titles.size() == 100);

  options = {};
  options.max_rows = 2;
  svg = piano_roll_svg(piece, options);
  check_page(svg);
  const std::size_t shown = notes_of(svg).size();
  CHECK(shown < 250);
  CHECK(mentions(svg, "Left out: " + std::to_string(250 - shown) + " of 250 notes"));

  // All at once, where no cut in time helps.
  options = {};
  options.max_notes = 10;
  for (NoteMsg& one : piece.notes) one = note(77, 5, 60);
  svg = piano_roll_svg(piece, options);
  check_page(svg);
  CHECK(notes_of(svg).size() == 10);
  CHECK(mentions(svg, "Left out: 240 of 250 notes"));
}

TEST_CASE("a million notes make a drawing of bounded size", "[drawing][piano_roll]") {
  for (const std::int64_t length : {std::int64_t{100}, std::int64_t{1'000'000'000}}) {
    MidiDict piece = piece_of({});
    for (int i = 0; i < 1'000'000; ++i) piece.notes.push_back(note(30 * i, length, static_cast<unsigned>(i) % 128));
    for (int i = 0; i < 200'000; ++i) piece.pedals.emplace_back(Ticks{7 * i}, 0U, i % 2 == 0);
    const std::string svg = piano_roll_svg(piece);
    CAPTURE(length);
    CHECK(test::xml_fault(svg) == "");
    CHECK(svg.size() < 8'000'000);
    CHECK(mentions(svg, "Left out: 9"));
    CHECK(mentions(svg, "Not drawn to their ends") == (length > 1000));
  }
}

TEST_CASE("divisions without beats have no bars", "[drawing][piano_roll]") {
  MidiDict piece = piece_of({note(0, 1000, 60), note(30'000, 1000, 62)});
  piece.ticks_per_beat = -(25 << 8) + 40;  // 25 frames a second, 40 ticks a frame: milliseconds
  std::string svg = piano_roll_svg(piece);
  check_page(svg);
  CHECK(notes_of(svg).size() == 2);
  CHECK(mentions(svg, "0:30.00 for 1 s"));
  CHECK(mentions(svg, ">0:16<"));
  CHECK_FALSE(mentions(svg, "bars of"));
  CHECK_FALSE(mentions(svg, "\u2669"));
  piece.ticks_per_beat = 0;
  svg = piano_roll_svg(piece);
  check_page(svg);
  CHECK(mentions(svg, "tick 30,000 for 1,000 ticks"));
  PianoRollOptions options;
  options.from = 1;
  CHECK(notes_of(piano_roll_svg(piece, options)).size() == 2);
  CHECK(mentions(piano_roll_svg(piece, options), "all of it is drawn"));
}

TEST_CASE("titles may hold anything", "[drawing][piano_roll]") {
  PianoRollOptions options;
  options.title = "</svg><script> & \"" + std::string("\0\xff", 2) + std::string(3000, 'x');
  options.subtitle = std::string(3000, '\xe9') + "\u00e9";
  for (const MidiDict& piece : {piece_of({}), piece_of({note(0, 480, 60)})}) {
    const std::string svg = piano_roll_svg(piece, options);
    check_page(svg);
    CHECK_FALSE(mentions(svg, "<script"));
    CHECK(mentions(svg, "&lt;/svg&gt;&lt;script&gt; &amp; &quot;"));
    CHECK(mentions(svg, "x\u2026<"));
  }
}

TEST_CASE("options outside of their ranges are refused", "[drawing][piano_roll]") {
  const auto refused = [](auto change) {
    PianoRollOptions options;
    change(options);
    return test::error_of([&] { piano_roll_svg(MidiDict(), options); }).code() == aria::ErrorCode::invalid_argument;
  };
  CHECK(refused([](auto& options) { options.beats_per_bar = 0; }));
  CHECK(refused([](auto& options) { options.beats_per_bar = 65; }));
  CHECK(refused([](auto& options) { options.bars_per_row = 0; }));
  CHECK(refused([](auto& options) { options.width = std::nan(""); }));
  CHECK(refused([](auto& options) { options.width = 1e9; }));
  CHECK(refused([](auto& options) { options.from = -1; }));
  CHECK(refused([](auto& options) { options.from = std::numeric_limits<double>::infinity(); }));
  CHECK(refused([](auto& options) { options.to = 0; }));
  CHECK(refused([](auto& options) { options.from = 5, options.to = 5; }));
  PianoRollOptions least;
  least.max_notes = least.max_rows = least.max_titles = 0;
  check_page(piano_roll_svg(piece_of({note(0, 480, 60)}), least));
}
