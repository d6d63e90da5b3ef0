#include <aria/dataset/work_state.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

namespace fs = std::filesystem;
using aria::FileStamp;
using aria::WorkState;

constexpr const char* kState = ".aria-state";
constexpr FileStamp kInput{100, 7};

using Note = std::optional<std::string>;

std::string folder_of(const test::TemporaryFolder& folder) { return folder.path().string(); }

// Makes an output and says so.
void make(WorkState& state, const test::TemporaryFolder& folder, const std::string& output, const std::string& note,
          const FileStamp& inputs = kInput) {
  test::write_text(folder / output, "made of " + note);
  state.finished(output, inputs, note);
}

Note note_of(const test::TemporaryFolder& folder, const std::string& output, const FileStamp& inputs = kInput,
             const std::string& options = "options") {
  return WorkState(folder_of(folder), "command", options).is_done(output, inputs);
}

}  // namespace

TEST_CASE("WorkState knows in the next run what is finished", "[dataset]") {
  const test::TemporaryFolder folder;
  {
    WorkState state(folder_of(folder), "command", "options");
    CHECK_FALSE(state.is_done("a", kInput));
    make(state, folder, "a", "kept");
    make(state, folder, "b", "");
    state.finished_without_output("c", kInput, "load_error\tno MIDI\n\\");
    state.flush();
  }
  const WorkState state(folder_of(folder), "command", "options");
  CHECK(state.is_done("a", kInput) == Note("kept"));
  CHECK(state.is_done("b", kInput) == Note(""));
  CHECK(state.is_done("c", kInput) == Note("load_error\tno MIDI\n\\"));
  CHECK_FALSE(state.is_done("d", kInput));
  CHECK_FALSE(state.is_done("a", {101, 7}));
  CHECK_FALSE(state.is_done("a", {100, 8}));
}

TEST_CASE("WorkState believes in no output that has changed", "[dataset]") {
  const test::TemporaryFolder folder;
  {
    WorkState state(folder_of(folder), "command", "options");
    for (const char* name : {"same", "gone", "longer", "newer"}) make(state, folder, name, name);
    state.finished_without_output("nothing", kInput, "");
    state.finished_without_output("appeared", kInput, "");
  }
  fs::remove(folder / "gone");
  test::write_text(folder / "appeared", "");
  const auto time = fs::last_write_time(folder / "longer");
  test::write_text(folder / "longer", "made of longer things");
  fs::last_write_time(folder / "longer", time);
  fs::last_write_time(folder / "newer", fs::last_write_time(folder / "newer") + std::chrono::seconds(1));
  const WorkState state(folder_of(folder), "command", "options");
  CHECK(state.is_done("same", kInput));
  CHECK(state.is_done("nothing", kInput));
  for (const char* name : {"gone", "longer", "newer", "appeared"}) {
    CAPTURE(name);
    CHECK_FALSE(state.is_done(name, kInput));
  }
}

TEST_CASE("WorkState forgets with other options only what the same command did", "[dataset]") {
  const test::TemporaryFolder folder;
  const auto work = [&](const std::string& command, const std::string& options, const std::string& output) {
    WorkState state(folder_of(folder), command, options);
    make(state, folder, output, command + ' ' + options);
  };
  const auto note = [&](const std::string& command, const std::string& options, const std::string& output) {
    return WorkState(folder_of(folder), command, options).is_done(output, kInput);
  };
  work("one", "k=1", "a");
  work("two", "x", "b");
  work("one", "k=1", "c");
  CHECK(note("one", "k=1", "a") == Note("one k=1"));
  CHECK(note("one", "k=1", "c") == Note("one k=1"));
  CHECK_FALSE(note("two", "x", "a"));
  work("one", "k=10", "c");
  CHECK(note("two", "x", "b") == Note("two x"));
  CHECK_FALSE(note("one", "k=10", "a"));
  CHECK(note("one", "k=10", "c") == Note("one k=10"));
  CHECK_FALSE(note("one", "k=1", "a"));
  CHECK(note("one", "k=10", "c"));  // nothing was finished with the others
  work("one", "k=1", "d");
  CHECK_FALSE(note("one", "k=10", "c"));
  CHECK_FALSE(note("one", "k=1", "a"));  // what they did before is gone for good
  CHECK(note("two", "x", "b"));
}

