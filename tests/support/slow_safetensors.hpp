// A second reader of safetensors files for tests: it believes what the file says, and shares nothing with the library.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

struct SlowTensor {
  std::string dtype;
  std::vector<long long> shape;
  std::string bytes;
  bool operator==(const SlowTensor&) const = default;
};

/// Reads JSON as far as headers need it; throws std::exception where it is at a loss.
class SlowSafetensors {
 public:
  explicit SlowSafetensors(std::string file) : file_(std::move(file)) {
    for (std::size_t i = 0; i < 8; ++i) begin_ += std::size_t{static_cast<unsigned char>(file_.at(i))} << 8 * i;
    object([this](const std::string& name) {
      if (name == "__metadata__") return object([this](const std::string& key) { metadata[key] = text(); });
      std::map<std::string, std::vector<long long>> lists;
      SlowTensor& tensor = tensors[name];
      object([&](const std::string& key) { key == "dtype" ? void(tensor.dtype = text()) : void(lists[key] = list()); });
      const auto& offsets = lists.at("data_offsets");
      tensor.shape = lists.at("shape");
      tensor.bytes = file_.substr(begin_ + std::size_t(offsets.at(0)), std::size_t(offsets.at(1) - offsets.at(0)));
    });
  }

  std::map<std::string, SlowTensor> tensors;
  std::map<std::string, std::string> metadata;

 private:
  bool skip(char c) { return file_.at(at_) == c ? (++at_, true) : false; }
  void expect(char c) { skip(c) ? void() : throw std::runtime_error(std::string("no ") + c); }

  template <class Member>
  void object(Member member) {
    expect('{');
    if (skip('}')) return;
    do {
      const std::string key = text();
      expect(':');
      member(key);
    } while (skip(','));
    expect('}');
  }

  std::string text() {
    std::string out;
    for (expect('"'); !skip('"'); ++at_) {
      if (!skip('\\')) {
        out += file_.at(at_);
      } else if (skip('u')) {
        out += static_cast<char>(std::stoi(file_.substr(at_, 4), nullptr, 16));  // only control characters
        at_ += 3;
      } else {
        const std::string from = "nrtbf\"\\", to = "\n\r\t\b\f\"\\";
        out += to.at(from.find(file_.at(at_)));
      }
    }
    return out;
  }

  std::vector<long long> list() {
    std::vector<long long> out;
    expect('[');
    if (skip(']')) return out;
    do {
      std::size_t length = 0;
      out.push_back(std::stoll(file_.substr(at_, 20), &length));
      at_ += length;
    } while (skip(','));
    expect(']');
    return out;
  }

  std::string file_;
  std::size_t begin_ = 8, at_ = 8;
};

/// A file with these tensors, in the order of their names.
inline std::string safetensors(const std::map<std::string, SlowTensor>& tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}", data;
  for (const auto& [name, tensor] : tensors) {
    std::string shape;
    for (const long long size : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += ",\"" + name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" +
              std::to_string(data.size()) + ',' + std::to_string(data.size() + tensor.bytes.size()) + "]}";
    data += tensor.bytes;
  }
  header += '}';
  while (header.size() % 8 != 0) header += ' ';
  std::string size;
  for (unsigned i = 0; i < 8; ++i) size += static_cast<char>(header.size() >> 8 * i & 0xff);
  return size + header + data;
}

}  // namespace test
