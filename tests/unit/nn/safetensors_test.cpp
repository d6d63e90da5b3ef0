#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/weights/data_type.hpp>
#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/nn/weights/safetensors_header.hpp>
#include <aria/nn/weights/safetensors_writer.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

#include "safetensors_files.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"
#include "support/slow_safetensors.hpp"

namespace fs = std::filesystem;
using aria::ErrorCode;
using aria::nn::DataType;
using aria::nn::SafetensorsFile;
using aria::nn::SafetensorsHeader;
using aria::nn::TensorInfo;
using aria::nn::TensorLayout;

namespace {

using Metadata = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kTypes = 15;

struct Tensors {
  std::vector<TensorLayout> layouts;
  std::vector<std::string> bytes;
  Metadata metadata;

  void add(std::string name, DataType type, std::vector<std::int64_t> shape, test::Dice& dice) {
    std::string& content = bytes.emplace_back(aria::nn::byte_size(type), '\0');
    for (const std::int64_t size : shape) content.resize(content.size() * static_cast<std::size_t>(size));
    for (char& c : content) c = static_cast<char>(dice.below(256));
    layouts.push_back({std::move(name), type, std::move(shape)});
  }

  std::string write(const fs::path& path) const {
    aria::AtomicFile out(path.string(), aria::IfExists::replace);
    std::size_t asked = 0;
    aria::nn::write_safetensors(out, layouts, metadata, [&](std::size_t i) {
      CHECK(i == asked++);
      return test::bytes_of(bytes[i]);
    });
    CHECK(asked == layouts.size());
    out.commit();
    return test::read_text(path);
  }
};

std::vector<long long> plain(const std::vector<std::int64_t>& shape) { return {shape.begin(), shape.end()}; }

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void check_tensor(const SafetensorsFile& file, const TensorInfo& info, const test::SlowTensor& slow) {
  CHECK(name_of(info.type) == slow.dtype);
  CHECK(plain(info.shape) == slow.shape);
  CHECK(text_of(file.bytes(info)) == slow.bytes);
  CHECK(file.find(info.name) == &info);
}

// Whether both readers find in the file what was written.
void check_written(const Tensors& tensors, const fs::path& path) {
  const std::string text = tensors.write(path);
  CHECK(text.size() == aria::nn::safetensors_size(tensors.layouts, tensors.metadata));
  const test::SlowSafetensors slow(text);
  const SafetensorsFile file(path.string());
  REQUIRE(slow.tensors.size() == tensors.layouts.size());
  REQUIRE(file.tensors().size() == tensors.layouts.size());
  CHECK(file.metadata() == tensors.metadata);
  CHECK(slow.metadata == std::map<std::string, std::string>(tensors.metadata.begin(), tensors.metadata.end()));
  std::vector<std::string> order_in, order_out;  // tensors without bytes may change places with their neighbours
  for (std::size_t i = 0; i < tensors.layouts.size(); ++i) {
    const TensorLayout& layout = tensors.layouts[i];
    const std::string type(name_of(layout.type));
    CHECK(slow.tensors.at(layout.name) == test::SlowTensor{type, plain(layout.shape), tensors.bytes[i]});
    check_tensor(file, *file.find(layout.name), slow.tensors.at(layout.name));
    if (!tensors.bytes[i].empty()) order_in.push_back(layout.name);
  }
  for (const TensorInfo& info : file.tensors()) {
    if (info.begin != info.end) order_out.push_back(info.name);
  }
  CHECK(order_in == order_out);
}

// Texts with characters that JSON escapes, that take one to four bytes, and that look like an escape.
const std::vector<std::string> kTexts = {"",
                                         "lm_head.weight",
                                         "a\"b\\c/d",
                                         "\n\r\t\b\f\x01\x1f\x7f",
                                         std::string("\0x", 2),
                                         "\\u0041",
                                         "\u00e9\u20ac\U0001d11e",
                                         "__metadata__ ",
                                         " ",
                                         "{}[],:"};

}  // namespace

