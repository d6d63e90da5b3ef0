// libtorch's TCPStore as a KeyStore.
#pragma once

#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aria/nn/distributed/key_store.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// A connection to the store of a run, which one of its processes, or their launcher, serves.
class TorchStore : public KeyStore {
 public:
  explicit TorchStore(c10::intrusive_ptr<c10d::Store> store, std::string prefix = "aria/")
      : store_(std::move(store)), prefix_(std::move(prefix)) {}

  void set(const std::string& key, const std::string& value) override {
    store_->set(prefix_ + key, std::vector<std::uint8_t>(value.begin(), value.end()));
  }
  std::optional<std::string> get(const std::string& key) override {
    if (!store_->check({prefix_ + key})) return std::nullopt;
    const std::vector<std::uint8_t> bytes = store_->get(prefix_ + key);
    return std::string(bytes.begin(), bytes.end());
  }
  std::int64_t add(const std::string& key, std::int64_t amount) override { return store_->add(prefix_ + key, amount); }

 private:
  c10::intrusive_ptr<c10d::Store> store_;
  std::string prefix_;
};

namespace detail {

// Of libtorch's errors the first line is what they say; what follows are addresses.
inline std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace detail

/// Connects to the store of a run, or serves it. Waits for whoever serves it as long as `patience`. Throws process_lost
/// with the address.
inline c10::intrusive_ptr<c10d::Store> open_store(const std::string& address, std::uint16_t port, bool serve,
                                                  std::chrono::milliseconds patience) {
  c10d::TCPStoreOptions options;
  options.port = port;
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = patience;
  try {
    return c10::make_intrusive<c10d::TCPStore>(address, options);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::process_lost, std::string(serve ? "cannot serve" : "cannot reach") +
                                             " the other processes at " + address + ':' + std::to_string(port) +
                                             " (MASTER_ADDR, MASTER_PORT): " + detail::first_line(error));
  }
}

}  // namespace aria::nn
