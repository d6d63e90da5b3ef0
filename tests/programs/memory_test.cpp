// Files of the largest size that is read, each full of one thing, whose pieces take many times the memory of their
// bytes.
#include <aria/dataset/midi_dataset_build.hpp>

#include "workplace.hpp"

using test::Workplace;

namespace {

const std::size_t kSize = aria::MidiDatasetOptions().max_file_bytes - 100;

std::string repeated(std::string_view what, std::size_t bytes) {
  std::string text;
  text.reserve(bytes);
  while (text.size() + what.size() <= bytes) text += what;
  return text;
}

std::string file_of(const std::vector<std::string>& tracks) {
  std::string file = test::header(1, static_cast<int>(tracks.size()), 480);
  for (const std::string& events : tracks) file += test::midi_track(events);
  return file;
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// The default configuration with all of its tests turned off.
std::string without_tests() {
  std::string config(aria::kDefaultConfig);
  const std::string on = "\"run\": true", off = "\"run\": false";
  for (std::size_t at = 0; (at = config.find(on, at)) != std::string::npos;) config.replace(at, on.size(), off);
  return config;
}

void check_build(const Workplace& place, const std::string& config, int status) {
  test::write_text(place / "config.json", config);
  const auto run = place.aria({"midi-dataset", "--workers", "2", "--config", "config.json", "DIR", "out.jsonl"});
  CAPTURE(run.complaints, run.peak_bytes >> 20);
  CHECK(run.status == status);
  CHECK(run.peak_bytes < 256 << 20);
}

}  // namespace

TEST_CASE("midi-dataset: files as large as can be, full of notes, programs, pedals or tempos") {
  if (test::kSanitized) return;
  const Workplace place;
  place.add("1.mid", file_of({bytes({0, 0xc0, 1}) + repeated(bytes({1, 2}), kSize)}));
  place.add("2.mid", file_of({bytes({0, 0xc0, 1}) + repeated(bytes({1, 3}), kSize)}));
  place.add("3.mid", file_of({bytes({0, 0xb0, 64, 127}) + repeated(bytes({1, 64, 0}), kSize)}));
  place.add("4.mid", file_of({repeated(bytes({1, 0xff, 0x51, 3, 7, 0xa1, 0x20}), kSize)}));
  const std::string pairs = bytes({0, 0x90, 60, 64, 1, 60, 0}) + repeated(bytes({0, 60, 64, 1, 60, 0}), kSize / 2 - 20);
  place.add("5.mid", file_of({pairs, pairs}));
  const std::string note_ons = bytes({0, 0x90, 60, 64}) + repeated(bytes({0, 60, 64}), kSize - 20);
  place.add("6.mid", file_of({note_ons}));                       // none ends
  place.add("7.mid", file_of({note_ons + bytes({16, 60, 0})}));  // all end at once
  std::string chord = bytes({0, 0x90}), ends;                    // of 128 pitches, the last one ends first
  std::string all_pitches;
  for (int pitch = 0; pitch < 128; ++pitch) {
    all_pitches += bytes({pitch, 64, 0});
    ends.insert(0, bytes({pitch, 0, 0}));
  }
  chord += repeated(all_pitches, kSize - 500);
  chord.back() = 16;
  ends.pop_back();
  place.add("8.mid", file_of({chord + ends}));
  check_build(place, std::string(aria::kDefaultConfig), 1);  // no test is passed
}

TEST_CASE("midi-dataset: files as large as can be, full of text, whose JSON is six times as long") {
  if (test::kSanitized) return;
  const Workplace place;
  const std::size_t kText = kSize - 20;
  place.add("text.mid", file_of({bytes({0, 0xff, 1}) + test::quantity(kText) + std::string(kText, '\1')}));
  place.add("texts.mid", file_of({repeated(bytes({0, 0xff, 1, 0}), kSize), test::note(60, 480)}));
  check_build(place, without_tests(), 0);
  CHECK(std::filesystem::file_size(place / "out.jsonl") > 6 * kText);
}
