#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aria/anticipation/packing.hpp>
#include <aria/anticipation/times.hpp>

#include "sequences.hpp"
#include "support/catch.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::Reading;
using aria::TokenId;
using namespace aria::anticipation;
using test::Tokens;

struct Sequence {
  TokenId flag = 0;
  Tokens tokens;  // with relative times
  friend bool operator==(const Sequence&, const Sequence&) = default;
};

// What the original's loop over the pieces of a split does, one piece after the other, with its own words: a buffer
// that sequences are taken from, and z, the flag of the next one.
class SlowPacking {
 public:
  SlowPacking(Reading reading, std::size_t length) : reading_(reading), length_(length) {}

  void add(const Tokens& piece, TokenId flag) {
    if (buffer_.empty()) z_ = flag;
    for (const TokenId token : piece) buffer_.push_back({token, flag});
    while (buffer_.size() >= length_) {
      if (reading_ == Reading::standard) z_ = buffer_.front().flag;
      if (take()) z_ = flag;
    }
  }

  std::vector<Sequence> sequences;
  std::uint64_t left_out = 0;

 private:
  struct Token {
    TokenId id, flag;
  };

  // False where the sequence takes too long.
  bool take() {
    Tokens tokens;
    for (std::size_t i = 0; i < length_; ++i) tokens.push_back(buffer_[i].id);
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(length_));
    Tokens relative = tokens;
    translate(relative, Bins{-min_time(tokens).count});
    if (max_time(relative).count >= kArrival.max_time) {
      ++left_out;
      return false;
    }
    sequences.push_back({z_, relative});
    return true;
  }

  Reading reading_;
  std::size_t length_;
  std::vector<Token> buffer_;
  TokenId z_ = 0;
};

// Files of one or several copies of a piece each; some of the pieces have long gaps.
PackedPieces random_file(test::Dice& dice) {
  PackedPieces file;
  const std::size_t copies = dice.one_in(3) ? 1 : 1 + dice.below(4);
  for (std::size_t k = 0; k < copies; ++k) {
    file.tokens.insert(file.tokens.end(), 3, kArrival.separator);
    TokenId time = 0;
    const std::size_t events = dice.one_in(4) ? dice.below(3) : dice.below(40);
    for (std::size_t i = 0; i < events; ++i) {
      time += static_cast<TokenId>(dice.one_in(25) ? 9'000 + dice.below(3'000) : dice.below(300));
      const test::Triple event = dice.one_in(3) ? test::control(time) : test::event(time);
      file.tokens.insert(file.tokens.end(), {event.time, event.duration, event.note});
    }
    file.pieces.push_back({file.tokens.size(), k == 0 ? kArrival.autoregress : kArrival.anticipate});
  }
  return file;
}

void add_to(SlowPacking& slow, const PackedPieces& file) {
  std::size_t begin = 0;
  for (const PackedPieces::Piece& piece : file.pieces) {
    slow.add({file.tokens.begin() + static_cast<std::ptrdiff_t>(begin),
              file.tokens.begin() + static_cast<std::ptrdiff_t>(piece.end)},
             piece.flag);
    begin = piece.end;
  }
}

Tokens relative_tokens(std::span<const TokenId> sequence, TokenId first, std::size_t relative) {
  Tokens tokens(sequence.begin(), sequence.end());
  for (std::size_t i = 0; i < relative; i += 3) tokens[i] -= first;
  return tokens;
}

void check_like_slow(Reading reading, std::uint64_t seed) {
  Settings settings;
  settings.context_size = 1 + 3 * 17;
  const ArrivalPacking packing(reading, settings);
  SlowPacking slow(reading, packing.length());
  std::vector<Sequence> sequences;
  std::uint64_t left_out = 0;
  test::Dice dice(seed);
  PackingTail tail;
  Tokens scratch;
  for (int i = 0; i < 40; ++i) {
    const PackedPieces file = random_file(dice);
    add_to(slow, file);
    const PackingTail before = tail;
    tail = packing.tail_behind(before, file);
    left_out += packing.cut(before, file, scratch,
                            [&](TokenId flag, std::span<const TokenId> sequence, TokenId first, std::size_t relative) {
                              sequences.push_back({flag, relative_tokens(sequence, first, relative)});
                            });
  }
  INFO("seed " << seed);
  CHECK(left_out == slow.left_out);
  CHECK(left_out != 0);
  REQUIRE(sequences.size() == slow.sequences.size());
  CHECK(sequences == slow.sequences);
}

TEST_CASE("pieces are packed as one after the other, whatever the files") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    check_like_slow(Reading::standard, seed);
    check_like_slow(Reading::reference, seed);
  }
}

TEST_CASE("a sequence has the flag of the piece that it begins in") {
  Settings settings;
  settings.context_size = 1 + 3 * 4;
  const auto piece = [](std::size_t events, TokenId first_time) {
    Tokens tokens(3, kArrival.separator);
    for (std::size_t i = 0; i < events; ++i) {
      const test::Triple event = test::event(first_time + static_cast<TokenId>(i));
      tokens.insert(tokens.end(), {event.time, event.duration, event.note});
    }
    return tokens;
  };
  // Three sequences; the first of them is too long for the vocabulary, and holds the beginning of the second piece.
  PackedPieces pieces;
  pieces.tokens = piece(1, 0);
  pieces.pieces.push_back({pieces.tokens.size(), kArrival.autoregress});
  const Tokens second = piece(9, 20'000);
  pieces.tokens.insert(pieces.tokens.end(), second.begin(), second.end());
  pieces.pieces.push_back({pieces.tokens.size(), kArrival.anticipate});
  const auto flags = [&](Reading reading) {
    Tokens scratch;
    std::vector<TokenId> all;
    CHECK(ArrivalPacking(reading, settings).cut({}, pieces, scratch, [&](TokenId flag, auto, auto, auto) {
      all.push_back(flag);
    }) == 1);
    return all;
  };
  CHECK(flags(Reading::standard) == std::vector{kArrival.anticipate, kArrival.anticipate});
  CHECK(flags(Reading::reference) == std::vector{kArrival.autoregress, kArrival.anticipate});
}

TEST_CASE("interarrival tokens are cut where a sequence is full") {
  Settings settings;
  settings.context_size = 5;
  const InterarrivalPacking packing(settings);
  Tokens scratch, all;
  std::size_t sequences = 0;
  PackingTail tail;
  for (const std::size_t size : {3U, 1U, 11U, 4U}) {
    PackedPieces pieces;
    for (std::size_t i = 0; i < size; ++i)
      pieces.tokens.push_back(static_cast<TokenId>(all.size() + tail.tokens.size() + i));
    pieces.pieces.push_back({size, 0});
    const PackingTail before = tail;
    tail = packing.tail_behind(before, pieces);
    packing.cut(before, pieces, scratch, [&](std::span<const TokenId> sequence) {
      REQUIRE(sequence.size() == 5);
      all.insert(all.end(), sequence.begin(), sequence.end());
      ++sequences;
    });
  }
  CHECK(sequences == 3);
  CHECK(tail.tokens.size() == 4);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == i);
}

}  // namespace
