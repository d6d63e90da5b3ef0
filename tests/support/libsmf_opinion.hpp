// What libsmf reads in a file, found out without being taken along when it fails: for second opinions.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/midi/libsmf.hpp>
#include <aria/support/file.hpp>

#include "catch.hpp"

namespace test {

/// An event as libsmf keeps it: see smf_event_t::midi_buffer.
struct SmfEvent {
  std::int64_t tick = 0;
  std::string bytes;
  friend bool operator==(const SmfEvent&, const SmfEvent&) = default;
};
using SmfTracks = std::vector<std::vector<SmfEvent>>;

namespace detail {

// The file in front of a page that must not be read, so that reading past the end is a crash and not luck.
inline const std::byte* in_front_of_guard(std::span<const std::byte> file) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t room = (file.size() + page - 1) / page * page;
  void* const start = ::mmap(nullptr, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) ::_exit(2);
  std::byte* const end = static_cast<std::byte*>(start) + room;
  if (::mprotect(end, page, PROT_NONE) != 0) ::_exit(2);
  if (!file.empty()) std::memcpy(end - file.size(), file.data(), file.size());
  return end - file.size();
}

// Sizes, ticks and bytes of all events, one after the other.
inline std::string packed(smf_t& smf) {
  std::string text;
  const auto put = [&text](std::int32_t number) { text.append(reinterpret_cast<const char*>(&number), sizeof number); };
  smf_rewind(&smf);
  put(smf.number_of_tracks);
  for (int t = 1; t <= smf.number_of_tracks; ++t) {
    const smf_track_t* const track = smf_get_track_by_number(&smf, t);
    put(track->number_of_events);
    for (int e = 1; e <= track->number_of_events; ++e) {
      const smf_event_t* const event = smf_track_get_event_by_number(track, e);
      put(event->time_pulses);
      put(event->midi_buffer_length);
      text.append(reinterpret_cast<const char*>(event->midi_buffer),
                  static_cast<std::size_t>(event->midi_buffer_length));
    }
  }
  return text;
}

inline SmfTracks unpacked(std::string_view text) {
  const auto take = [&text] {
    std::int32_t number = 0;
    std::memcpy(&number, text.data(), sizeof number);
    text.remove_prefix(sizeof number);
    return number;
  };
  SmfTracks tracks(static_cast<std::size_t>(take()));
  for (auto& track : tracks) {
    track.resize(static_cast<std::size_t>(take()));
    for (SmfEvent& event : track) {
      event.tick = take();
      const auto size = static_cast<std::size_t>(take());
      event.bytes = text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return tracks;
}

// In the child: no messages, no cores, no handlers of Catch2, no more than a minute.
[[noreturn]] inline void load_and_exit(std::span<const std::byte> file, const aria::FileDescriptor& out) {
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) std::signal(number, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  ::alarm(60);
  smf_t* const smf = smf_load_from_memory(in_front_of_guard(file), static_cast<int>(file.size()));
  if (smf == nullptr) ::_exit(1);
  const std::string text = packed(*smf);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(out.get(), text.data() + done, text.size() - done);
    if (count <= 0) ::_exit(2);
    done += static_cast<std::size_t>(count);
  }
  ::_exit(0);
}

}  // namespace detail

/// The tracks that libsmf loads, nothing where it refuses the file, aborts the process, reads past the end of the file
/// or takes more than a minute.
inline std::optional<SmfTracks> libsmf_opinion(std::span<const std::byte> file) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const aria::FileDescriptor in(ends[0]);
  aria::FileDescriptor out(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) detail::load_and_exit(file, out);
  out = aria::FileDescriptor();
  std::string text;
  char piece[1 << 16];
  while (const std::size_t count = aria::read_up_to(in, piece, sizeof piece, "pipe")) text.append(piece, count);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (status != 0) return std::nullopt;
  return detail::unpacked(text);
}

}  // namespace test
