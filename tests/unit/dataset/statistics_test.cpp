#include <aria/dataset/statistics.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

#include <aria/dataset/inspection.hpp>
#include <aria/dataset/midi_dataset.hpp>
#include <aria/midi/midi_writer.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

using aria::Ticks;

namespace {

// `notes` notes of half a second each, one after the other, at 120 beats a minute.
aria::MidiDict piece_of(std::size_t notes, unsigned channel = 0, unsigned program = 0) {
  aria::MidiDict piece;
  piece.ticks_per_beat = 100;
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.instruments = {{Ticks{0}, channel, program}};
  for (std::size_t i = 0; i < notes; ++i) {
    const auto start = static_cast<std::int64_t>(100 * i);
    piece.notes.emplace_back(Ticks{start}, Ticks{start + 100}, 60U, 64U, channel);
  }
  return piece;
}

void write_midi(const std::filesystem::path& path, const aria::MidiDict& piece) {
  const auto bytes = piece.to_midi();
  test::write_text(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

TEST_CASE("numbers about pieces add up", "[dataset]") {
  aria::DatasetStatistics about;
  auto first = piece_of(4);
  first.metadata = {{"composer", "bach"}};
  first.pedals = {{Ticks{0}, 0, true}, {Ticks{100}, 0, false}};
  auto second = piece_of(10, 9);
  second.metadata = {{"composer", "bach"}};
  auto third = piece_of(20, 3, 33);
  third.tempos = {{Ticks{0}, 500'000}, {Ticks{1000}, 1'000'000}};  // ten notes of 0.5 s, ten of 1 s
  for (const auto& piece : {first, second, third, piece_of(0)}) about.add(aria::piece_statistics(piece));

  CHECK(about.pieces == 4);
  CHECK(about.notes == 34);
  CHECK(about.seconds.sum() == 2 + 5 + 15);
  CHECK(about.seconds.min() == 0);
  CHECK(about.seconds.quantile(0.5) == 2);
  CHECK(about.seconds.max() == 15);
  CHECK(about.note_counts.quantile(0.75) == 10);
  CHECK(about.note_rates.count() == 3);  // none for the piece that takes no time
  CHECK(about.note_rates.max() == 2);
  CHECK(about.note_rates.min() == Approx(20.0 / 15));
  CHECK(about.beats_per_minute.min() == 80);  // 20 beats in 15 s
  CHECK(about.slowest == 60);
  CHECK(about.fastest == 120);
  CHECK(about.pieces_with_tempo_changes == 1);
  CHECK(about.tempo_changes.max() == 1);
  CHECK(about.pieces_with_pedal == 1);
  CHECK(about.pedal_changes.max() == 2);
  CHECK(about.pedal_shares.max() == 0.25);
  CHECK(about.pitches[60] == 34);
  CHECK(about.velocities.quantile(0.5) == 64);
  CHECK(about.sounds[static_cast<std::size_t>(aria::Instrument::piano)].pieces == 1);
  CHECK(about.sounds[static_cast<std::size_t>(aria::Instrument::bass)].notes == 20);
  CHECK(about.sounds[aria::kDrums].pieces == 1);
  CHECK(about.sounds[aria::kDrums].notes == 10);
  CHECK(about.composers.size() == 1);
  CHECK(about.composers.at("bach") == 2);
  CHECK(about.other_composers == 0);
}

TEST_CASE("any number of composers takes bounded memory", "[dataset]") {
  aria::DatasetStatistics about;
  aria::PieceStatistics piece;
  for (std::size_t i = 0; i < aria::DatasetStatistics::kMaxComposers + 50; ++i) {
    piece.composer = "composer " + std::to_string(i);
    about.add(piece);
  }
  piece.composer = "composer 7";  // known before
  about.add(piece);
  CHECK(about.composers.size() == aria::DatasetStatistics::kMaxComposers);
  CHECK(about.composers.at("composer 7") == 2);
  CHECK(about.other_composers == 50);

  aria::DatasetStatistics other;
  piece.composer = std::string(100'000, 'x');
  other.add(piece);
  CHECK(other.composers.empty());
  CHECK(other.other_composers == 1);
}

TEST_CASE("a folder is inspected file by file", "[dataset]") {
  const test::TemporaryFolder folder;
  write_midi(folder / "a.mid", piece_of(4));
  write_midi(folder / "b/c.KAR", piece_of(6));
  test::write_text(folder / "b/bad.mid", "MThd");
  test::write_text(folder / "b/worse.mid", "");
  test::write_text(folder / "notes.txt", "no MIDI");

  const auto flat = aria::inspect_folder(folder.path());
  CHECK(flat.found == 1);
  CHECK(flat.failed == 0);
  CHECK(flat.statistics.notes == 4);

  for (const unsigned workers : {1U, 2U, 5U}) {
    const auto deep = aria::inspect_folder(folder.path(), {.recursive = true, .workers = workers, .max_failures = 1});
    CHECK(deep.found == 4);
    CHECK(deep.failed == 2);
    REQUIRE(deep.first_failures.size() == 1);
    CHECK(deep.first_failures[0].path == "b/bad.mid");
    CHECK(deep.first_failures[0].reason == "byte 0: is not a MIDI file: it does not start with MThd");
    CHECK(deep.statistics.pieces == 2);
    CHECK(deep.statistics.notes == 10);
    CHECK(deep.statistics.seconds.max() == 3);
  }

  const auto reference = aria::inspect_folder(folder.path(), {.recursive = true, .reading = aria::Reading::reference});
  CHECK(reference.found == 3);  // .KAR is none of its endings
  CHECK(aria::inspect_folder(folder.path(), {.recursive = true, .max_file_bytes = 60}).failed == 4);
  CHECK(test::error_of([&] { aria::inspect_folder((folder / "none").string()); }).code() == aria::ErrorCode::not_found);
}

TEST_CASE("progress comes after every file, with the number of all", "[dataset]") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mid", "b.mid", "c.mid"}) write_midi(folder / name, piece_of(1));
  std::string seen;
  aria::inspect_folder(folder.path(), {.on_progress = [&](const aria::Progress& progress) {
                         seen += std::to_string(progress.done) + '/' + std::to_string(progress.total) + ' ';
                       }});
  CHECK(seen == "1/3 2/3 3/3 ");
}

TEST_CASE("a truncated file counts, and so do lost notes", "[dataset]") {
  const test::TemporaryFolder folder;
  const auto bytes = piece_of(4).to_midi();
  // Cut within the last note: its end is missing.
  test::write_text(folder / "cut.mid", {reinterpret_cast<const char*>(bytes.data()), bytes.size() - 6});
  const auto about = aria::inspect_folder(folder.path());
  CHECK(about.truncated == 1);
  CHECK(about.unclosed_notes == 1);
  CHECK(about.statistics.notes == 3);

  const auto file = aria::inspect_midi_file((folder / "cut.mid").string());
  CHECK(file.losses.truncated_at == bytes.size() - 6);
  CHECK(file.losses.unclosed_notes == 1);
  CHECK(file.header.format == 0);
  CHECK(file.header.tracks == 1);
  CHECK(file.header.division == 100);
  CHECK(file.tracks_read == 1);
  CHECK(file.statistics.notes == 3);

  const auto error =
      test::error_of([&] { aria::inspect_midi_file((folder / "cut.mid").string(), aria::Reading::reference); });
  CHECK(error.code() == aria::ErrorCode::invalid_midi);
  CHECK(error.place().path == (folder / "cut.mid").string());
  CHECK(error.place().byte.has_value());
}

TEST_CASE("a MidiDataset file says the same as the folder that it is made of", "[dataset]") {
  const test::TemporaryFolder folder;
  const auto path = (folder / "data.jsonl").string();
  aria::MidiDataset({piece_of(4), piece_of(6, 9), piece_of(8, 1, 40)}).save(path);
  std::uint64_t last = 0, total = 0;
  const auto about = aria::inspect_dataset(path, [&](const aria::Progress& progress) {
    last = progress.done;
    total = progress.total;
  });
  CHECK(about.pieces == 3);
  CHECK(about.notes == 18);
  CHECK(about.seconds.quantile(0.5) == 3);
  CHECK(about.sounds[static_cast<std::size_t>(aria::Instrument::strings)].notes == 8);
  CHECK(last == std::filesystem::file_size(path));
  CHECK(total == last);

  test::write_text(path, test::read_text(path) + "{\"meta_msgs\": [\n");
  const auto error = test::error_of([&] { aria::inspect_dataset(path); });
  CHECK(error.code() == aria::ErrorCode::invalid_json);
  CHECK(error.place().path == path);
  CHECK(error.place().line == 4U);
}
