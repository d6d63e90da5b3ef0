// One line of a TokenizedDataset: a JSON list of tokens <-> their ids.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/text_index.hpp>
#include <aria/support/utf8.hpp>
#include <aria/token/token.hpp>
#include <aria/token/token_text.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

/// Appends `["<S>", ["piano", 60, 45], ...]`, without a line feed, to `out`: what Python's json.dumps writes. An id
/// that the vocabulary has no text for becomes the unknown token.
inline void write_token_line(const Vocabulary& vocabulary, std::span<const TokenId> tokens, ByteBuffer& out) {
  constexpr std::size_t kGroup = 256;
  const std::span<const TokenCell> cells = vocabulary.cells();
  const TokenId unknown = vocabulary.unknown();
  out.append('[');
  for (std::size_t i = 0; i + 1 < tokens.size();) {
    const std::size_t end = std::min(i + kGroup, tokens.size() - 1);
    char* const begin = out.room(kGroup * sizeof(TokenCell));
    char* at = begin;
    for (; i < end; ++i) {
      const TokenCell& cell = cells[tokens[i] < cells.size() ? tokens[i] : unknown];
      if (cell.size == 0) [[unlikely]]
        break;
      std::memcpy(at, &cell, sizeof cell);  // more than needed, but always as much
      at += cell.size;
    }
    out.advance(static_cast<std::size_t>(at - begin));
    if (i == end) continue;
    out.append(vocabulary.text(tokens[i++]));
    out.append(TokenCell::kSeparator);
  }
  if (!tokens.empty()) out.append(vocabulary.text(tokens.back()));
  out.append(']');
}

namespace detail {

// Where a byte stands among the next 16; 16 where it does not. For any machine.
struct PlainBytes {
  static std::size_t find(const char* at, char wanted) noexcept {
    const void* const found = std::memchr(at, wanted, 16);
    return found == nullptr ? 16 : static_cast<std::size_t>(static_cast<const char*>(found) - at);
  }
};

#if defined(__SSE2__)
struct Sse2Bytes {
  static std::size_t find(const char* at, char wanted) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const int same = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
    return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(same) | 1U << 16));
  }
};
using BestBytes = Sse2Bytes;
#else
using BestBytes = PlainBytes;
#endif

// Reads lines that are written as write_token_line does: guesses the tokens, writes them, and compares. Whatever the
// tokens were taken from, a line is theirs if this is how they are written, since JSON can be read in one way only.
//
// Nearly all tokens are lists of 9 to 24 bytes. Where such a list ends is seen at one glance, its text leads to the
// only token that it can be, and this one's cell is written where the list stands: no branch depends on what the token
// is. Looking for the end of a token is what the next one waits for. So two parts of the line are read in turn, and
// each one's work is done while the other one waits.
template <class Bytes>
class WrittenLine {
 public:
  // Readable bytes that must lie behind a line.
  static constexpr std::size_t kPadding = 64;

  explicit WrittenLine(const Vocabulary& vocabulary) noexcept : vocabulary_(vocabulary) {}

  // False where the line is written in another way, or is none; `out` may hold anything then.
  bool read(std::string_view line, std::vector<TokenId>& out) {
    out.clear();
    if (line == "[]") return true;
    if (line.size() < 3 || line.front() != '[' || line.back() != ']') return false;
    make_room(line.size());
    const Desk desk{line, text_.get(), vocabulary_.finder(), vocabulary_.cells().data()};
    const bool done = desk.finder.whole() ? read_halves<true>(desk, out) : read_halves<false>(desk, out);
    return done || read_elements(desk, out);
  }

 private:
  static constexpr std::size_t kShortest = 9, kLongest = kShortest + 15;
  static constexpr std::size_t kSeparator = TokenCell::kSeparator.size();
  static_assert(kPadding > kLongest + kSeparator && TokenCell::kLongest >= kLongest);

  // What guessing works with, by value: see TextIndex::Finder.
  struct Desk {
    std::string_view line;
    char* text;
    TextIndex::Finder finder;
    const TokenCell* cells;

