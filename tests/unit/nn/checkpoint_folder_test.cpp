#include <aria/nn/training/checkpoint_folder.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <aria/support/atomic_file.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

namespace fs = std::filesystem;
using aria::ErrorCode;
using aria::nn::AtomicFolder;
using aria::nn::CheckpointName;
using Names = std::set<std::string>;

namespace {

constexpr std::uint64_t kMost = ~std::uint64_t{0};

Names names_in(const fs::path& folder) {
  Names names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

// A folder of checkpoints.
struct Place {
  std::string path(const std::string& name = "epoch1") const { return (folder / name).string(); }
  Names names() const { return names_in(folder.path()); }
  std::string text(const std::string& name) const { return test::read_text(folder / name); }
  void make(const std::vector<std::string>& checkpoints) const {
    for (const std::string& name : checkpoints) test::write_text(folder / name / "state.json", name);
  }
  // Not all file systems can exchange two names at once.
  bool can_exchange() const {
    make({"a", "b"});
    const bool can = ::renameat2(AT_FDCWD, path("a").c_str(), AT_FDCWD, path("b").c_str(), RENAME_EXCHANGE) == 0;
    for (const char* name : {"a", "b"}) fs::remove_all(folder / name);
    return can;
  }
  std::vector<std::string> checkpoints() const {
    std::vector<std::string> texts;
    for (const CheckpointName& name : aria::nn::checkpoints_in(folder.path().string())) texts.push_back(name.text());
    return texts;
  }
  // What is left of these, which are all there is.
  Names kept(const std::vector<std::string>& checkpoints, const CheckpointName& newest, std::uint64_t keep) const {
    for (const std::string& name : names()) fs::remove_all(folder / name);
    make(checkpoints);
    aria::nn::keep_last(folder.path().string(), newest, keep);
    return names();
  }

  test::TemporaryFolder folder;
};

const std::vector<std::string> kFiles = {"model.safetensors", "optimizer.safetensors", "state.json"};

// Writes a checkpoint as runs do. Each file has the same text, long enough for several calls of the system.
void write_checkpoint(const std::string& path, const std::string& text) {
  AtomicFolder folder(path);
  for (const std::string& name : kFiles) {
    aria::AtomicFile file(folder.folder() + '/' + name, aria::IfExists::refuse);
    file.write(text);
    file.write(std::string(100'000, 'x'));
    file.commit();
  }
  folder.commit();
}

// Whether a checkpoint has all of its files, from one and the same write_checkpoint.
bool is_whole(const fs::path& folder) {
  if (names_in(folder) != Names(kFiles.begin(), kFiles.end())) return false;
  const std::string text = test::read_text(folder / kFiles[0]);
  return text.ends_with(std::string(100'000, 'x')) && text == test::read_text(folder / kFiles[1]) &&
         text == test::read_text(folder / kFiles[2]);
}

// Runs `work(n)` for n = 0, 1, ... in a process of its own, and kills that after so many microseconds.
template <class Work>
void run_and_kill(Work work, std::uint64_t microseconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      for (unsigned n = 0;; ++n) work(n);
    } catch (...) {
    }
    ::_exit(1);
  }
  ::usleep(static_cast<useconds_t>(microseconds));
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));  // else it failed before
}

}  // namespace

TEST_CASE("CheckpointName: text and back", "[nn]") {
  const auto check = [](const CheckpointName& name, const std::string& text) {
    CHECK(name.text() == text);
    const auto found = CheckpointName::find(text);
    REQUIRE(found);
    CHECK(found->epoch == name.epoch);
    CHECK(found->step == name.step);
  };
  check({3}, "epoch3");
  check({0}, "epoch0");
  check({3, 1200}, "epoch3_step1200");
  check({10, 0}, "epoch10_step0");
  check({kMost, kMost}, "epoch18446744073709551615_step18446744073709551615");
}

TEST_CASE("CheckpointName: what is none", "[nn]") {
  for (const std::string text :
       {"", "epoch", "epochs3", "Epoch3", "3", "epoch-3", "epoch+3", "epoch 3", "epoch3 ", "epoch3.5", "epoch3_",
        "epoch3_step", "epoch3_step-1", "epoch3_step1x", "epoch3_step1_step2", "epoch3step1", "epoch_step1", "step1",
        "xepoch3", ".unfinished-epoch3", "epoch18446744073709551616", "epoch1_step18446744073709551616",
        // Numbers that are not written as ours would be taken for another folder.
        "epoch03", "epoch00", "epoch3_step01", "epoch03_step1", "epoch0x3"}) {
    CAPTURE(text);
    CHECK(!CheckpointName::find(text));
  }
  CHECK(!CheckpointName::find(std::string("epoch3\0", 7)));
}

TEST_CASE("CheckpointName: an epoch's end comes after its steps", "[nn]") {
  const std::vector<CheckpointName> sorted = {{0, 5}, {0},    {1, 0}, {1, 9},  {1, 10}, {1, 100},
                                              {1},    {2, 1}, {2},    {10, 1}, {10}};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t k = 0; k < sorted.size(); ++k) {
      CAPTURE(sorted[i].text(), sorted[k].text());
      CHECK((sorted[i] < sorted[k]) == (i < k));
    }
  }
}

