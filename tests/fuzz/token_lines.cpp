// bytes as a file of token lines -> sequences or errors with a place, held against a slow reader of the test's own; and
// bytes as numbers -> lines -> the same numbers.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/decimal_line.hpp>
#include <aria/dataset/token_lines_file.hpp>
#include <aria/support/file.hpp>

#include "expect.hpp"
#include "support/numbers_tokenizer.hpp"

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

// The parts of a text between separators: one more than there are separators.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// The slow reader. Nothing where a line is not what it should be.
std::optional<Tokens> slowly(const std::string& line, std::size_t count, std::size_t limit) {
  Tokens tokens;
  for (const std::string& word : split(line, ' ')) {
    if (word.empty() || word.size() > 8 || word.find_first_not_of("0123456789") != word.npos) return std::nullopt;
    const unsigned long number = std::stoul(word);
    if (number >= limit) return std::nullopt;
    tokens.push_back(static_cast<TokenId>(number));
  }
  return tokens.size() == count ? std::optional(tokens) : std::nullopt;
}

std::optional<aria::TokenLinesFile> open(const std::string& path, std::string_view bytes) {
  const auto line_feeds = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  try {
    std::optional<aria::TokenLinesFile> file(std::in_place, path);
    expect(!bytes.empty() && bytes.back() == '\n', "a file that is opened is whole");
    expect(file->size() == line_feeds, "every line is found");
    return file;
  } catch (const aria::Error& error) {
    expect(error.code() == ErrorCode::invalid_text && error.place().path == path, "what is no such file is called so");
    expect(bytes.empty() || bytes.back() != '\n', "a whole file is opened");
    expect(error.place().line == line_feeds + 1, "an error has a line");
    return std::nullopt;
  }
}

std::optional<Tokens> read(const aria::TokenLinesFile& file, std::size_t i, const Vocabulary& vocabulary,
                           std::size_t begin, std::size_t end) {
  Tokens tokens;
  try {
    file.read(i, file.reader(vocabulary), tokens);
    return tokens;
  } catch (const aria::Error& error) {
    const aria::Place& place = error.place();
    expect(error.code() == ErrorCode::invalid_text, "what is no sequence is called so");
    expect(place.path == file.path() && place.line == i + 1, "an error has a place");
    expect(place.byte && *place.byte >= begin && *place.byte <= end, "its byte is one of the line");
    return std::nullopt;
  }
}

void check_file(std::string_view bytes, const Vocabulary& vocabulary) {
  const MemoryFile memory(bytes);
  const auto file = open(memory.path(), bytes);
  if (!file) return;
  const std::vector<std::string> lines = split(bytes, '\n');
  expect(file->max_seq_len() == split(lines[0], ' ').size(), "the first line says how long sequences are");
  std::size_t begin = 0;
  for (std::size_t i = 0; i < file->size(); ++i) {
    const std::size_t end = begin + lines[i].size();
    expect(file->line(i) == lines[i], "a line is what stands there");
    expect(read(*file, i, vocabulary, begin, end) == slowly(lines[i], file->max_seq_len(), vocabulary.size()),
           "both readers agree");
    begin = end + 1;
  }
}

// Lines of as many ids as the first byte says, of all lengths that ids have.
void check_written(const std::uint8_t* data, std::size_t size, const Vocabulary& vocabulary) {
  if (size < 3) return;
  const std::size_t count = 1 + data[0];
  std::vector<Tokens> sequences;
  for (std::size_t i = 1; i + 2 <= size; i += 2) {
    if (sequences.empty() || sequences.back().size() == count) sequences.emplace_back();
    const std::size_t number = (data[i] | data[i + 1] << 8) >> data[i] % 16;
    sequences.back().push_back(static_cast<TokenId>(number % vocabulary.size()));
  }
  sequences.back().resize(count);
  std::string text;
  for (const Tokens& sequence : sequences) text += test::number_line(sequence);
  const MemoryFile memory(text);
  const aria::TokenLinesFile file(memory.path());
  expect(file.size() == sequences.size() && file.max_seq_len() == count, "lines that are written are found");
  Tokens tokens;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    file.read(i, file.reader(vocabulary), tokens);
    expect(tokens == sequences[i], "ids that are written are read again");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::NumbersTokenizer few(100), many(55'028);
  for (const test::NumbersTokenizer* tokenizer : {&few, &many}) {
    check_file({reinterpret_cast<const char*>(data), size}, tokenizer->vocabulary());
    check_written(data, size, tokenizer->vocabulary());
  }
  return 0;
}
