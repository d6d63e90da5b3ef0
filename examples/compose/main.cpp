// aria-compose OUT_DIR: writes a folder of MIDI files, so that everything else can be tried without music at hand.
//
// Old music in the public domain, written down as text in pieces/, each piece in several keys; and a few files of the
// kinds that a data set has to leave out. One piece in two keys may end up on both sides of a split: enough to see
// everything work, not to measure how well a model generalizes.
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <aria/midi.hpp>
#include <aria/support/atomic_file.hpp>

#include "../cli/program.hpp"
#include "pieces.hpp"

namespace {

constexpr const char* kAbout =
    R"(Writes a folder of MIDI files: old music in several keys, and some files to be refused.

Example:
  aria-compose music/
)";

/// "saints", "saints_up2", "saints_down5"
std::string file_name(const std::string& name, int semitones) {
  if (semitones == 0) return name + ".mid";
  return name + (semitones > 0 ? "_up" : "_down") + std::to_string(std::abs(semitones)) + ".mid";
}

/// Writes a piece in five keys. Returns how many files that are.
int write_in_all_keys(const compose::Score& score, const std::string& folder) {
  constexpr int kKeys[] = {-5, -3, 0, 2, 4};
  for (const int semitones : kKeys) {
    const std::string path = folder + '/' + file_name(score.name, semitones);
    aria::write_midi(compose::to_midi_dict(score, semitones), path);
  }
  return static_cast<int>(std::size(kKeys));
}

void write_bytes(std::string_view bytes, const std::string& path) {
  aria::AtomicFile file(path, aria::IfExists::refuse);
  file.write(bytes);
  file.commit();
}

/// What a folder of MIDI files from the world has, too: a piece that is too short, one that is there twice, and broken
/// files. Returns how many files that are.
int write_what_will_be_refused(const std::string& folder) {
  const auto bytes_of = [](const compose::Score& score) {
    const std::vector<std::byte> bytes = compose::to_midi_dict(score, 0).to_midi();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const compose::Score two_bars = {
      "two_bars", {120}, {{compose::kPiano, compose::notes(4, "| C4 D4 E4 C4 | C4 D4 E4 C4")}}};
  const std::string prelude = bytes_of(compose::bach_prelude());

  // The pitch of the first note gets the bit that only status bytes may have.
  std::string broken = prelude;
  broken[broken.find("\x90\x3c") + 1] = '\xbc';

  write_bytes(bytes_of(two_bars), folder + "/too_short.mid");
  write_bytes(prelude, folder + "/the_same_prelude_again.mid");
  write_bytes(prelude.substr(0, 10), folder + "/cut_off_in_the_header.mid");
  write_bytes(broken, folder + "/data_byte_above_127.mid");
  return 4;
}

int compose_all(const std::string& out_dir) {
  std::error_code error;
  std::filesystem::create_directories(out_dir, error);
  if (error) throw aria::Error(aria::ErrorCode::io, "cannot create: " + error.message(), {.path = out_dir});
  int files = 0;
  for (const compose::Score& score : compose::all_pieces()) files += write_in_all_keys(score, out_dir);
  const int refused = write_what_will_be_refused(out_dir);
  std::cout << "wrote " << files << " MIDI files, and " << refused << " that should be refused, to " << out_dir << '\n';
  return cli::kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run_program("aria-compose", [&] {
    cxxopts::Options options("aria-compose", kAbout);
    options.positional_help("OUT_DIR").custom_help("");
    options.add_options("positional")("out-dir", "", cxxopts::value<std::string>());
    const auto arguments = cli::parse(options, cli::rewrite_arguments({argv + 1, argv + argc}, false), {"out-dir"});
    if (arguments.count("help") != 0) {
      std::cout << options.help({""});
      return cli::kDone;
    }
    return compose_all(cli::value_of<std::string>(arguments, "out-dir"));
  });
}
