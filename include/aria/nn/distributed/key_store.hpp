// What processes leave for each other to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace aria::nn {

/// Texts under keys that all processes see. Several threads may use one. Everything throws std::exception where the
/// store does not answer.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  virtual void set(const std::string& key, const std::string& value) = 0;

  /// What was set, at once; nothing where that is nothing yet.
  virtual std::optional<std::string> get(const std::string& key) = 0;

  /// Adds to a number, which begins with 0, and returns it; of all who do that at one time, each gets another.
  virtual std::int64_t add(const std::string& key, std::int64_t amount) = 0;
};

}  // namespace aria::nn