TEST_CASE("WorkState: of several entries the last one counts", "[dataset]") {
  const test::TemporaryFolder folder;
  {
    WorkState state(folder_of(folder), "command", "options");
    make(state, folder, "a", "first");
    make(state, folder, "a", "second", {5, 5});
    state.finished_without_output("b", kInput, "first");
    make(state, folder, "b", "second");
  }
  CHECK_FALSE(note_of(folder, "a"));
  CHECK(note_of(folder, "a", {5, 5}) == Note("second"));
  CHECK(note_of(folder, "b") == Note("second"));
}

TEST_CASE("WorkState takes any name and any note", "[dataset]") {
  const test::TemporaryFolder folder;
  std::mt19937 random(1);
  const auto text = [&](std::size_t size) {
    std::string bytes;
    const std::string likely = "\t\n\r\\x-\xff\xc3\xa9";
    for (std::size_t i = 0; i < size; ++i) {
      bytes += random() % 2 ? likely[random() % likely.size()] : static_cast<char>(random());
    }
    return bytes;
  };
  std::map<std::string, std::string> notes;
  while (notes.size() < 500) {
    std::string name = "no " + text(1 + random() % 20);
    for (char& c : name) c = c == '/' || c == '\0' ? 'x' : c;
    notes[name] = text(random() % 20);
  }
  const std::string options = text(20);
  {
    WorkState state(folder_of(folder), "command", options);
    for (const auto& [output, note] : notes) state.finished_without_output(output, kInput, note);
  }
  const WorkState state(folder_of(folder), "command", options);
  std::size_t equal = 0;
  for (const auto& [output, note] : notes) equal += state.is_done(output, kInput) == Note(note);
  CHECK(equal == notes.size());
}

TEST_CASE("WorkState cut off anywhere knows less, never something else", "[dataset]") {
  const test::TemporaryFolder folder;
  const std::vector<std::string> outputs = {"a", "b", "c"};
  {
    WorkState state(folder_of(folder), "command", "options");
    for (const std::string& output : outputs) state.finished_without_output(output, kInput, "note of " + output);
  }
  const std::string whole = test::read_text(folder / kState);
  std::size_t most = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    test::write_text(folder / kState, whole.substr(0, size));
    {
      WorkState state(folder_of(folder), "command", "options");
      std::size_t known = 0;
      for (const std::string& output : outputs) {
        const Note note = state.is_done(output, kInput);
        CHECK((!note || *note == "note of " + output));
        known += note.has_value();
      }
      CHECK((known == most || known == most + 1));
      most = known;
      state.finished_without_output("new", kInput, "new note");
    }
    CHECK(note_of(folder, "new") == Note("new note"));  // a torn line does not swallow the next one
  }
  CHECK(most == outputs.size());
}

TEST_CASE("WorkState with any damage knows less, never something else", "[dataset]") {
  const test::TemporaryFolder folder;
  {
    WorkState state(folder_of(folder), "command", "options");
    for (char c = 'a'; c < 'k'; ++c) state.finished_without_output(std::string(1, c), kInput, std::string(3, c));
  }
  const std::string whole = test::read_text(folder / kState);
  std::mt19937 random(2);
  for (int round = 0; round < 400; ++round) {
    std::string damaged = whole;
    for (unsigned i = random() % 4; i < 4; ++i) {
      const std::size_t at = random() % damaged.size();
      if (random() % 3 == 0) {
        damaged.erase(at, random() % 30);
      } else if (random() % 2 == 0) {
        damaged.insert(at, 1 + random() % 5, static_cast<char>(random() % 2 ? '\0' : '\n'));
      } else {
        damaged[at] = static_cast<char>(random());
      }
    }
    test::write_text(folder / kState, damaged);
    CAPTURE(damaged);
    const WorkState state(folder_of(folder), "command", "options");
    for (char c = 'a'; c < 'k'; ++c) {
      const Note note = state.is_done(std::string(1, c), kInput);
      CHECK((!note || *note == std::string(3, c)));
    }
  }
}

