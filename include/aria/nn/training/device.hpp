// Where a model computes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aria/nn/precision.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// "auto": a GPU where libtorch finds one, else the processor; or "cpu", "cuda", "cuda:1". Of the processes on a
/// machine each gets a GPU of its own, by its number, unless one is named or there is but one to see, as launchers have
/// it. Throws invalid_argument for other names, and where there is no such device.
inline torch::Device find_device(const std::string& name, std::uint64_t local_rank = 0) {
  const bool gpu = torch::cuda::is_available();
  if (name == "auto" && !gpu) return torch::kCPU;
  if ((name == "auto" || name == "cuda") && gpu) {
    const auto count = static_cast<std::uint64_t>(torch::cuda::device_count());
    const std::uint64_t number = count == 1 ? 0 : local_rank;
    if (number < count) return {torch::kCUDA, static_cast<torch::DeviceIndex>(number)};
    throw Error(ErrorCode::invalid_argument, "process " + std::to_string(local_rank) +
                                                 " of this machine has no GPU of its own: there are " +
                                                 std::to_string(count));
  }
  if (name == "cpu") return torch::kCPU;
  if (name == "cuda" || name.starts_with("cuda:")) {
    if (!gpu) throw Error(ErrorCode::invalid_argument, "the device " + name + " is not there: libtorch finds no GPU");
    const std::string number = name.substr(5);
    if (!number.empty() && number.size() < 4 && number.find_first_not_of("0123456789") == std::string::npos &&
        std::stoul(number) < static_cast<unsigned long>(torch::cuda::device_count())) {
      return {torch::kCUDA, static_cast<torch::DeviceIndex>(std::stoul(number))};
    }
    throw Error(ErrorCode::invalid_argument, "the device " + name + " is not there: there are " +
                                                 std::to_string(torch::cuda::device_count()) + " GPUs");
  }
  throw Error(ErrorCode::invalid_argument, "a device is auto, cpu, cuda or cuda:N, and not " + name);
}

/// Has libtorch compute the same every time on a GPU, and refuse what it cannot; call it before a GPU is used.
inline void make_deterministic() {
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setDeterministicAlgorithms(true,
                                                 /*warn_only=*/false);  // a warning would leave attention as it is
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

/// What a GPU is called, as its driver says; nothing where it does not, and where GPUs of several kinds could be meant.
inline std::optional<std::string> gpu_name(const torch::Device& device) {
  if (!device.is_cuda()) return std::nullopt;
  std::optional<std::string> name;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    std::ifstream information(entry.path() / "information");
    for (std::string line; std::getline(information, line);) {
      const std::size_t begin = line.starts_with("Model:") ? line.find_first_not_of(" \t", 6) : std::string::npos;
      if (begin == std::string::npos) continue;
      if (name && *name != line.substr(begin)) return std::nullopt;
      name = line.substr(begin);
    }
  }
  return name;
}

namespace detail {

// Whether the words of `name` stand in `text`, as whole words.
inline bool has_words(std::string_view text, std::string_view name) {
  const auto is_part = [&](std::size_t i) {
    return i < text.size() && ((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z') ||
                               (text[i] >= 'a' && text[i] <= 'z'));
  };
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if ((at == 0 || !is_part(at - 1)) && !is_part(at + name.size())) return true;
  }
  return false;
}

}  // namespace detail

/// Products and sums a second that a GPU can reach with dense matrices, from its data sheet: bf16 on tensor cores, fp32
/// without them. Nothing for those that are not in the table.
inline std::optional<double> peak_flops(std::string_view gpu, Precision precision) {
  struct Row {
    std::string_view name;
    double bf16, fp32;
  };
  static constexpr Row kTable[] = {{"H200", 989e12, 67e12},       {"H100 NVL", 835e12, 60e12},
                                   {"H100 PCIe", 756e12, 51e12},  {"H100", 989e12, 67e12},
                                   {"A100", 312e12, 19.5e12},     {"L40S", 362e12, 91.6e12},
                                   {"L4", 121e12, 30.3e12},       {"A10", 125e12, 31.2e12},
                                   {"RTX 4090", 165e12, 82.6e12}, {"RTX 3090", 71e12, 35.6e12}};
  for (const Row& row : kTable) {
    if (detail::has_words(gpu, row.name)) return precision == Precision::bf16 ? row.bf16 : row.fp32;
  }
  return std::nullopt;
}

}  // namespace aria::nn
