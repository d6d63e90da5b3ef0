#include <aria/support/directory_walk.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

std::vector<aria::FoundFile> walk(const fs::path& folder, const aria::WalkOptions& options = {.recursive = true}) {
  std::vector<aria::FoundFile> files;
  aria::DirectoryWalk walk(folder.string(), options);
  while (auto file = walk.next()) files.push_back(std::move(*file));
  return files;
}

Paths paths(const fs::path& folder, const aria::WalkOptions& options = {.recursive = true}) {
  Paths paths;
  for (const aria::FoundFile& file : walk(folder, options)) paths.push_back(file.path);
  return paths;
}

// Root may read everything, so it becomes somebody else for a while.
class Unprivileged {
 public:
  Unprivileged() : was_root_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_;
};

}  // namespace

TEST_CASE("DirectoryWalk goes in the order of the bytes of the paths", "[support]") {
  const test::TemporaryFolder folder;
  // '-' < '.' < '/' < '0': a folder's contents sort behind "a.mid", not behind "a".
  Paths expected = {"B", "a-b", "a.mid", "a/c.mid", "a/c/d", "a/c0", "a0", "b", "\xc3\xa4", "\xff"};
  for (const std::string& path : expected) test::write_text(folder / path, path);
  CHECK(paths(folder.path()) == expected);
  CHECK(paths(folder.path(), {.recursive = false}) == Paths{"B", "a-b", "a.mid", "a0", "b", "\xc3\xa4", "\xff"});
}

TEST_CASE("DirectoryWalk finds what was put there", "[support]") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    const test::TemporaryFolder folder;
    Paths expected;
    for (int i = 0; i < 60; ++i) {
      std::string path;
      for (auto depth = random() % 4; depth != 0; --depth) path += std::string("d") + ".-/0a"[random() % 5] + '/';
      path += "f" + std::to_string(random() % 100);
      if (!fs::exists(folder / path)) expected.push_back(fs::path(path).lexically_normal().string());
      test::write_text(folder / path, std::string(static_cast<std::size_t>(i), 'x'));
    }
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    CHECK(paths(folder.path()) == expected);
    for (const aria::FoundFile& file : walk(folder.path())) CHECK(file.size == fs::file_size(folder / file.path));
  }
}

TEST_CASE("DirectoryWalk takes the names it is told to", "[support]") {
  const test::TemporaryFolder folder;
  for (const char* path : {"a.mid", "b.txt", ".c.mid", ".hidden/d.mid", "folder.mid/e.mid", "folder.mid/f.txt"}) {
    test::write_text(folder / path, "x");
  }
  fs::create_directory(folder / "empty.mid");
  aria::WalkOptions options;
  options.recursive = true;
  options.accepts = [](std::string_view name) { return name.ends_with(".mid"); };
  CHECK(paths(folder.path(), options) == Paths{"a.mid", "folder.mid/e.mid"});
  options.hidden = true;
  CHECK(paths(folder.path(), options) == Paths{".c.mid", ".hidden/d.mid", "a.mid", "folder.mid/e.mid"});
  options.only_regular = false;  // a folder counts by its name, and is entered all the same
  CHECK(paths(folder.path(), options) ==
        Paths{".c.mid", ".hidden/d.mid", "a.mid", "empty.mid", "folder.mid", "folder.mid/e.mid"});
  options.recursive = false;
  CHECK(paths(folder.path(), options) == Paths{".c.mid", "a.mid", "empty.mid", "folder.mid"});
}

TEST_CASE("DirectoryWalk follows links to files, not to folders", "[support]") {
  const test::TemporaryFolder folder, elsewhere;
  test::write_text(elsewhere / "file", "12345");
  test::write_text(folder / "inside/file", "");
  fs::create_symlink(elsewhere / "file", folder / "link to file");
  fs::create_symlink("link to file", folder / "link to link");
  fs::create_symlink(elsewhere.path(), folder / "link to folder");
  fs::create_symlink("..", folder / "inside/up");
  const auto files = walk(folder.path());
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == "inside/file");
  CHECK(files[1].path == "link to file");
  CHECK(files[1].size == 5);
  CHECK(files[2].path == "link to link");
  CHECK(files[2].size == 5);
}

TEST_CASE("DirectoryWalk reports links that lead nowhere", "[support]") {
  const test::TemporaryFolder folder;
  fs::create_symlink("absent", folder / "dangling");
  fs::create_symlink("loop b", folder / "loop a");
  fs::create_symlink("loop a", folder / "loop b");
  const auto files = walk(folder.path());
  REQUIRE(files.size() == 3);
  CHECK(files[0].failure.find("No such file") != std::string::npos);
  CHECK(files[1].failure.find("Too many levels") != std::string::npos);
  CHECK(files[2].path == "loop b");
}

TEST_CASE("DirectoryWalk leaves out what is no file", "[support]") {
  const test::TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  test::write_text(folder / "file", "");
  CHECK(paths(folder.path()) == Paths{"file"});
}

TEST_CASE("DirectoryWalk goes on behind a folder that it cannot open", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "a", "");
  test::write_text(folder / "closed/b", "");
  test::write_text(folder / "d", "");
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder / "closed", fs::perms::none);
  std::vector<aria::FoundFile> files;
  {
    const Unprivileged unprivileged;
    files = walk(folder.path());
  }
  fs::permissions(folder / "closed", fs::perms::owner_all);
  REQUIRE(files.size() == 3);
  CHECK(files[0].failure.empty());
  CHECK(files[1].path == "closed/");
  CHECK(files[1].failure.find("Permission denied") != std::string::npos);
  CHECK(files[2].path == "d");
}

TEST_CASE("DirectoryWalk needs a folder", "[support]") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "file", "");
  for (const char* name : {"absent", "file"}) {
    const aria::Error error = test::error_of([&] { walk(folder / name); });
    CHECK(error.code() == aria::ErrorCode::not_found);
    CHECK(error.place().path == (folder / name).string());
  }
}