TEST_CASE("Safetensors: every type, scalars, empty tensors, all kinds of names", "[nn]") {
  const test::TemporaryFolder folder;
  test::Dice dice(1);
  Tensors tensors;
  check_written(tensors, folder / "none.safetensors");
  for (std::size_t i = 0; i < kTypes; ++i) {
    const std::string name(name_of(static_cast<DataType>(i)));
    tensors.add(name + ".matrix", static_cast<DataType>(i), {3, 5}, dice);
    tensors.add(name + ".scalar", static_cast<DataType>(i), {}, dice);
    tensors.add(name + ".empty", static_cast<DataType>(i), {2, 0, 7}, dice);
  }
  for (const std::string& text : kTexts) {
    tensors.add(text, DataType::f32, {2}, dice);
    tensors.metadata.emplace_back(text, text);
  }
  check_written(tensors, folder / "all.safetensors");
}

TEST_CASE("Safetensors: random tensors are read as they were written", "[nn]") {
  const test::TemporaryFolder folder;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    test::Dice dice(seed);
    Tensors tensors;
    for (unsigned n = dice.small(20); n > 0; --n) {
      std::vector<std::int64_t> shape(dice.small(5));
      for (std::int64_t& size : shape) size = static_cast<std::int64_t>(dice.below(8));
      tensors.add(kTexts[dice.small(10)] + '.' + std::to_string(n), static_cast<DataType>(dice.small(15)), shape, dice);
    }
    for (unsigned n = dice.small(4); n > 0; --n)
      tensors.metadata.emplace_back(std::to_string(n), kTexts[dice.small(10)]);
    check_written(tensors, folder / "random.safetensors");
  }
}

TEST_CASE("write_safetensors: the bytes of the format", "[nn]") {
  const test::TemporaryFolder folder;
  Tensors tensors{{{"a", DataType::u8, {2, 1}}, {"b", DataType::f32, {}}}, {"xy", "1234"}, {{"format", "pt"}}};
  const std::string json = R"({"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]},)"
                           R"("b":{"dtype":"F32","shape":[],"data_offsets":[2,6]}})";
  const std::string padding(7 - (json.size() + 7) % 8, ' ');
  CHECK(tensors.write(folder / "x") == test::safetensors_file(json + padding).append("xy1234"));
  tensors = {};
  CHECK(tensors.write(folder / "x") == test::safetensors_file("{}      "));
}

TEST_CASE("write_safetensors: what it refuses", "[nn]") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::vector<TensorLayout>& tensors, const Metadata& metadata = {}) {
    aria::AtomicFile out((folder / "x").string(), aria::IfExists::refuse);
    const aria::Error error = test::error_of([&] {
      aria::nn::write_safetensors(out, tensors, metadata, [](std::size_t) { return test::bytes_of("1234"); });
    });
    CHECK(error.code() == ErrorCode::invalid_argument);
    return error.message();
  };
  const TensorLayout a{"a", DataType::f32, {}}, b{"b", DataType::f32, {1}};
  CHECK(refused({a, b, a}) == R"(tensor "a": is there twice)");
  CHECK(refused({{"__metadata__", DataType::f32, {}}}) == R"(tensor "__metadata__": the format keeps this name)");
  CHECK(refused({{"\xff", DataType::f32, {}}}) == R"(tensor "?": the name is not UTF-8)");
  CHECK(refused({a}, {{"k", ""}, {"l", ""}, {"k", "x"}}) == "the key __metadata__.k is there twice");
  CHECK(refused({a}, {{"k", "\xff"}}) == "__metadata__.k is not UTF-8");
  CHECK(refused({a, {"c", DataType::f64, {}}}) == R"(tensor "c": there are 4 bytes, F64 [] takes 8)");
  CHECK(refused({a, {"c", DataType::f64, {0}}}) == R"(tensor "c": there are 4 bytes, F64 [0] takes 0)");
  CHECK(refused({{"c", DataType::f64, {2, -1}}}) ==
        R"(tensor "c": F64 [2, -1] has a negative size, or more bytes than 64 bits can count)");
  CHECK(refused({a, {"c", DataType::u8, {INT64_MAX}}}) ==
        R"(tensor "c": with those before it there are 2^63 bytes or more)");
  CHECK(!fs::exists(folder / "x"));
  CHECK(test::error_of([&] {
          aria::nn::safetensors_size(std::vector{a, a}, {});
        }).code() == ErrorCode::invalid_argument);
}

