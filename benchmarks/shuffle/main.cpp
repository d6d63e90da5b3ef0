// `aria shuffle --memory 64M` with two workers against `shuf`, as whole processes on files in memory: 2 GB of lines of
// 5 KB, for which shuf takes 1.9 GB, or as many megabytes as the command line says.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <aria/support/random.hpp>

#include "../support/measure.hpp"
#include "../support/process.hpp"

namespace {

// Lines of 4,000 to 6,000 digits.
void write_lines(const std::string& path, std::size_t bytes) {
  std::ofstream file(path, std::ios::binary);
  aria::RandomStream random(1);
  std::string digits;
  for (int i = 0; i < 100'000; ++i) digits += static_cast<char>('0' + random.below(10));
  for (std::size_t written = 0; written < bytes;) {
    const std::size_t length = 4000 + random.below(2000);
    const std::size_t begin = random.below(static_cast<std::uint32_t>(digits.size() - length));
    file.write(digits.data() + begin, static_cast<std::streamsize>(length)).put('\n');
    written += length + 1;
  }
}

void run(std::size_t megabytes) {
  const benchmark::MemoryFolder memory;
  const std::string lines = memory.path / "lines", ours = memory.path / "ours", theirs = memory.path / "theirs";
  write_lines(lines, megabytes * 1'000'000);
  const auto shuffle = [&] {
    std::filesystem::remove(ours);
    benchmark::run_process({ARIA_PROGRAM, "shuffle", "--memory", "64M", "--workers", "2", lines, ours});
  };
  const auto shuf = [&] {
    std::filesystem::remove(theirs);
    benchmark::run_process({"shuf", lines, "-o", theirs});
  };
  const benchmark::Comparison result = benchmark::compare(5, shuffle, shuf);
  benchmark::print("aria shuffle against shuf", std::filesystem::file_size(lines), result, 1.0, 1.6);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::size_t megabytes = 2000;
    if (argc > 1 && std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), megabytes).ec != std::errc()) {
      throw std::runtime_error("not a number");
    }
    run(megabytes);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\nusage: " << argv[0] << " [MEGABYTES]\n";
    return 1;
  }
}