TEST_CASE("WorkState: something else of that name is no journal", "[dataset]") {
  const test::TemporaryFolder folder;
  for (const std::string text : {"", "\n", "some text\n", "aria-state 2\nstart\n", "aria-state 1"}) {
    test::write_text(folder / kState, text);
    CHECK_FALSE(note_of(folder, "a"));
    {
      WorkState state(folder_of(folder), "command", "options");
      state.finished_without_output("a", kInput, "note");
    }
    CHECK(note_of(folder, "a") == Note("note"));
  }
  fs::remove(folder / kState);
  fs::create_directory(folder / kState);
  CHECK(test::error_of([&] { note_of(folder, "a"); }).code() == aria::ErrorCode::io);
  fs::remove(folder / kState);
  REQUIRE(::mkfifo((folder / kState).c_str(), 0600) == 0);
  CHECK(test::error_of([&] { note_of(folder, "a"); }).code() == aria::ErrorCode::io);
  CHECK(test::error_of([&] { WorkState((folder / "absent").string(), "command", ""); }).code() ==
        aria::ErrorCode::not_found);
}

TEST_CASE("WorkState is for one program at a time", "[dataset]") {
  const test::TemporaryFolder folder;
  auto first = std::make_unique<WorkState>(folder_of(folder), "command", "options");
  const aria::Error error = test::error_of([&] { WorkState(folder_of(folder), "other", ""); });
  CHECK(error.code() == aria::ErrorCode::already_exists);
  CHECK(error.message() == "another program works in this folder");
  CHECK(error.place().path == (folder / kState).string());
  first.reset();
  WorkState(folder_of(folder), "other", "");
}