    std::size_t last() const noexcept { return line.size() - 1; }  // the bracket at the end
  };

  // A part of the line. Its tokens are written to the same place of the text, but for `shift`: a cell may be longer
  // than what is used of it.
  struct Part {
    std::size_t begin;
    std::size_t end;
    std::size_t at;  // where the next token begins
    std::size_t shift;
    TokenId* first;
    TokenId* token;     // behind those that were found
    std::size_t wrong;  // 0 if each of them has the size of what it was taken from

    explicit operator bool() const noexcept { return first != nullptr; }
  };

  // A token and its separator take at least 3 bytes of the line.
  static constexpr std::size_t kRatio = 1 + kSeparator;

  void make_room(std::size_t size) {
    if (size <= room_) return;
    tokens_.reset(new TokenId[size / kRatio + 4]);
    text_.reset(new char[size + 4 * sizeof(TokenCell)]);
    room_ = size;
  }

  Part part(std::size_t begin, std::size_t end) const noexcept {
    const std::size_t before = begin == 1 ? 0 : 1;
    TokenId* const tokens = tokens_.get() + begin / kRatio + 2 * before;
    return {begin, end, begin, 2 * before * sizeof(TokenCell), tokens, tokens, 0};
  }

  template <bool whole>
  bool read_halves(const Desk& shared, std::vector<TokenId>& out) {
    const Desk desk = shared;
    const std::size_t end = desk.last() + kSeparator;
    const std::size_t list = desk.line.find("], [", desk.line.size() / 2);
    const std::size_t middle = list == std::string_view::npos ? end : list + 1 + kSeparator;
    Part first = part(1, middle);
    Part second = part(middle, end);
    while (first.at < first.end && second.at < second.end) {
      if (!step<whole>(desk, first) || !step<whole>(desk, second)) return false;
    }
    return finish<whole>(desk, first, out) && finish<whole>(desk, second, out);
  }

  // Takes one list, or what else comes.
  template <bool whole>
  [[gnu::always_inline]] bool step(const Desk& desk, Part& part) const {
    const char* const at = desk.line.data() + part.at;
    if (*at == '[') [[likely]] {
      const std::size_t size = kShortest + Bytes::find(at + kShortest - 1, ']');
      if (size <= kLongest) [[likely]] {
        const TokenId token = desk.finder.template candidate<whole>({at, size});
        const TokenCell& cell = desk.cells[token];
        std::memcpy(desk.text + part.at + part.shift, &cell, sizeof cell);
        part.wrong |= cell.size ^ (size + kSeparator);
        part.at += size + kSeparator;
        *part.token++ = token;
        return true;
      }
    }
    part = element(desk, part);
    return static_cast<bool>(part);
  }

  template <bool whole>
  bool finish(const Desk& desk, Part part, std::vector<TokenId>& out) const {
    while (part.at < part.end) {
      if (!step<whole>(desk, part)) return false;
    }
    return take(desk, part, out);
  }

  // Where even the guesses were bad, as with very short lists: each token is found by itself.
  bool read_elements(const Desk& desk, std::vector<TokenId>& out) const {
    out.clear();
    Part all = part(1, desk.last() + kSeparator);
    while (all.at < all.end) {
      all = element(desk, all);
      if (!all) return false;
    }
    return take(desk, all, out);
  }

  // Appends the tokens of the part if they are written like this.
  bool take(const Desk& desk, const Part& part, std::vector<TokenId>& out) const {
    if (part.at != part.end || part.wrong != 0) return false;
    const std::string_view line = desk.line.substr(0, desk.last());
    const std::string_view wanted = line.substr(std::min(part.begin, line.size()), part.end - part.begin);
    if (std::string_view(desk.text + part.begin + part.shift, wanted.size()) != wanted) return false;
    out.insert(out.end(), part.first, part.token);
    return true;
  }

