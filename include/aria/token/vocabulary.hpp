// A vocabulary: the tokens that a model knows, and the JSON text of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/text_index.hpp>
#include <aria/token/token.hpp>
#include <aria/token/token_text.hpp>

namespace aria {

/// The text of a token with the ", " behind it, in memory of a fixed size: lines of tokens are written by whole cells.
struct alignas(32) TokenCell {
  static constexpr std::string_view kSeparator = ", ";
  static constexpr std::size_t kLongest = 29;

  std::array<char, kLongest + kSeparator.size()> bytes{};
  std::uint8_t size = 0;  ///< of text and separator; 0 where the text is longer than kLongest
};
static_assert(sizeof(TokenCell) == 32);

/// The texts of tokens by their ids, and back. A text is JSON as Python's json.dumps(token, ensure_ascii=False) writes
/// it, of a text, a number or a list of these: `"<S>"` with its quotes, `["piano", 60, 45]` with its blanks.
///
///     const Vocabulary vocabulary({R"("<P>")", R"("<U>")", R"(["note", 60])"}, {.pad = 0, .unknown = 1});
///     vocabulary.find(R"(["note", 60])")  // 2
class Vocabulary {
 public:
  /// Either may stand outside of the vocabulary, for encodings whose models know no such token.
  struct Special {
    TokenId pad = 0;      ///< fills sequences up; no target of training
    TokenId unknown = 0;  ///< stands for what is not in the vocabulary
  };

  /// `texts` in the order of the ids. The first `size` of them are the vocabulary; what follows are texts of tokens
  /// that stand outside of it. Throws invalid_argument where two texts are equal, where one is not written as above, or
  /// where a special token is not among them.
  Vocabulary(std::vector<std::string> texts, Special special, std::optional<std::size_t> size = {})
      : texts_(std::move(texts)), special_(special), size_(size.value_or(texts_.size())) {
    if (size_ > texts_.size() || special.pad >= texts_.size() || special.unknown >= texts_.size()) {
      throw Error(ErrorCode::invalid_argument, "a vocabulary lacks its special tokens");
    }
    check_texts();
    index_.emplace(texts_);
    fill_cells();
  }
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  /// How many ids a model has to know: 0 to size() - 1.
  std::size_t size() const noexcept { return size_; }

  /// With the tokens that stand outside: ids from 0 to token_count() - 1 have a text.
  std::size_t token_count() const noexcept { return texts_.size(); }

  TokenId pad() const noexcept { return special_.pad; }
  TokenId unknown() const noexcept { return special_.unknown; }

  /// The text of a token, and of the unknown one where `token` is none.
  std::string_view text(TokenId token) const noexcept {
    return texts_[token < texts_.size() ? token : special_.unknown];
  }

  /// The token with this text.
  std::optional<TokenId> find(std::string_view text) const noexcept {
    const TokenId token = index_->candidate(text);
    return texts_[token] == text ? std::optional(token) : std::nullopt;
  }

  /// Finds the only token that can have a text, for those who compare it themselves.
  TextIndex::Finder finder() const noexcept { return index_->finder(); }

  /// The cells of all tokens, by their ids.
  std::span<const TokenCell> cells() const noexcept { return cells_; }

  /// What a model sees of a token; padding stays padding.
  TokenId encode(TokenId token) const noexcept {
    return token < size_ || token == special_.pad ? token : special_.unknown;
  }

 private:
  void check_texts() const {
    ByteBuffer scratch;
    for (const std::string& text : texts_) {
      if (!is_token_text(text, scratch)) {
        throw Error(ErrorCode::invalid_argument, "a vocabulary has a token that is not written as JSON: " + text);
      }
    }
  }

  void fill_cells() {
    cells_.resize(texts_.size());
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const std::string& text = texts_[i];
      TokenCell& cell = cells_[i];
      if (text.size() > TokenCell::kLongest) continue;
      std::memcpy(cell.bytes.data(), text.data(), text.size());
      std::memcpy(cell.bytes.data() + text.size(), TokenCell::kSeparator.data(), TokenCell::kSeparator.size());
      cell.size = static_cast<std::uint8_t>(text.size() + TokenCell::kSeparator.size());
    }
  }

  std::vector<std::string> texts_;
  Special special_;
  std::size_t size_;
  std::optional<TextIndex> index_;  // set once the texts are checked
  std::vector<TokenCell> cells_;
};

}  // namespace aria
