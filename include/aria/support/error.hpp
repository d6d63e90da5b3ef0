// The one exception type of the library: a stable code, a message, and the place that it is about.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace aria {

/// What went wrong, for programs to branch on. Values are stable: new ones are added at the end.
enum class ErrorCode : std::uint8_t {
  invalid_argument = 1,  ///< an argument outside its range
  not_found,             ///< a file or folder that is not there, or a folder without anything to work on
  already_exists,        ///< an output that exists and may not be replaced
  io,                    ///< the operating system refused to open, read or write
  invalid_midi,          ///< bytes that are not a Standard MIDI File
  invalid_json,          ///< text that is not JSON, or JSON of another shape than expected
  invalid_config,        ///< a configuration that lacks a key or has one of the wrong type
  too_large,             ///< an input beyond a limit that keeps memory bounded
  empty_result,          ///< nothing is left to be written
  invalid_text,          ///< text that is not of the form that a reader expects: compound events, lines of ids
  invalid_weights,       ///< a file of tensors that is damaged, or whose tensors are not those of the model
  not_finite,            ///< a loss or a gradient became infinite or no number
  process_lost,          ///< one of several processes that work together has ended, failed or does not answer
};

/// Where it went wrong. Only what is known is set.
struct Place {
  std::string path{};                    ///< file or folder
  std::optional<std::uint64_t> line{};   ///< of a text file, from 1
  std::optional<std::uint64_t> byte{};   ///< offset from the start of the file, from 0
  std::optional<std::uint64_t> track{};  ///< of a MIDI file, from 0
};

/// Thrown by every part of the library that fails.
///
///     throw Error(ErrorCode::invalid_midi, "data byte 0x90 is above 127", {.path = "a.mid", .byte = 45, .track = 1});
///     // what(): "a.mid: byte 45, track 1: data byte 0x90 is above 127"
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message, Place place = {})
      : std::runtime_error(describe(message, place)),
        code_(code),
        message_(std::move(message)),
        place_(std::move(place)) {}

  ErrorCode code() const noexcept { return code_; }

  /// The message without the place.
  const std::string& message() const noexcept { return message_; }
  const Place& place() const noexcept { return place_; }

  /// The same error in the named file, for callers that know more than the thrower.
  Error in_file(std::string_view path) const {
    Place place = place_;
    place.path = path;
    return Error(code_, message_, std::move(place));
  }

  /// The message and the place within the file, without the file's name.
  std::string without_path() const {
    Place place = place_;
    place.path.clear();
    return describe(message_, place);
  }

 private:
  static std::string describe(const std::string& message, const Place& place) {
    std::string within;
    const auto add = [&within](const char* name, const std::optional<std::uint64_t>& value) {
      if (value) within += (within.empty() ? "" : ", ") + std::string(name) + ' ' + std::to_string(*value);
    };
    add("line", place.line);
    add("byte", place.byte);
    add("track", place.track);
    std::string text = place.path;
    if (!text.empty()) text += ": ";
    if (!within.empty()) text += within + ": ";
    return text + message;
  }

  ErrorCode code_;
  std::string message_;
  Place place_;
};

/// What `work()` returns; its errors get the place that `place()` gives, for callers that know more than the thrower.
template <class GivePlace, class Work>
decltype(auto) at_place(GivePlace place, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), place());
  }
}

}  // namespace aria