TEST_CASE("write_safetensors: a header above the limit of the format", "[nn]") {
  const std::string rest = R"({"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  std::string name;
  name.resize(SafetensorsHeader::kMostBytes - rest.size(), 'n');
  const std::vector<TensorLayout> tensors{{name, DataType::u8, {0}}};
  CHECK(aria::nn::safetensors_size(tensors, {}) == 8 + SafetensorsHeader::kMostBytes);
  CHECK(test::error_of([&] {
          aria::nn::safetensors_size(tensors, Metadata{{"k", "v"}});
        }).code() == ErrorCode::too_large);
}

TEST_CASE("SafetensorsFile: errors name the file", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "a.safetensors").string();
  const auto open = [&] { return test::error_of([&] { SafetensorsFile file(path); }); };
  CHECK(open().code() == ErrorCode::not_found);
  test::write_text(path, "");
  CHECK(open().code() == ErrorCode::invalid_weights);
  CHECK(open().place().path == path);
  test::write_text(path, test::safetensors_file(test::kTwoTensors, 31));
  CHECK(open().what() == path + ": byte " + std::to_string(8 + test::kTwoTensors.size() + 31) +
                             R"(: tensor "b": its bytes 8 to 32 reach beyond the file, which has 31 bytes of tensors)");
}

TEST_CASE("SafetensorsFile: finds tensors by name, and can be moved", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "a.safetensors").string();
  test::write_text(path, test::safetensors_file(test::kTwoTensors, 32));
  SafetensorsFile first(path);
  const TensorInfo* a = first.find("a");
  const SafetensorsFile file = std::move(first);
  CHECK(file.path() == path);
  CHECK(file.find("a") == a);
  CHECK(file.find("b") == &file.tensors()[1]);
  for (const auto* name : {"", "A", "aa", "c", "__metadata__"}) CHECK(file.find(name) == nullptr);
  CHECK(text_of(file.bytes(*a)) == "xxxxxxxx");
  TensorInfo other = *a;
  other.end = 10'000;
  CHECK(test::error_of([&] { file.bytes(other); }).code() == ErrorCode::invalid_argument);
}

TEST_CASE("SafetensorsFile: a file that changes its size under it is an error", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "a.safetensors").string();
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}, std::size_t{10'000}}) {
    test::write_text(path, test::safetensors_file(test::kTwoTensors, 32));
    const SafetensorsFile file(path);
    fs::resize_file(path, size);
    const aria::Error error = test::error_of([&] { file.bytes(file.tensors()[0]); });
    CHECK(error.code() == ErrorCode::io);
    CHECK(error.place().path == path);
  }
}

TEST_CASE("SafetensorsFile: the weights of the conformance data", "[nn]") {
  const auto folder = test::conformance_folder();
  if (!folder || !fs::exists(*folder / "models")) return;
  int files = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(*folder / "models")) {
    if (entry.path().extension() != ".safetensors") continue;
    ++files;
    CAPTURE(entry.path().string());
    const SafetensorsFile file(entry.path().string());
    const test::SlowSafetensors slow(test::read_text(entry.path()));
    CHECK(file.tensors().size() == slow.tensors.size());
    CHECK(std::map<std::string, std::string>(file.metadata().begin(), file.metadata().end()) == slow.metadata);
    for (const TensorInfo& info : file.tensors()) check_tensor(file, info, slow.tensors.at(info.name));
  }
  CHECK(files > 0);
}
