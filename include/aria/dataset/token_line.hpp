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
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/excerpt.hpp>
#include <aria/support/text_index.hpp>
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

// Where a byte stands among the next 16: the lowest bit says it, none that it does not. For any machine.
struct PlainBytes {
  static unsigned find(const char* at, char wanted) noexcept {
    const void* const found = std::memchr(at, wanted, 16);
    return found == nullptr ? 0 : 1U << (static_cast<const char*>(found) - at);
  }
};

#if defined(__SSE2__)
// The same without a call.
struct Sse2Bytes {
  static unsigned find(const char* at, char wanted) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted))));
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
    line_ = line;
    return (vocabulary_.finder().whole() ? read_halves<true>(out) : read_halves<false>(out)) || read_elements(out);
  }

 private:
  static constexpr std::size_t kShortest = 9, kLongest = kShortest + 15;
  static constexpr std::size_t kSeparator = TokenCell::kSeparator.size();
  static_assert(kPadding > kLongest + kSeparator && TokenCell::kLongest >= kLongest);

  // What guessing looks up in, by value: see TextIndex::Finder.
  struct Tables {
    TextIndex::Finder finder;
    const TokenCell* cells;
  };

  // A part of the line. `shift` leads from a place in the line to the same place of the text that is written.
  struct Part {
    const char* begin;
    const char* end;
    const char* at;  // where the next token begins
    std::uintptr_t shift;
    TokenId* first;
    TokenId* token;  // behind those that were found

    char* text(const char* place) const noexcept {
      return reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(place) + shift);
    }
    explicit operator bool() const noexcept { return first != nullptr; }
  };

  // A token and its separator take at least 3 bytes of the line.
  static constexpr std::size_t kRatio = 1 + kSeparator;

  const char* first() const noexcept { return line_.data() + 1; }
  // The bracket at the end, and where a separator in its place would end.
  const char* last() const noexcept { return line_.data() + line_.size() - 1; }
  const char* end() const noexcept { return last() + kSeparator; }

  void make_room(std::size_t size) {
    if (size <= room_) return;
    tokens_.reset(new TokenId[size / kRatio + 4]);
    text_.reset(new char[size + 4 * sizeof(TokenCell)]);
    room_ = size;
  }

  // The second part writes a bit further behind, since the last cell of the first one is longer than what counts of it.
  Part part(const char* begin, const char* end) const noexcept {
    const std::size_t before = begin == first() ? 0 : 1;
    TokenId* const tokens = tokens_.get() + static_cast<std::size_t>(begin - first()) / kRatio + 2 * before;
    char* const text = text_.get() + 2 * before * sizeof(TokenCell);
    const auto shift = reinterpret_cast<std::uintptr_t>(text) - reinterpret_cast<std::uintptr_t>(line_.data());
    return {begin, end, begin, shift, tokens, tokens};
  }

  template <bool whole>
  bool read_halves(std::vector<TokenId>& out) const {
    const Tables tables{vocabulary_.finder(), vocabulary_.cells().data()};
    const std::size_t list = line_.find("], [", line_.size() / 2);
    const char* const middle = list == std::string_view::npos ? end() : line_.data() + list + 1 + kSeparator;
    Part one = part(first(), middle);
    Part two = part(middle, end());
    std::size_t wrong = 0;
    while (one.at < one.end && two.at < two.end) {
      if (!step<whole>(tables, one, wrong) || !step<whole>(tables, two, wrong)) return false;
    }
    return wrong == 0 && finish<whole>(tables, one, out) && finish<whole>(tables, two, out);
  }

  // Takes one list, or what else comes. `wrong` stays 0 if its token has the size of what it was taken from.
  template <bool whole>
  [[gnu::always_inline]] bool step(const Tables& tables, Part& part, std::size_t& wrong) const {
    const unsigned brackets = Bytes::find(part.at + kShortest - 1, ']');
    if (*part.at == '[' && brackets != 0) [[likely]] {
      const std::size_t size = kShortest + static_cast<unsigned>(std::countr_zero(brackets));
      const TokenId token = tables.finder.template candidate<whole>({part.at, size});
      const TokenCell& cell = tables.cells[token];
      std::memcpy(part.text(part.at), &cell, sizeof cell);
      wrong |= cell.size ^ (size + kSeparator);
      part.at += size + kSeparator;
      *part.token++ = token;
      return true;
    }
    part = element(part);
    return static_cast<bool>(part);
  }

  template <bool whole>
  bool finish(const Tables& tables, Part part, std::vector<TokenId>& out) const {
    std::size_t wrong = 0;
    while (part.at < part.end) {
      if (!step<whole>(tables, part, wrong)) return false;
    }
    return wrong == 0 && take(part, out);
  }

  // Where even the guesses were bad, as with very short lists: each token is found by itself.
  bool read_elements(std::vector<TokenId>& out) const {
    out.clear();
    Part all = part(first(), end());
    while (all.at < all.end) {
      all = element(all);
      if (!all) return false;
    }
    return take(all, out);
  }

  // Appends the tokens of the part if they are written like this.
  bool take(const Part& part, std::vector<TokenId>& out) const {
    if (part.at != part.end) return false;
    const char* const stop = std::min(part.end, last());
    if (part.begin < stop) {
      const auto size = static_cast<std::size_t>(stop - part.begin);
      if (std::memcmp(part.begin, part.text(part.begin), size) != 0) return false;
    }
    out.insert(out.end(), part.first, part.token);
    return true;
  }

  // The part behind one token of any kind, and behind all that follow and are the same: lines are filled up like this.
  // Nothing where there is none.
  [[gnu::noinline]] Part element(Part part) const {
    const std::string_view text = element_at(part.at);
    const auto token = vocabulary_.find(text);
    if (!token) return {};
    const TokenCell& cell = vocabulary_.cells()[*token];
    const auto size = static_cast<std::ptrdiff_t>(text.size() + kSeparator);
    do {  // a cell is written without a call
      if (cell.size != 0) {
        std::memcpy(part.text(part.at), &cell, sizeof cell);
      } else {
        char* const out = std::copy(text.begin(), text.end(), part.text(part.at));
        std::copy(TokenCell::kSeparator.begin(), TokenCell::kSeparator.end(), out);
      }
      *part.token++ = *token;
      part.at += size;
    } while (last() - part.at > size && std::memcmp(part.at, text.data(), static_cast<std::size_t>(size)) == 0);
    return part;
  }

  // Up to the next `]` or `"`, or to the next comma. In what has one of these within, no token is found then.
  std::string_view element_at(const char* at) const noexcept {
    if (at >= last()) return {};
    const std::string_view rest(at, static_cast<std::size_t>(last() - at));
    if (rest[0] != '[' && rest[0] != '"') return rest.substr(0, rest.find(','));
    const std::size_t end = rest.find(rest[0] == '[' ? ']' : '"', 1);
    return rest.substr(0, end == std::string_view::npos ? end : end + 1);
  }

  const Vocabulary& vocabulary_;
  std::string_view line_;
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
    if (!reader.take('[')) refuse("is no list of tokens", line);
    if (!reader.take(']')) read_tokens(line, reader, out);
    if (!reader.at_end()) refuse("has something behind its end", line.substr(reader.position()));
  }

 private:
  void read_tokens(std::string_view line, TokenTextReader& reader, std::vector<TokenId>& out) {
    do {
      const bool missing = reader.at_end();
      const std::size_t begin = reader.position();
      const auto refuse_token = [&](const char* why, std::size_t end) {
        refuse("token " + std::to_string(out.size()) + ' ' + why, line.substr(begin, end - begin));
      };
      if (missing) refuse_token("is missing", begin);
      if (!reader.read(text_)) {
        refuse_token(reader.at_end() ? "is cut off" : "is no text, number or list of these", line.size());
      }
      const auto token = vocabulary_.find(text_.view());
      if (!token) refuse_token("is unknown", reader.position());
      const std::size_t end = reader.position();
      if (reader.at_end()) refuse_token("is where the line breaks off", end);
      if (reader.next() != ',' && reader.next() != ']') refuse_token("has no comma behind it", end);
      out.push_back(*token);
    } while (reader.take(','));
    reader.take(']');
  }

  [[noreturn]] static void refuse(std::string what, std::string_view text) {
    if (!text.empty()) what += ": " + excerpt(text);
    throw Error(ErrorCode::invalid_json, std::move(what));
  }

  const Vocabulary& vocabulary_;
  ByteBuffer text_;  // of a token
};

}  // namespace detail

/// Reads lines. One a thread.
class TokenLineReader {
 public:
  /// Readable bytes, whatever they are, that must lie before and behind a line.
  static constexpr std::size_t kPadding = 64;
  static_assert(kPadding >= detail::WrittenLine<detail::BestBytes>::kPadding);

  explicit TokenLineReader(const Vocabulary& vocabulary) : written_(vocabulary), any_(vocabulary) {}

  /// Replaces the contents of `out`. The line stands without its line feed. It need not be written as by
  /// write_token_line: blanks between tokens and escapes in texts may be others, as long as the tokens are the same.
  /// Throws invalid_json: the message names the token and its number, from 0. `out` may hold anything then.
  void read(std::string_view line, std::vector<TokenId>& out) {
    if (!written_.read(line, out)) any_.read(line, out);
  }

 private:
  detail::WrittenLine<detail::BestBytes> written_;
  detail::AnyLine any_;
};

}  // namespace aria