TEST_CASE("checkpoints_in: in the order in which a run makes them, without anything else", "[nn]") {
  const Place place;
  CHECK(place.checkpoints().empty());
  place.make(
      {"epoch10", "epoch2", "epoch2_step100", "epoch2_step20", "epoch1", ".unfinished-epoch3", "epoch03", "mine"});
  test::write_text(place.folder / "notes.txt", "");
  test::write_text(place.folder / "epoch4", "a file");
  fs::create_directory_symlink("epoch10", place.folder / "epoch11");  // moved to another disk, say
  using Texts = std::vector<std::string>;
  CHECK(place.checkpoints() == Texts{"epoch1", "epoch2_step20", "epoch2_step100", "epoch2", "epoch10", "epoch11"});
  const aria::Error error = test::error_of([&] { aria::nn::checkpoints_in(place.path("none")); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.place().path == place.path("none"));
}

TEST_CASE("AtomicFolder: it appears with commit, under its name alone", "[nn]") {
  const Place place;
  {
    AtomicFolder folder(place.path());
    CHECK(fs::is_directory(folder.folder()));
    CHECK(fs::path(folder.folder()).parent_path() == place.folder.path());
    test::write_text(folder.folder() + "/state.json", "new");
    CHECK(!fs::exists(place.path()));
    CHECK(place.checkpoints().empty());
    folder.commit();
    CHECK(place.text("epoch1/state.json") == "new");
    CHECK(place.names() == Names{"epoch1"});
  }
  CHECK(place.names() == Names{"epoch1"});
  CHECK(place.text("epoch1/state.json") == "new");
}

TEST_CASE("AtomicFolder: commit puts it in place of an older one, all at once", "[nn]") {
  const Place place;
  test::write_text(place.path() + "/old.json", "old");
  test::write_text(place.path() + "/deep/er/file", "old");
  {
    AtomicFolder folder(place.path());
    test::write_text(folder.folder() + "/state.json", "new");
    CHECK(place.text("epoch1/old.json") == "old");
    folder.commit();
    CHECK(names_in(place.path()) == Names{"state.json"});
  }
  CHECK(place.names() == Names{"epoch1"});
  CHECK(names_in(place.path()) == Names{"state.json"});
  // A file has no more right to the name than a folder.
  test::write_text(place.path("epoch2"), "a file");
  write_checkpoint(place.path("epoch2"), "new");
  CHECK(is_whole(place.path("epoch2")));
  CHECK(place.names() == Names{"epoch1", "epoch2"});
}

TEST_CASE("AtomicFolder: without commit the older one stays, and nothing else", "[nn]") {
  const Place place;
  const auto fail = [&] {
    AtomicFolder folder(place.path());
    test::write_text(folder.folder() + "/state.json", "new");
    throw std::runtime_error("the disk is full");
  };
  CHECK_THROWS_AS(fail(), std::runtime_error);
  CHECK(place.names().empty());
  test::write_text(place.path() + "/state.json", "old");
  CHECK_THROWS_AS(fail(), std::runtime_error);
  CHECK(place.names() == Names{"epoch1"});
  CHECK(place.text("epoch1/state.json") == "old");
}

TEST_CASE("AtomicFolder: what a kill left behind under its hidden name is not in the new one", "[nn]") {
  const Place place;
  std::string hidden;
  { hidden = AtomicFolder(place.path()).folder(); }
  test::write_text(hidden + "/left.json", "half");
  write_checkpoint(place.path(), "new");
  CHECK(is_whole(place.path()));
  CHECK(place.names() == Names{"epoch1"});
}

TEST_CASE("AtomicFolder: a name without a folder is one in the current folder", "[nn]") {
  const Place place;
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      if (::chdir(place.folder.path().c_str()) != 0) ::_exit(1);
      write_checkpoint("epoch1", "new");
    } catch (...) {
      ::_exit(2);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(place.names() == Names{"epoch1"});
}

TEST_CASE("AtomicFolder: where there is no folder for it", "[nn]") {
  const Place place;
  const aria::Error error = test::error_of([&] { AtomicFolder(place.path("none/epoch1")); });
  CHECK(error.code() == ErrorCode::not_found);
  test::write_text(place.path("file"), "text");
  CHECK(test::error_of([&] { AtomicFolder(place.path("file/epoch1")); }).code() == ErrorCode::not_found);
  CHECK(place.text("file") == "text");
}

TEST_CASE("AtomicFolder: what kills have left behind can be removed", "[nn]") {
  const Place place;
  place.make({"epoch1", ".unfinished-epoch2", ".unfinished-epoch3_step5", "mine", ".hidden"});
  test::write_text(place.path(".unfinished-file"), "");
  test::write_text(place.path("unfinished-work"), "");
  AtomicFolder::remove_unfinished(place.folder.path().string());
  CHECK(place.names() == Names{"epoch1", "mine", ".hidden", "unfinished-work"});
  AtomicFolder::remove_unfinished(place.folder.path().string());
  CHECK(place.text("epoch1/state.json") == "epoch1");
  CHECK(test::error_of([&] { AtomicFolder::remove_unfinished(place.path("none")); }).code() == ErrorCode::not_found);
}

TEST_CASE("keep_last: the last ones stay", "[nn]") {
  const Place place;
  const std::vector<std::string> all = {"epoch1_step5", "epoch1_step10", "epoch1", "epoch2_step5", "epoch2"};
  for (std::uint64_t keep = 1; keep <= all.size() + 1; ++keep) {
    const std::size_t gone = all.size() - std::min<std::size_t>(keep, all.size());
    CHECK(place.kept(all, {2}, keep) == Names(all.begin() + static_cast<std::ptrdiff_t>(gone), all.end()));
  }
  CHECK(place.kept(all, {2}, kMost) == Names(all.begin(), all.end()));
  CHECK(place.kept({}, {2}, 1).empty());
  for (const std::string& name : place.kept(all, {2}, 2)) CHECK(place.text(name + "/state.json") == name);
}

TEST_CASE("keep_last: those behind the newest are left alone, and do not count", "[nn]") {
  const Place place;
  const std::vector<std::string> all = {"epoch1", "epoch2_step5", "epoch2_step10", "epoch2", "epoch3"};
  CHECK(place.kept(all, {2, 5}, 1) == Names{"epoch2_step5", "epoch2_step10", "epoch2", "epoch3"});
  CHECK(place.kept(all, {2, 5}, 2) == Names(all.begin(), all.end()));
  CHECK(place.kept(all, {2, 10}, 1) == Names{"epoch2_step10", "epoch2", "epoch3"});
  CHECK(place.kept(all, {2, 7}, 1) == Names{"epoch2_step5", "epoch2_step10", "epoch2", "epoch3"});
  CHECK(place.kept(all, {0}, 1) == Names(all.begin(), all.end()));
}

TEST_CASE("keep_last: what is no checkpoint is never removed", "[nn]") {
  const Place place;
  CHECK(place.kept({"epoch1", "epoch2", "epoch3", "best", "epoch02", "epoch2_copy", "epoch1.bak", ".git"}, {3}, 1) ==
        Names{"epoch3", "best", "epoch02", "epoch2_copy", "epoch1.bak", ".git"});
  // Another name of the same number counts for nothing either.
  CHECK(place.kept({"epoch1", "epoch01", "epoch2", "epoch002"}, {2}, 2) ==
        Names{"epoch1", "epoch01", "epoch2", "epoch002"});
}

TEST_CASE("keep_last: what a kill left behind under a hidden name is in nobody's way", "[nn]") {
  const Place place;
  place.make({"epoch1", "epoch2", ".unfinished-epoch1"});
  aria::nn::keep_last(place.folder.path().string(), {2}, 1);
  CHECK(place.names() == Names{"epoch2"});
}

TEST_CASE("A run that is killed leaves no checkpoint without all of its files", "[nn]") {
  const Place place;
  const bool can_exchange = place.can_exchange();
  write_checkpoint(place.path(), "first");
  test::Dice dice(0);
  for (int kill = 0; kill < 40; ++kill) {
    run_and_kill([&](unsigned n) { write_checkpoint(place.path(), std::to_string(kill) + ' ' + std::to_string(n)); },
                 1000 + dice.below(25'000));
    // Half of the runs find what the one before has left.
    if (kill % 2 == 0) AtomicFolder::remove_unfinished(place.folder.path().string());
    const Names names = place.names();
    CAPTURE(kill);
    if (names.count("epoch1") != 0) CHECK(is_whole(place.path()));
    if (can_exchange) CHECK(names.count("epoch1") == 1);
    for (const std::string& name : names) CHECK((name == "epoch1" || (kill % 2 == 1 && name == ".unfinished-epoch1")));
  }
}

TEST_CASE("A run that is killed while it removes old checkpoints leaves none without all of its files", "[nn]") {
  const Place place;
  write_checkpoint(place.path(), "first");
  test::Dice dice(1);
  for (int kill = 0; kill < 25; ++kill) {
    run_and_kill(
        [&](unsigned n) {
          const CheckpointName name{n / 3 + 1, n % 3 == 2 ? std::nullopt : std::optional<std::uint64_t>(n % 3)};
          write_checkpoint(place.path(name.text()), std::to_string(kill));
          aria::nn::keep_last(place.folder.path().string(), name, 2);
        },
        1000 + dice.below(40'000));
    CAPTURE(kill);
    CHECK(!place.checkpoints().empty());
    for (const std::string& name : place.checkpoints()) CHECK(is_whole(place.path(name)));
    AtomicFolder::remove_unfinished(place.folder.path().string());
    for (const std::string& name : place.names()) CHECK(CheckpointName::find(name));
  }
}
