#include <aria/dataset/lakh_tree.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

namespace fs = std::filesystem;

aria::LakhTree list(const fs::path& folder) {
  return aria::list_lakh_tree(folder.string(), "MIDI files",
                              [](std::string_view name) { return name.ends_with(".mid"); });
}

std::vector<std::string> paths(const aria::LakhTree& tree) {
  std::vector<std::string> paths;
  for (const auto& split : tree.splits) {
    for (const aria::FoundFile& file : split) paths.push_back(file.path);
  }
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("list_lakh_tree lists the files directly in the splits", "[dataset]") {
  const test::TemporaryFolder folder;
  for (const char* name : {"0/b.mid", "0/B.mid", "0/a.mid", "0/\xff.mid", "f/z.mid", "3/a.mid"}) {
    test::write_text(folder / name, "12345");
  }
  for (const char* name : {"0/.hidden.mid", "0/deep/c.mid", "0/notes.txt", "a.mid", "g/a.mid", "00/a.mid", "A/a.mid"}) {
    test::write_text(folder / name, "no");
  }
  fs::create_directory(folder / "a");
  fs::create_directory(folder / "3/folder.mid");
  REQUIRE(::mkfifo((folder / "3/pipe.mid").c_str(), 0600) == 0);
  fs::create_symlink("../0/a.mid", folder / "3/link.mid");
  test::write_text(folder / "b", "no folder");
  fs::create_directory_symlink("f", folder / "c");

  const aria::LakhTree tree = list(folder.path());
  CHECK(paths(tree) ==
        Paths{"0/B.mid", "0/a.mid", "0/b.mid", "0/\xff.mid", "3/a.mid", "3/link.mid", "c/z.mid", "f/z.mid"});
  CHECK(tree.size() == 8);
  CHECK(tree.missing == "12456789bde");
  CHECK(tree.splits[0].size() == 4);
  CHECK(tree.splits[15].size() == 1);
  CHECK(tree.splits[0][0].size == 5);
}

TEST_CASE("list_lakh_tree says what was expected where there is nothing", "[dataset]") {
  const test::TemporaryFolder folder;
  fs::create_directory(folder / "0");
  test::write_text(folder / "a.mid", "");
  const aria::Error error = test::error_of([&] { list(folder.path()); });
  CHECK(error.code() == aria::ErrorCode::not_found);
  const std::string dir = folder.path().string();
  CHECK(error.message() == "expected " + dir + "/0 ... " + dir +
                               "/f with MIDI files in them; `aria lakh-layout` makes " +
                               "such folders of any tree of MIDI files");
  CHECK(error.place().path == dir);
  const aria::Error missing = test::error_of([&] { list(folder / "absent"); });
  CHECK(missing.code() == aria::ErrorCode::not_found);
  CHECK(missing.message().find("cannot list the folder") != std::string::npos);
}
