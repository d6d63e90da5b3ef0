// bytes as a TokenizedDataset file -> sequences or errors with a place -> the same file written again -> the same
// sequences.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/token_line.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/support/file.hpp>
#include <aria/tokenizer.hpp>

#include "expect.hpp"
#include "support/toy_tokenizer.hpp"

namespace {

using aria::ErrorCode;
using aria::TokenId;
using aria::Vocabulary;
using fuzz::expect;
using Tokens = std::vector<TokenId>;

// A file that lies in memory, and has a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    expect(static_cast<bool>(descriptor_), "there is memory for a file");
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(descriptor_.get(), bytes.data(), bytes.size());
      expect(wrote > 0, "there is memory for a file");
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_.get()); }

 private:
  aria::FileDescriptor descriptor_;
};

std::optional<aria::TokenizedDatasetFile> open(const std::string& path, std::string_view bytes) {
  try {
    return std::optional<aria::TokenizedDatasetFile>(std::in_place, path);
  } catch (const aria::Error& error) {
    const aria::Place& place = error.place();
    expect(error.code() == ErrorCode::invalid_json || error.code() == ErrorCode::invalid_config,
           "what is no data set is called so");
    expect(place.path == path, "an error has a path");
    const auto lines = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
    expect(bytes.empty() || (place.line && *place.line >= 1 && *place.line <= lines), "an error has a line");
    return std::nullopt;
  }
}

std::optional<Tokens> read(const aria::TokenizedDatasetFile& file, std::size_t i, const Vocabulary& vocabulary) {
  aria::TokenLineReader reader(vocabulary);
  Tokens tokens;
  try {
    file.read(i, reader, tokens);
  } catch (const aria::Error& error) {
    expect(error.code() == ErrorCode::invalid_json, "what is no sequence is called so");
    expect(error.place().path == file.path() && error.place().line == i + 2, "an error has a place");
    return std::nullopt;
  }
  for (const TokenId token : tokens) expect(token < vocabulary.token_count(), "tokens have a text");
  const std::uint64_t length = file.header().windows.max_seq_len;
  expect(file.header().padding ? tokens.size() == length : tokens.size() <= length, "sequences have their length");
  return tokens;
}

template <class T>
void check_settings(const aria::TokenizedDatasetFile& file, const T& tokenizer) {
  try {
    const aria::TokenizedDataset<T> data(file.path(), tokenizer);
    expect(data.size() == file.size(), "a data set has the sequences of its file");
  } catch (const aria::Error& error) {
    expect(error.code() == ErrorCode::invalid_config && error.place().line == 1U,
           "other settings are told with the first line");
  }
}

template <class T>
void check_sequences(const aria::TokenizedDatasetFile& file, const T& tokenizer) {
  check_settings(file, tokenizer);
  std::vector<Tokens> sequences;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (auto tokens = read(file, i, tokenizer.vocabulary())) sequences.push_back(std::move(*tokens));
  }
  const MemoryFile written(test::tokenized_text(tokenizer, file.header(), sequences));
  const aria::TokenizedDatasetFile again(written.path());
  expect(again.header().to_json() == file.header().to_json(), "a header that is written is read again");
  expect(again.size() == sequences.size(), "sequences that are written are found again");
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    expect(read(again, i, tokenizer.vocabulary()) == sequences[i], "sequences that are written are read again");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::ToyTokenizer toy;
  static const aria::LazyTokenizer lazy;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const MemoryFile memory(bytes);
  const auto file = open(memory.path(), bytes);
  if (!file) return 0;
  check_sequences(*file, toy);
  check_sequences(*file, lazy);
  return 0;
}
