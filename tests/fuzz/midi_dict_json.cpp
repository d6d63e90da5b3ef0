// text -> MidiDict or an error -> JSON -> the same MidiDict -> the same JSON.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aria/midi.hpp>

#include "expect.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::MidiDict;
using fuzz::expect;

std::optional<MidiDict> read(std::string_view text) {
  try {
    return MidiDict::from_json(text);
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_json, "what is no MidiDict is called so");
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto piece = read({reinterpret_cast<const char*>(data), size});
  if (!piece) return 0;

  const std::string json = piece->to_json();
  expect(json.find('\n') == std::string::npos, "a piece is one line");
  const MidiDict again = MidiDict::from_json(json);
  expect(again == *piece, "JSON and back is the identity");
  expect(again.to_json() == json, "equal pieces have equal texts");
  expect(aria::content_hash(again) == aria::content_hash(*piece), "equal pieces have equal hashes");

  const MidiDict from_midi = MidiDict::from_midi(piece->to_midi());
  if (test::all_notes_sound(*piece)) {
    expect(from_midi == test::through_midi(*piece), "MIDI and back is the identity for what MIDI can hold");
  }
  return 0;
}
