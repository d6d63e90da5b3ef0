#include <aria/nn/weights/safetensors_header.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/nn/weights/data_type.hpp>
#include <aria/support/error.hpp>

#include "safetensors_files.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

using aria::ErrorCode;
using aria::nn::DataType;
using aria::nn::SafetensorsHeader;
using aria::nn::TensorInfo;
using test::kTwoTensors;

namespace {

using Metadata = std::vector<std::pair<std::string, std::string>>;

SafetensorsHeader parse(std::string_view text) { return SafetensorsHeader::parse(test::bytes_of(text)); }

aria::Error error_of(std::string_view text) {
  aria::Error error = test::error_of([&] { parse(text); });
  CHECK(error.code() == ErrorCode::invalid_weights);
  return error;
}

// Of a file with 32 bytes of tensors.
std::string why(std::string_view json) { return error_of(test::safetensors_file(json, 32)).message(); }

// Of a file with one tensor, "a", which this is said of.
std::string why_not(const std::string& entry) { return why("{\"a\":" + entry + "}"); }

// Whether the tensors lie side by side up to the end of the file, each with the bytes of its shape.
bool is_sound(const SafetensorsHeader& header, std::size_t size) {
  std::uint64_t covered = header.tensors.empty() ? size : header.tensors[0].begin;
  std::set<std::string> names;
  for (const TensorInfo& tensor : header.tensors) {
    if (tensor.begin != covered || !names.insert(tensor.name).second) return false;
    if (aria::nn::byte_size(tensor.type, tensor.shape) != tensor.end - tensor.begin) return false;
    covered = tensor.end;
  }
  return covered == size;
}

}  // namespace

TEST_CASE("SafetensorsHeader: tensors come in the order of their bytes", "[nn]") {
  const std::string text = test::safetensors_file(kTwoTensors, 32);
  const SafetensorsHeader header = parse(text);
  const std::uint64_t data = text.size() - 32;
  REQUIRE(header.tensors.size() == 2);
  CHECK(header.tensors[0] == TensorInfo{"a", DataType::i64, {}, data, data + 8});
  CHECK(header.tensors[1] == TensorInfo{"b", DataType::f32, {2, 3}, data + 8, data + 32});
  CHECK(header.metadata == Metadata{{"format", "pt"}});
  CHECK(parse(test::safetensors_file("{}")).tensors.empty());
  CHECK(parse(test::safetensors_file(R"({"__metadata__":{}})")).metadata.empty());
  CHECK(parse(test::safetensors_file(" {} ").replace(0, 1, "\3").erase(8, 1)).tensors.empty());
}