TEST_CASE("WorkState shrinks a journal that is mostly out of date", "[dataset]") {
  const test::TemporaryFolder folder;
  {
    WorkState other(folder_of(folder), "other", "");
    other.finished_without_output("kept", kInput, "other note");
  }
  {
    WorkState state(folder_of(folder), "command", "options");
    for (int i = 0; i < 5000; ++i) state.finished_without_output("same", kInput, std::to_string(i));
    state.finished_without_output("another", kInput, "note");
  }
  const auto before = fs::file_size(folder / kState);
  CHECK(note_of(folder, "same") == Note("4999"));
  CHECK(fs::file_size(folder / kState) < before / 100);
  CHECK(note_of(folder, "same") == Note("4999"));
  CHECK(note_of(folder, "another") == Note("note"));
  CHECK(WorkState(folder_of(folder), "other", "").is_done("kept", kInput) == Note("other note"));
  {
    WorkState state(folder_of(folder), "command", "options");  // the lock is on the new file
    CHECK(test::error_of([&] { WorkState(folder_of(folder), "other", ""); }).code() == aria::ErrorCode::already_exists);
  }
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("WorkState::forget leaves the others' entries, and nothing where there are none", "[dataset]") {
  const test::TemporaryFolder folder;
  for (const std::string command : {"one", "two"}) {
    WorkState(folder_of(folder), command, "").finished_without_output("a", kInput, command);
  }
  {
    WorkState one(folder_of(folder), "one", "other options");
    one.finished_without_output("b", kInput, "unwritten");
    one.forget();
  }
  CHECK_FALSE(WorkState(folder_of(folder), "one", "").is_done("a", kInput));
  CHECK_FALSE(WorkState(folder_of(folder), "one", "other options").is_done("b", kInput));
  CHECK(WorkState(folder_of(folder), "two", "").is_done("a", kInput) == Note("two"));
  WorkState(folder_of(folder), "two", "").forget();
  CHECK_FALSE(fs::exists(folder / kState));
  WorkState(folder_of(folder), "two", "").forget();
  { const WorkState nothing_finished(folder_of(folder), "two", ""); }
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("WorkState::announce speaks of an output before it is there", "[dataset]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "hidden", "text");
  const auto stamp = FileStamp::of((folder / "hidden").string());
  WorkState(folder_of(folder), "command", "options").announce("out", kInput, *stamp, "note");
  CHECK_FALSE(note_of(folder, "out"));
  fs::rename(folder / "hidden", folder / "out");
  CHECK(note_of(folder, "out") == Note("note"));
}

TEST_CASE("WorkState: an output that is missing is not finished", "[dataset]") {
  const test::TemporaryFolder folder;
  WorkState state(folder_of(folder), "command", "options");
  CHECK(test::error_of([&] { state.finished("missing", kInput, ""); }).code() == aria::ErrorCode::not_found);
}

TEST_CASE("WorkState is told by many threads", "[dataset]") {
  const test::TemporaryFolder folder;
  constexpr int kThreads = 4, kEach = 5000;
  {
    WorkState state(folder_of(folder), "command", "options");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&state, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::string name = std::to_string(t) + '/' + std::to_string(i);
          if (!state.is_done(name, kInput)) state.finished_without_output(name, kInput, name);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const WorkState state(folder_of(folder), "command", "options");
  int known = 0;
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      const std::string name = std::to_string(t) + '/' + std::to_string(i);
      known += state.is_done(name, kInput) == Note(name);
    }
  }
  CHECK(known == kThreads * kEach);
}

TEST_CASE("WorkState after a kill knows the batches that were full", "[dataset]") {
  const test::TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    WorkState state(folder_of(folder), "command", "options");
    for (int i = 0; i < 10'000; ++i) state.finished_without_output(std::to_string(i), kInput, "note");
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(note_of(folder, "0") == Note("note"));
  CHECK(note_of(folder, "8191") == Note("note"));
}

TEST_CASE("WorkState after a kill knows what was flushed", "[dataset]") {
  const test::TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    WorkState state(folder_of(folder), "command", "options");
    state.finished_without_output("a", kInput, "note");
    state.flush();
    state.finished_without_output("b", kInput, "note");
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(note_of(folder, "a") == Note("note"));
  CHECK_FALSE(note_of(folder, "b"));
}

TEST_CASE("WorkState on a full disk fails and goes on later", "[dataset]") {
  const test::TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2000, 2000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int result = 1;
    try {
      WorkState state(folder_of(folder), "command", "options");
      for (int i = 0; i < 1000; ++i) state.finished_without_output(std::to_string(i), kInput, "note");
      state.flush();
    } catch (const aria::Error& error) {
      result = error.code() == aria::ErrorCode::io ? 0 : 2;
    }
    ::_exit(result);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(note_of(folder, "0") == Note("note"));
  CHECK_FALSE(note_of(folder, "999"));
  WorkState(folder_of(folder), "command", "options").finished_without_output("999", kInput, "note");
  CHECK(note_of(folder, "999") == Note("note"));
  CHECK(note_of(folder, "0") == Note("note"));
}

TEST_CASE("FileStamp of several files depends on each and on their order", "[dataset]") {
  const auto of = [](std::initializer_list<std::pair<const char*, FileStamp>> files) {
    FileStamp all;
    for (const auto& [name, stamp] : files) all.add(name, stamp);
    return all;
  };
  const FileStamp both = of({{"a", {1, 2}}, {"b", {3, 4}}});
  CHECK(both == of({{"a", {1, 2}}, {"b", {3, 4}}}));
  CHECK(both.size == 4);
  CHECK(both != of({{"b", {3, 4}}, {"a", {1, 2}}}));
  CHECK(both != of({{"a", {1, 2}}}));
  CHECK(both != of({{"a", {1, 2}}, {"c", {3, 4}}}));
  CHECK(both != of({{"a", {1, 5}}, {"b", {3, 4}}}));
  CHECK(both != of({{"a", {2, 2}}, {"b", {2, 4}}}));
}
