// Runs a fuzz target over the files in the folders that are named, and below. A folder may be absent; that nothing is
// found at all is a failure.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** folders) {
  namespace fs = std::filesystem;
  std::size_t files = 0;
  for (int i = 1; i < count; ++i) {
    if (!fs::exists(folders[i])) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folders[i])) {
      if (!entry.is_regular_file()) continue;
      std::fprintf(stderr, "%s\n", entry.path().c_str());  // the last one shown is the one that fails
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files == 0 ? 1 : 0;
}
