#include <aria/support/atomic_file.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

namespace fs = std::filesystem;
using aria::AtomicFile;
using aria::ErrorCode;
using aria::IfExists;

// The names in a folder, hidden ones included: nothing temporary may stay.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

void write(const fs::path& path, IfExists if_exists, std::string_view text) {
  AtomicFile file(path.string(), if_exists);
  file.write(text);
  file.commit();
}

ErrorCode code_of_opening(const fs::path& path, IfExists if_exists) {
  return test::error_of([&] { AtomicFile(path.string(), if_exists); }).code();
}

}  // namespace

TEST_CASE("AtomicFile appears with commit", "[support]") {
  const test::TemporaryFolder folder;
  const std::string large(3'000'000, 'x');
  {
    AtomicFile file((folder / "new").string(), IfExists::refuse);
    file.write("some ");
    file.write(large);
    file.write(" text");
    CHECK_FALSE(fs::exists(folder / "new"));
    file.commit();
    CHECK((test::read_text(folder / "new") == "some " + large + " text"));
  }
  CHECK(names_in(folder.path()) == Names{"new"});
}

TEST_CASE("AtomicFile without commit leaves nothing", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "old", "old");
  {
    AtomicFile fresh((folder / "new").string(), IfExists::refuse);
    AtomicFile over((folder / "old").string(), IfExists::replace);
    fresh.write(std::string(1'000'000, 'x'));
    over.write(std::string(1'000'000, 'x'));
  }
  CHECK(names_in(folder.path()) == Names{"old"});
  CHECK(test::read_text(folder / "old") == "old");
}

TEST_CASE("AtomicFile refuses or replaces what exists", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "old", "old");
  CHECK(code_of_opening(folder / "old", IfExists::refuse) == ErrorCode::already_exists);
  CHECK(test::read_text(folder / "old") == "old");
  write(folder / "old", IfExists::replace, "new");
  CHECK(test::read_text(folder / "old") == "new");
  write(folder / "other", IfExists::replace, "");
  CHECK(test::read_text(folder / "other").empty());
  CHECK(names_in(folder.path()) == Names{"old", "other"});
}

TEST_CASE("AtomicFile refuses a name that was taken in the meantime", "[support]") {
  const test::TemporaryFolder folder;
  {
    AtomicFile file((folder / "name").string(), IfExists::refuse);
    file.write("mine");
    test::write_text(folder / "name", "somebody else's");
    CHECK(test::error_of([&] { file.commit(); }).code() == ErrorCode::already_exists);
  }
  CHECK(test::read_text(folder / "name") == "somebody else's");
  CHECK(names_in(folder.path()) == Names{"name"});
}

TEST_CASE("AtomicFile names what is wrong with a path", "[support]") {
  const test::TemporaryFolder folder;
  fs::create_symlink("nowhere", folder / "dangling");
  test::write_text(folder / "file", "");
  for (const IfExists if_exists : {IfExists::refuse, IfExists::replace}) {
    CHECK(code_of_opening(folder / "absent" / "file", if_exists) == ErrorCode::not_found);
    CHECK(code_of_opening(folder / "file" / "file", if_exists) == ErrorCode::not_found);
    CHECK(code_of_opening(folder.path(), if_exists) == ErrorCode::already_exists);
    CHECK(code_of_opening(folder / "absent" / "", if_exists) == ErrorCode::io);
  }
  CHECK(code_of_opening(folder / "dangling", IfExists::refuse) == ErrorCode::already_exists);
  const aria::Error error = test::error_of([&] { AtomicFile((folder / "a" / "b").string(), IfExists::refuse); });
  CHECK(error.place().path == (folder / "a" / "b").string());
}

TEST_CASE("AtomicFile can leave the disk for later", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "old", "old");
  for (const char* name : {"old", "new"}) {
    AtomicFile file((folder / name).string(), IfExists::replace);
    file.write("new text");
    file.commit(aria::Sync::later);
    CHECK(test::read_text(folder / name) == "new text");
  }
  {
    AtomicFile file((folder / "other").string(), IfExists::refuse);
    test::write_text(folder / "other", "somebody else's");
    CHECK(test::error_of([&] { file.commit(aria::Sync::later); }).code() == ErrorCode::already_exists);
  }
  CHECK(test::read_text(folder / "other") == "somebody else's");
  CHECK(names_in(folder.path()) == Names{"new", "old", "other"});
}

TEST_CASE("commit_all publishes all files", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "b", "old b");
  {
    AtomicFile a((folder / "a").string(), IfExists::refuse), b((folder / "b").string(), IfExists::replace);
    a.write("new a");
    b.write("new b");
    AtomicFile::commit_all({&a, nullptr, &b});
  }
  CHECK(test::read_text(folder / "a") == "new a");
  CHECK(test::read_text(folder / "b") == "new b");
  CHECK(names_in(folder.path()) == Names{"a", "b"});
}

TEST_CASE("commit_all publishes none where the last one fails", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "replaced", "old");
  {
    AtomicFile fresh((folder / "fresh").string(), IfExists::refuse);
    AtomicFile replaced((folder / "replaced").string(), IfExists::replace);
    AtomicFile last((folder / "last").string(), IfExists::replace);
    for (AtomicFile* file : {&fresh, &replaced, &last}) file->write("new");
    fs::create_directories(folder / "last" / "full");  // a rename to a folder fails
    CHECK(test::error_of([&] { AtomicFile::commit_all({&fresh, &replaced, &last}); }).code() == ErrorCode::io);
    CHECK(test::read_text(folder / "replaced") == "old");
  }
  CHECK(names_in(folder.path()) == Names{"last", "replaced"});
  CHECK(test::read_text(folder / "replaced") == "old");
}

TEST_CASE("commit_all publishes none where a name was taken in the meantime", "[support]") {
  const test::TemporaryFolder folder;
  {
    AtomicFile first((folder / "first").string(), IfExists::refuse);
    AtomicFile second((folder / "second").string(), IfExists::refuse);
    test::write_text(folder / "second", "somebody else's");
    CHECK(test::error_of([&] { AtomicFile::commit_all({&first, &second}); }).code() == ErrorCode::already_exists);
  }
  CHECK(names_in(folder.path()) == Names{"second"});
}

TEST_CASE("AtomicFile on a full disk leaves what was there", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "old", "old");
  const auto code_with_little_room = [](const fs::path& path, std::size_t size) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{1 << 16, 1 << 16};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      try {
        write(path, IfExists::replace, std::string(size, 'x'));
      } catch (const aria::Error& error) {
        ::_exit(static_cast<int>(error.code()));
      }
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  };
  const auto io = static_cast<int>(ErrorCode::io);
  CHECK(code_with_little_room(folder / "new", 100'000) == io);    // refused by commit
  CHECK(code_with_little_room(folder / "old", 1'000'000) == io);  // refused by write
  CHECK(names_in(folder.path()) == Names{"old"});
  CHECK(test::read_text(folder / "old") == "old");
  CHECK(code_with_little_room(folder / "old", 1 << 16) == 0);
  CHECK(fs::file_size(folder / "old") == 1 << 16);
}
