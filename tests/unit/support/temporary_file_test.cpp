#include <aria/support/temporary_file.hpp>

#include <filesystem>
#include <string>

#include <aria/support/available_memory.hpp>
#include <aria/support/disk_space.hpp>
#include <aria/support/memory_block.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

TEST_CASE("TemporaryFile: appends, reads, and nobody sees it", "[support]") {
  const test::TemporaryFolder folder;
  aria::TemporaryFile file(folder.path().string());
  CHECK(file.append("hello") == 0);
  CHECK(file.append("") == 5);
  CHECK(file.append(" world") == 5);
  CHECK(file.size() == 11);
  std::string text(5, '?');
  file.read(text.data(), 5, 4);
  CHECK(text == "o wor");
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK(test::error_of([&] { file.read(text.data(), 5, 7); }).code() == aria::ErrorCode::io);
  CHECK(test::error_of([&] { aria::TemporaryFile none((folder / "none").string()); }).code() ==
        aria::ErrorCode::not_found);
}

TEST_CASE("check_disk_space: both numbers", "[support]") {
  const test::TemporaryFolder folder;
  const auto free = aria::free_disk_space(folder.path().string());
  REQUIRE(free);
  aria::check_disk_space(folder.path().string(), *free / 2, "the text");
  aria::check_disk_space("", 0, "nothing");
  const aria::Error error =
      test::error_of([&] { aria::check_disk_space(folder.path().string(), std::uint64_t{1} << 62, "the text"); });
  CHECK(error.code() == aria::ErrorCode::io);
  CHECK(error.message().find("the text may take 4611686018427387904 bytes here, and ") == 0);
  CHECK(error.place().path == folder.path().string());
  CHECK_FALSE(aria::free_disk_space((folder / "none").string()));
  CHECK(aria::on_same_disk(folder.path().string(), folder.path().string()));
  CHECK_FALSE(aria::on_same_disk(folder.path().string(), "/proc"));
}

TEST_CASE("available_memory and MemoryBlock", "[support]") {
  REQUIRE(aria::available_memory());
  CHECK(*aria::available_memory() > 1 << 20);
  aria::MemoryBlock block(100'000), other;
  CHECK(other.empty());
  block.data()[99'999] = 'x';
  other = std::move(block);
  CHECK(other.size() == 100'000);
  CHECK(other.data()[99'999] == 'x');
  CHECK(other.data()[0] == 0);
}