  // The part behind one token of any kind, and behind all that follow and are the same: lines are filled up like this.
  // Nothing where there is none.
  [[gnu::noinline]] Part element(const Desk& desk, Part part) const {
    const std::string_view text = element_at(desk, part.at);
    const auto token = vocabulary_.find(text);
    if (!token) return {};
    const std::size_t size = text.size() + kSeparator;
    do {
      char* const out = std::copy(text.begin(), text.end(), desk.text + part.at + part.shift);
      std::copy(TokenCell::kSeparator.begin(), TokenCell::kSeparator.end(), out);
      *part.token++ = *token;
      part.at += size;
    } while (part.at + size < desk.line.size() && std::memcmp(desk.line.data() + part.at, text.data(), size) == 0);
    return part;
  }

  // Up to the next `]` or `"`, or to the next comma. In what has one of these within, no token is found then.
  static std::string_view element_at(const Desk& desk, std::size_t at) noexcept {
    const std::string_view rest = desk.line.substr(0, desk.last()).substr(std::min(at, desk.last()));
    if (rest.empty()) return rest;
    if (rest[0] != '[' && rest[0] != '"') return rest.substr(0, rest.find(','));
    const std::size_t end = rest.find(rest[0] == '[' ? ']' : '"', 1);
    return rest.substr(0, end == std::string_view::npos ? end : end + 1);
  }

  const Vocabulary& vocabulary_;
  std::unique_ptr<TokenId[]> tokens_;
  std::unique_ptr<char[]> text_;
  std::size_t room_ = 0;  // the longest line that both suffice for
};

// Reads lines with any spacing and escapes, and says what is wrong with the others.
class AnyLine {
 public:
  explicit AnyLine(const Vocabulary& vocabulary) noexcept : vocabulary_(vocabulary) {}

  void read(std::string_view line, std::vector<TokenId>& out) {
    out.clear();
    TokenTextReader reader(line);
    if (!reader.take('[')) throw Error(ErrorCode::invalid_json, "is no list of tokens: " + excerpt(line));
    if (!reader.take(']')) read_tokens(line, reader, out);
    if (!reader.at_end()) {
      throw Error(ErrorCode::invalid_json, "has something behind its end: " + excerpt(line.substr(reader.position())));
    }
  }

 private:
  void read_tokens(std::string_view line, TokenTextReader& reader, std::vector<TokenId>& out) {
    do {
      const bool missing = reader.at_end();
      const std::string_view rest = line.substr(reader.position());
      const auto refuse = [&](const char* why) {
        throw Error(ErrorCode::invalid_json, "token " + std::to_string(out.size()) + why + excerpt(rest));
      };
      if (missing) refuse(" is missing");
      if (!reader.read(text_)) refuse(reader.at_end() ? " is cut off: " : " is no text, number or list of these: ");
      const auto token = vocabulary_.find(text_.view());
      if (!token) refuse(" is unknown: ");
      out.push_back(*token);
      if (reader.at_end()) refuse(" is the last one before the line breaks off: ");
      if (reader.next() != ',' && reader.next() != ']') refuse(" is followed by neither a comma nor the end: ");
    } while (reader.take(','));
    reader.take(']');
  }

  static std::string excerpt(std::string_view text) { return std::string(text.substr(0, 60)); }

  const Vocabulary& vocabulary_;
  ByteBuffer text_;  // of a token
};

}  // namespace detail

/// Reads lines. One a thread.
class TokenLineReader {
 public:
  /// Readable bytes, whatever they are, that must lie before and behind a line.
  static constexpr std::size_t kPadding = 64;

  explicit TokenLineReader(const Vocabulary& vocabulary) : written_(vocabulary), any_(vocabulary) {}

  /// Replaces the contents of `out`. The line stands without its line feed. Throws invalid_json: the message names the
  /// token and its number, from 0.
  void read(std::string_view line, std::vector<TokenId>& out) {
    if (!written_.read(line, out)) any_.read(line, out);
  }

 private:
  detail::WrittenLine<detail::BestBytes> written_;
  detail::AnyLine any_;
};

}  // namespace aria