TEST_CASE("SafetensorsHeader: escapes in names", "[nn]") {
  const auto header = parse(
      test::safetensors_file(R"({"\u00e9\ud834\udd1e\n\u0000":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"));
  CHECK(header.tensors.at(0).name == std::string("\u00e9\U0001d11e\n\0", 8));
  for (const auto* name : {R"(\ud834)", R"(\udd1e)", R"(\udd1e\ud834)", R"(\x)", "\xff", "\n"}) {
    CAPTURE(name);
    error_of(
        test::safetensors_file(std::string("{\"") + name + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"));
    error_of(test::safetensors_file(std::string(R"({"__metadata__":{")") + name + R"(":"x"}})"));
    error_of(test::safetensors_file(std::string(R"({"__metadata__":{"x":")") + name + "\"}}"));
  }
}

TEST_CASE("SafetensorsHeader: what is no header", "[nn]") {
  const auto place_of = [](const std::string& text) { return error_of(text).place().byte; };
  CHECK(error_of("").message() == "is no safetensors file: it has 0 bytes");
  CHECK(error_of("1234567").message() == "is no safetensors file: it has 7 bytes");
  CHECK(error_of("GGUF1234....").message().find("is no safetensors file: its header would have ") == 0);
  const std::string above = std::string("\x01\xe1\xf5\x05\0\0\0\0", 8),
                    limit = std::string("\0\xe1\xf5\x05\0\0\0\0", 8);
  CHECK(error_of(above).message() ==
        "is no safetensors file: its header would have 100000001 bytes, the limit is 100000000");
  CHECK(error_of(limit).message() == "is cut off within its header of 100000000 bytes");
  CHECK(place_of(above) == 0);
  CHECK(place_of(limit) == 8);
  CHECK(error_of(std::string(8, '\xff')).message().find("18446744073709551615 bytes") != std::string::npos);
  for (const std::string_view json : {"", " {}", "[]", "1", "\xef\xbb\xbf{}"}) {
    CHECK(error_of(test::safetensors_file(json)).message() == "its header does not begin with {");
    CHECK(place_of(test::safetensors_file(json)) == 8);
  }
  for (const std::string_view json : {"{", "{}}", "{]", "{\"a\":}", "{} x", "{}\xff", "{\"a\" 1}"}) {
    CHECK(error_of(test::safetensors_file(json)).message().find("its header: is not JSON: ") == 0);
  }
  error_of(test::safetensors_file(std::string_view("{}\0\0", 4)));
  CHECK(error_of(test::safetensors_file("{}", 3)).message() == "the last 3 bytes belong to no tensor");
  CHECK(place_of(test::safetensors_file("{}", 3)) == 10);
}

TEST_CASE("SafetensorsHeader: what is wrong with an entry", "[nn]") {
  CHECK(why_not("1") == R"(tensor "a": the whole must be an object)");
  CHECK(why_not("[]") == R"(tensor "a": the whole must be an object)");
  CHECK(why_not("{}") == R"(tensor "a": the key dtype is missing)");
  CHECK(why_not(R"({"dtype":"F32","data_offsets":[0,32]})") == R"(tensor "a": the key shape is missing)");
  CHECK(why_not(R"({"dtype":"F32","shape":[8]})") == R"(tensor "a": the key data_offsets is missing)");
  CHECK(why_not(R"({"dtype":"F32","shape":[8],"data_offsets":[0,32],"strides":[1]})") ==
        R"(tensor "a": the key strides is unknown)");
  CHECK(why_not(R"({"dtype":"F32","shape":[8],"data_offsets":[0,32],"dtype":"F32"})") ==
        R"(tensor "a": a key is there twice)");
  CHECK(why_not(R"({"dtype":"F99","shape":[8],"data_offsets":[0,32]})") == R"(tensor "a": unknown dtype "F99")");
  CHECK(why_not(R"({"dtype":32,"shape":[8],"data_offsets":[0,32]})") == R"(tensor "a": dtype must be a text)");
}

TEST_CASE("SafetensorsHeader: what is wrong with a shape", "[nn]") {
  const auto shape = [](const std::string& list) {
    return why_not(R"({"dtype":"F32","shape":)" + list + R"(,"data_offsets":[0,32]})");
  };
  CHECK(shape("8") == R"(tensor "a": shape must be a list of whole numbers)");
  CHECK(shape("[8,-1]") == R"(tensor "a": shape[1] must be a whole number of at least 0)");
  CHECK(shape("[8.0]") == R"(tensor "a": shape[0] must be a whole number of at least 0)");
  CHECK(shape("[[8]]") == R"(tensor "a": shape[0] must be a whole number of at least 0)");
  CHECK(shape("[9223372036854775808]") == R"(tensor "a": shape[0] is above 2^63 - 1)");
  CHECK(shape("[4611686018427387904]") ==
        R"(tensor "a": F32 [4611686018427387904] takes more bytes than 64 bits can count)");
  CHECK(shape("[4294967296,4294967296]") ==
        R"(tensor "a": F32 [4294967296, 4294967296] takes more bytes than 64 bits can count)");
  CHECK(shape("[3,3]") == R"(tensor "a": its bytes 0 to 32 are 32, F32 [3, 3] takes 36)");
  CHECK(shape("[]") == R"(tensor "a": its bytes 0 to 32 are 32, F32 [] takes 4)");
  CHECK(shape("[0]") == R"(tensor "a": its bytes 0 to 32 are 32, F32 [0] takes 0)");
}

TEST_CASE("SafetensorsHeader: what is wrong with offsets", "[nn]") {
  const auto offsets = [](const std::string& list) {
    return why_not(R"({"dtype":"F32","shape":[8],"data_offsets":)" + list + "}");
  };
  CHECK(offsets("32") == R"(tensor "a": data_offsets must be a list of whole numbers)");
  CHECK(offsets("[0]") == R"(tensor "a": data_offsets must be two numbers)");
  CHECK(offsets("[0,32,64]") == R"(tensor "a": data_offsets must be two numbers)");
  CHECK(offsets("[-32,0]") == R"(tensor "a": data_offsets[0] must be a whole number of at least 0)");
  CHECK(offsets("[0,\"32\"]") == R"(tensor "a": data_offsets[1] must be a whole number of at least 0)");
  CHECK(offsets("[32,0]") == R"(tensor "a": its bytes 32 to 0 end before they begin)");
  CHECK(offsets("[0,28]") == R"(tensor "a": its bytes 0 to 28 are 28, F32 [8] takes 32)");
  CHECK(offsets("[1,33]") == R"(tensor "a": its bytes 1 to 33 reach beyond the file, which has 32 bytes of tensors)");
  CHECK(offsets("[18446744073709551583,18446744073709551615]") ==
        R"(tensor "a": its bytes 18446744073709551583 to 18446744073709551615 reach beyond the file, )"
        "which has 32 bytes of tensors");
}

TEST_CASE("SafetensorsHeader: tensors lie side by side and cover the file", "[nn]") {
  const auto entry = [](const std::string& name, int begin, int end) {
    return '"' + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) + R"(],"data_offsets":[)" +
           std::to_string(begin) + ',' + std::to_string(end) + "]}";
  };
  const auto two = [&](int a, int b, int c, int d) { return '{' + entry("a", a, b) + ',' + entry("b", c, d) + '}'; };
  CHECK(parse(test::safetensors_file(two(16, 32, 0, 16), 32)).tensors[0].name == "b");
  CHECK(why(two(10, 30, 0, 12)) == R"(tensor "a": its bytes 10 to 30 overlap those of "b")");
  CHECK(why(two(0, 32, 0, 32)) == R"(tensor "b": its bytes 0 to 32 overlap those of "a")");
  CHECK(why(two(0, 32, 4, 4)) == R"(tensor "b": its bytes 4 to 4 overlap those of "a")");
  CHECK(why(two(0, 16, 20, 32)) ==
        R"(tensor "b": its bytes 20 to 32 leave a gap: 4 bytes before them belong to no tensor)");
  CHECK(why(two(1, 16, 16, 32)) ==
        R"(tensor "a": its bytes 1 to 16 leave a gap: 1 bytes before them belong to no tensor)");
  CHECK(why(two(0, 16, 16, 30)) == "the last 2 bytes belong to no tensor");
  CHECK(why(two(0, 16, 16, 40)) ==
        R"(tensor "b": its bytes 16 to 40 reach beyond the file, which has 32 bytes of tensors)");
  for (const int at : {0, 16, 32})
    CHECK(parse(test::safetensors_file('{' + entry("empty", at, at) + ',' + two(0, 16, 16, 32).substr(1), 32))
              .tensors.size() == 3);

  const std::string overlap = two(0, 16, 15, 32), gap = two(0, 16, 17, 32), last = two(0, 16, 16, 30);
  CHECK(error_of(test::safetensors_file(overlap, 32)).place().byte == 8 + overlap.size() + 15);
  CHECK(error_of(test::safetensors_file(gap, 32)).place().byte == 8 + gap.size() + 16);
  CHECK(error_of(test::safetensors_file(last, 32)).place().byte == 8 + last.size() + 30);
}

TEST_CASE("SafetensorsHeader: names are there once, metadata are texts", "[nn]") {
  const std::string a = R"("a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]})";
  const std::string again = R"("\u0061":{"dtype":"U8","shape":[16],"data_offsets":[16,32]})";
  CHECK(why('{' + a + ',' + again + '}') == R"(tensor "a": is there twice)");
  CHECK(why(R"({"__metadata__":{},"__metadata__":{}})") == R"(tensor "__metadata__": is there twice)");
  CHECK(why(R"({"__metadata__":{"k":"1","k":"2"}})") == "the key __metadata__.k is there twice");
  CHECK(why(R"({"__metadata__":{"k":1}})") == "its header: __metadata__.k must be a text");
  CHECK(why(R"({"__metadata__":[]})") == "its header: __metadata__ must be an object");
  CHECK(why(R"({"__metadata__":null})") == "its header: __metadata__ must be an object");
}

