#include <aria/support/text_index.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

namespace {

using aria::TextIndex;
using Texts = std::vector<std::string>;

// Each text from memory of its own that is not a byte larger: a sanitizer sees what is read outside of it.
std::uint32_t candidate(const TextIndex& index, std::string_view text) {
  const std::unique_ptr<char[]> alone(new char[text.size()]);
  std::copy(text.begin(), text.end(), alone.get());
  return index.candidate({alone.get(), text.size()});
}

void check_places(const TextIndex& index, const Texts& texts) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) found += candidate(index, texts[i]) == i ? 1 : 0;
  CHECK(found == texts.size());
}

Texts without_doubles(Texts texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Texts random_texts(test::Dice& dice, unsigned count, unsigned longest, unsigned letters) {
  Texts texts(count);
  for (std::string& text : texts) {
    text.resize(dice.small(longest + 1));
    for (char& c : text) c = static_cast<char>(dice.small(letters));
  }
  return without_doubles(std::move(texts));
}

}  // namespace

TEST_CASE("a TextIndex knows the place of every text", "[support]") {
  const Texts names = {"do", "re", "mi", "fa", "", "sol"};
  check_places(TextIndex(names), names);
  check_places(TextIndex(Texts{""}), {""});
  check_places(TextIndex(Texts{"one"}), {"one"});

  test::Dice dice(1);
  for (int round = 0; round < 300; ++round) {
    const Texts texts = random_texts(dice, 1 + dice.small(400), 1 + dice.small(40), 1 + dice.small(256));
    check_places(TextIndex(texts), texts);
  }
}

TEST_CASE("a TextIndex holds large lists", "[support]") {
  Texts texts;
  for (unsigned i = 0; i < 100'000; ++i) texts.push_back("[\"note\", " + std::to_string(i) + ']');
  check_places(TextIndex(texts), texts);
}

TEST_CASE("a TextIndex tells texts apart that differ in their middle, or in their size only", "[support]") {
  Texts texts;
  for (unsigned i = 1000; i < 5000; ++i) texts.push_back("beginning" + std::to_string(i) + "the end");
  const TextIndex index(texts);
  CHECK(index.finder().whole());
  check_places(index, texts);

  Texts zeros;
  for (unsigned i = 0; i < 100; ++i) zeros.emplace_back(i, '\0');
  check_places(TextIndex(zeros), zeros);
}

TEST_CASE("size and both ends suffice as a rule", "[support]") {
  Texts texts;
  for (unsigned i = 0; i < 1000; ++i) texts.push_back("[\"instrument\", " + std::to_string(i) + ", 60]");
  for (const char* name : {"synth_lead", "synth_pad", "synth_effect"}) {
    for (unsigned i = 0; i < 100; ++i)
      texts.push_back("[\"" + std::string(name) + "\", " + std::to_string(i) + ", 60]");
  }
  CHECK_FALSE(TextIndex(texts).finder().whole());
}

TEST_CASE("what is not in the list has a candidate, too", "[support]") {
  test::Dice dice(2);
  for (int round = 0; round < 50; ++round) {
    const Texts texts = random_texts(dice, 1 + dice.small(50), 20, 3);
    const TextIndex index(texts);
    for (const std::string& text : random_texts(dice, 100, 30, 4)) {
      const std::uint32_t place = candidate(index, text);
      REQUIRE(place < texts.size());
      const bool known = std::binary_search(texts.begin(), texts.end(), text);
      REQUIRE((texts[place] == text) == known);
    }
  }
}

TEST_CASE("the same list gives the same index, and a moved one finds as before", "[support]") {
  test::Dice dice(3);
  const Texts texts = random_texts(dice, 1000, 20, 5), others = random_texts(dice, 1000, 20, 5);
  const TextIndex one(texts);
  TextIndex two(texts);
  const TextIndex three = std::move(two);
  for (const std::string& text : others) REQUIRE(candidate(one, text) == candidate(three, text));
  check_places(three, texts);
}

TEST_CASE("a TextIndex refuses equal texts and an empty list", "[support]") {
  const auto refusal = [](const Texts& texts) {
    const aria::Error error = test::error_of([&] { TextIndex index(texts); });
    CHECK(error.code() == aria::ErrorCode::invalid_argument);
    return error.message();
  };
  CHECK(refusal({"do", "re", "mi", "re"}) == "the text re stands twice");
  CHECK(refusal({"", ""}) == "the text  stands twice");
  CHECK(refusal({}) == "a perfect hash has 1 to 2^28 texts");

  Texts many;
  for (unsigned i = 0; i < 3000; ++i) many.push_back("beginning" + std::to_string(i % 2999) + "the end");
  CHECK(refusal(many) == "the text beginning0the end stands twice");
}
