// One line of a TokenizedDataset: a JSON list of tokens <-> their ids.
#pragma once

#include <algorithm>
#include <array>
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
#include <aria/support/utf8.hpp>
#include <aria/token/token.hpp>
#include <aria/token/token_text.hpp>
#include <aria/token/vocabulary.hpp>

namespace aria {

namespace detail {

// Bytes compared one at a time, for any machine.
struct PlainBytes {
  // Bit i says whether byte i of 64 is `wanted`.
  static std::uint64_t equal(const char* block, char wanted) noexcept {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 64; ++i) bits |= std::uint64_t{block[i] == wanted} << i;
    return bits;
  }

  // Whether `at`, where 32 bytes can be read, starts with the contents of the cell.
  static bool starts_with(const char* at, const TokenCell& cell) noexcept {
    return std::memcmp(at, cell.bytes.data(), cell.size) == 0;
  }
};

#if defined(__SSE2__)
// The same, 16 bytes at a time.
struct Sse2Bytes {
  static std::uint64_t equal(const char* block, char wanted) noexcept {
    const __m128i all = _mm_set1_epi8(wanted);
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 64; i += 16) bits |= std::uint64_t{equal(load(block + i), all)} << i;
    return bits;
  }

  static bool starts_with(const char* at, const TokenCell& cell) noexcept {
    const char* bytes = cell.bytes.data();
    const unsigned same = equal(load(at), load(bytes)) | equal(load(at + 16), load(bytes + 16)) << 16;
    return ~same << (32 - cell.size) == 0;
  }

 private:
  static __m128i load(const char* at) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
  static unsigned equal(__m128i a, __m128i b) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
  }
};
using BestBytes = Sse2Bytes;
#else
using BestBytes = PlainBytes;
#endif

// Reads lines that are written as write_token_line does: [token, token], each token with its own text. Nothing is
// parsed: what starts where a token has to start, and has the text of a token, is this token, since no JSON text is the
// beginning of another one. Where a list may end is found ahead, for a whole chunk of the line, so that the tokens of a
// chunk do not wait for each other.
template <class Bytes>
class WrittenLine {
 public:
  // Readable bytes that must lie before and behind a line.
  static constexpr std::size_t kPadding = 64;

  // `out` has room for (line.size() + 2) / 3 tokens.
  WrittenLine(const Vocabulary& vocabulary, std::string_view line, TokenId* out) noexcept
      : vocabulary_(vocabulary), begin_(line.data()), last_(begin_ + line.size() - 1), first_out_(out), out_(out) {}

  // False where the line is another one.
  bool read() noexcept {
    if (last_ <= begin_ || *begin_ != '[' || *last_ != ']') return false;
    at_ = begin_ + 1;
    if (at_ == last_) return true;
    for (const char* chunk = at_; chunk < last_; chunk += kChunk) {
      const std::size_t size = std::min<std::size_t>(kChunk, last_ - chunk);
      const std::size_t count = find_brackets(chunk, size);
      if (!read_lists(chunk, count)) return false;
    }
    while (!complete_) {
      if (!read_element()) return false;
    }
    return at_ == last_;
  }

  std::size_t count() const noexcept { return out_ - first_out_; }

 private:
  static constexpr std::size_t kChunk = 4096, kBlock = 64, kUsual = 6;
  static_assert(kPadding >= kBlock);

  // Fills brackets_ with the places of `]` in the chunk.
  std::size_t find_brackets(const char* chunk, std::size_t size) noexcept {
    std::size_t count = 0;
    for (std::size_t block = 0; block < size; block += kBlock) {
      std::uint64_t bits = Bytes::equal(chunk + block, ']');
      if (size - block < kBlock) bits &= (std::uint64_t{1} << (size - block)) - 1;
      const unsigned found = count_bits(bits);
      // As many as a block has as a rule, without asking whether they are there.
      for (unsigned i = 0; i < kUsual; ++i) put_lowest(bits, block, count + i);
      for (unsigned i = kUsual; i < found; ++i) put_lowest(bits, block, count + i);
      count += found;
    }
    return count;
  }

  void put_lowest(std::uint64_t& bits, std::size_t block, std::size_t i) noexcept {
    constexpr std::uint64_t kHighest = std::uint64_t{1} << 63;  // there is always one to be found
    brackets_[i] = static_cast<std::uint16_t>(block + std::countr_zero(bits | kHighest));
    bits &= bits - 1;
  }

  // std::popcount is a call where the machine may lack the instruction.
  static unsigned count_bits(std::uint64_t bits) noexcept {
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return static_cast<unsigned>(bits * 0x0101010101010101 >> 56);
  }