TEST_CASE("SafetensorsHeader: messages stay short and printable", "[nn]") {
  const std::string name = R"(\u001b[2J)" + std::string(5000, 'n');
  std::string ones = "1";
  for (int i = 0; i < 5000; ++i) ones += ",1";
  for (const std::string& entry :
       {std::string("1"), R"({")" + name + R"(":1})", R"({"dtype":")" + name + R"(","shape":[],"data_offsets":[0,1]})",
        R"({"dtype":"U8","shape":[)" + ones + R"(],"data_offsets":[0,2]})"}) {
    const std::string message = why(std::string("{\"").append(name).append("\":").append(entry).append("}"));
    CHECK(message.size() < 1000);
    CHECK(message.find('\x1b') == std::string::npos);
  }
  CHECK(why(R"({"__metadata__":{")" + name + R"(":1}})").size() < 1000);
}

TEST_CASE("SafetensorsHeader: depth and number cost no more than their bytes", "[nn]") {
  error_of(test::safetensors_file(R"({"a":)" + std::string(1'000'000, '[')));
  error_of(test::safetensors_file(R"({"a":)" + std::string(500, '[') + std::string(500, ']') + '}'));
  constexpr int kMany = 200'000;  // a square of them would take minutes
  std::string json = "{", same = "{\"dtype\":\"U8\"", twice;
  for (int i = 0; i < kMany; ++i) {
    json += "\"t" + std::to_string(i) + R"(":{"dtype":"U8","shape":[1],"data_offsets":[)" +
            std::to_string(kMany - i - 1) + ',' + std::to_string(kMany - i) + "]},";
    same += ",\"dtype\":\"U8\"";
  }
  twice = json + R"("t7":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  json.back() = '}';
  const std::string text = test::safetensors_file(json, kMany);
  const SafetensorsHeader header = parse(text);
  CHECK(is_sound(header, text.size()));
  CHECK(header.tensors.front().name == "t" + std::to_string(kMany - 1));
  CHECK(error_of(test::safetensors_file(twice, kMany)).message() == R"(tensor "t7": is there twice)");
  CHECK(why("{\"a\":" + same + R"(,"shape":[],"data_offsets":[0,1]}})") == R"(tensor "a": a key is there twice)");
}

TEST_CASE("SafetensorsHeader: a file that is cut off anywhere", "[nn]") {
  const std::string text = test::safetensors_file(kTwoTensors, 32);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const aria::Error error = error_of(std::string_view(text).substr(0, size));
    CHECK(error.place().byte == size);
    const bool names_tensor = error.message().find("tensor \"") == 0;
    CHECK(names_tensor == (size >= text.size() - 32));
  }
  CHECK(error_of(text + 'x').message() == "the last 1 bytes belong to no tensor");
}

TEST_CASE("SafetensorsHeader: flipped bytes make an error or a sound header", "[nn]") {
  const std::string text = test::safetensors_file(kTwoTensors, 32);
  test::Dice dice(0);
  int sound = 0;
  for (int n = 0; n < 20'000; ++n) {
    std::string flipped = text;
    for (unsigned i = 1 + dice.small(3); i > 0; --i) {
      flipped[dice.below(text.size() - 32)] =
          dice.one_in(2) ? static_cast<char>(dice.below(256)) : "0123456789[]{}\",: "[dice.below(19)];
    }
    try {
      if (!is_sound(parse(flipped), flipped.size())) FAIL_CHECK(flipped);
      ++sound;
    } catch (const aria::Error& error) {
      if (error.code() != ErrorCode::invalid_weights) FAIL_CHECK(error.what());
    }
  }
  CHECK(sound > 0);
}
