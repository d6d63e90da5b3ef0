#include <aria/support/file_copy.hpp>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

namespace fs = std::filesystem;
using aria::AtomicFile;
using aria::IfExists;

std::string bytes(std::size_t size, char start) {
  std::string text(size, start);
  for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i);
  return text;
}

}  // namespace

TEST_CASE("append_file puts whole files behind what is there", "[support]") {
  const test::TemporaryFolder folder;
  const std::string a = bytes(3'000'001, 'a'), b = bytes(70'000, 'b');
  test::write_text(folder / "a", a);
  test::write_text(folder / "b", b);
  test::write_text(folder / "empty", "");
  {
    AtomicFile out((folder / "out").string(), IfExists::refuse);
    CHECK(aria::append_file(out, (folder / "empty").string()) == 0);
    CHECK(aria::append_file(out, (folder / "a").string()) == a.size());
    out.write("some text");
    CHECK(aria::append_file(out, (folder / "b").string()) == b.size());
    out.write("\n");
    CHECK(aria::append_file(out, (folder / "a").string()) == a.size());
    CHECK_FALSE(fs::exists(folder / "out"));
    out.commit();
  }
  CHECK((test::read_text(folder / "out") == a + "some text" + b + "\n" + a));
  CHECK((test::read_text(folder / "a") == a));
}

TEST_CASE("append_file says which file is wrong", "[support]") {
  const test::TemporaryFolder folder;
  AtomicFile out((folder / "out").string(), IfExists::refuse);
  for (const fs::path& path : {folder / "absent", folder.path()}) {
    const aria::Error error = test::error_of([&] { aria::append_file(out, path.string()); });
    CHECK(error.place().path == path.string());
  }
}

TEST_CASE("append_file copies what the system cannot", "[support]") {
  const test::TemporaryFolder folder;
  AtomicFile out((folder / "out").string(), IfExists::refuse);
  CHECK(aria::append_file(out, "/proc/self/status") > 0);  // its size is said to be 0
  out.commit();
  CHECK(test::read_text(folder / "out").starts_with("Name:"));
}