  // Reads up to the last of the brackets, most often one list for each.
  bool read_lists(const char* chunk, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const char* const bracket = chunk + brackets_[i];
      if (!read_short_list(bracket) && !read_up_to(bracket)) return false;
    }
    return true;
  }

  bool read_short_list(const char* bracket) noexcept {
    const std::size_t size = bracket + 1 - at_;
    if (size > TokenCell::kMostBytes) return false;
    const TokenId token = vocabulary_.candidate({at_, size});
    const TokenCell& cell = vocabulary_.cell(token);
    if (cell.size != size + 2 || !Bytes::starts_with(at_, cell)) return false;
    *out_++ = token;
    at_ = bracket + 3;  // by what is known ahead, not by what was looked up
    return true;
  }

  bool read_up_to(const char* bracket) noexcept {
    while (at_ <= bracket) {
      if (complete_ || !read_element()) return false;
    }
    return true;
  }

  // Reads one token of any kind, and others like it.
  bool read_element() noexcept {
    const char* const end = end_of_element();
    if (end == nullptr) return false;
    const auto token = vocabulary_.find({at_, static_cast<std::size_t>(end - at_)});
    if (!token) return false;
    *out_++ = *token;
    at_ = end;
    if (at_ == last_) {
      complete_ = true;
      return true;
    }
    if (last_ - at_ < 3 || at_[0] != ',' || at_[1] != ' ') return false;
    at_ += 2;
    read_same(*token);
    return true;
  }

  // Behind the next bracket, quote or before the next comma: that of a token with others within is not found, and so
  // the token is not.
  const char* end_of_element() const noexcept {
    const auto find = [this](const char* from, char byte) {
      return static_cast<const char*>(std::memchr(from, byte, last_ - from));
    };
    if (at_ == last_) return nullptr;
    if (*at_ == '[' || *at_ == '"') {
      const char* const end = find(at_ + 1, *at_ == '[' ? ']' : '"');
      return end == nullptr ? nullptr : end + 1;
    }
    const char* const end = find(at_, ',');
    return end == nullptr ? last_ : end;
  }

  // Padding is the same token many times.
  void read_same(TokenId token) noexcept {
    const TokenCell& cell = vocabulary_.cell(token);
    while (cell.size != 0 && cell.size < last_ - at_ && Bytes::starts_with(at_, cell)) {
      *out_++ = token;
      at_ += cell.size;
    }
  }

  const Vocabulary& vocabulary_;
  const char* begin_;
  const char* last_;  // the bracket at the end
  const char* at_ = nullptr;
  TokenId* first_out_;
  TokenId* out_;
  bool complete_ = false;  // the token before last_ is read
  std::array<std::uint16_t, kChunk + kUsual> brackets_;
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
      if (missing || !reader.read(text_)) {
        refuse(reader.at_end() ? " is cut off: " : " is no text, number or list of these: ");
      }
      const auto token = vocabulary_.find(text_.view());
      if (!token) refuse(" is unknown: ");
      out.push_back(*token);
    } while (reader.take(','));
    if (reader.take(']')) return;
    const std::string number = std::to_string(out.size() - 1);
    if (reader.at_end()) throw Error(ErrorCode::invalid_json, "is cut off behind token " + number);
    throw Error(ErrorCode::invalid_json,
                "token " + number + " is followed by no comma: " + excerpt(line.substr(reader.position())));
  }

  static std::string excerpt(std::string_view text) { return std::string(text.substr(0, 60)); }

  const Vocabulary& vocabulary_;
  ByteBuffer text_;  // of a token
};

}  // namespace detail

/// Appends `["<S>", ["piano", 60, 45], ...]`, without a line feed, to `out`: what Python's json.dumps writes. An id
/// that the vocabulary has no text for becomes the unknown token.
inline void write_token_line(const Vocabulary& vocabulary, std::span<const TokenId> tokens, ByteBuffer& out) {
  constexpr std::size_t kGroup = 128;
  out.append('[');
  while (tokens.size() > 1) {
    const std::size_t most = std::min(kGroup, tokens.size() - 1);
    char* const begin = out.room(most * sizeof(TokenCell));
    char* at = begin;
    std::size_t count = 0;
    for (; count < most; ++count) {
      const TokenCell& cell = vocabulary.cell(tokens[count]);
      if (cell.size == 0) break;
      std::memcpy(at, &cell, sizeof cell);
      at += cell.size;
    }
    out.advance(static_cast<std::size_t>(at - begin));
    if (count < most) {  // a text that is too long for a cell
      out.append(vocabulary.text(tokens[count++]));
      out.append(", ");
    }
    tokens = tokens.subspan(count);
  }
  if (!tokens.empty()) out.append(vocabulary.text(tokens.back()));
  out.append(']');
}

/// Reads lines. One a thread.
class TokenLineReader {
 public:
  /// Readable bytes, whatever they are, that must lie before and behind a line.
  static constexpr std::size_t kPadding = 64;

  explicit TokenLineReader(const Vocabulary& vocabulary) : vocabulary_(vocabulary), any_(vocabulary) {}

  /// Replaces the contents of `out`. The line stands without its line feed. Throws invalid_json: the message names the
  /// token and its number, from 0.
  void read(std::string_view line, std::vector<TokenId>& out) {
    const std::size_t room = line.size() / 3 + 1;
    if (room > room_) {
      tokens_.reset(new TokenId[room]);
      room_ = room;
    }
    detail::WrittenLine<detail::BestBytes> written(vocabulary_, line, tokens_.get());
    if (!written.read()) return any_.read(line, out);
    out.assign(tokens_.get(), tokens_.get() + written.count());
  }

 private:
  const Vocabulary& vocabulary_;
  detail::AnyLine any_;
  std::unique_ptr<TokenId[]> tokens_;
  std::size_t room_ = 0;
};

}  // namespace aria
