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

/// "auto": a GPU where libtorch finds one, else the processor; or "cpu", "cuda", "cuda:1". Throws invalid_argument for
/// other names, and where there is no such device.
inline torch::Device find_device(const std::string& name) {
  const bool gpu = torch::cuda::is_available();
  if (name == "auto") return gpu ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  if (name == "cpu") return torch::kCPU;
  if (name == "cuda" || name.starts_with("cuda:")) {
    if (!gpu) throw Error(ErrorCode::invalid_argument, "the device " + name + " is not there: libtorch finds no GPU");
    const std::string number = name == "cuda" ? "0" : name.substr(5);
    if (!number.empty() && number.size() < 4 && number.find_first_not_of("0123456789") == std::string::npos &&
        std::stoul(number) < torch::cuda::device_count()) {
      return {torch::kCUDA, static_cast<torch::DeviceIndex>(std::stoul(number))};
    }
    throw Error(ErrorCode::invalid_argument, "the device " + name + " is not there: there are " +
                                                 std::to_string(torch::cuda::device_count()) + " GPUs");
  }
  throw Error(ErrorCode::invalid_argument, "a device is auto, cpu, cuda or cuda:N, and not " + name);
}

/// Has libtorch compute the same every time on a GPU, where it can; call it before a GPU is used.
inline void make_deterministic() {
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

/// What a GPU is called, as its driver says; nothing where it does not.
inline std::optional<std::string> gpu_name(const torch::Device& device) {
  if (!device.is_cuda()) return std::nullopt;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    std::ifstream information(entry.path() / "information");
    for (std::string line; std::getline(information, line);) {
      if (!line.starts_with("Model:")) continue;
      const std::size_t begin = line.find_first_not_of(" \t", 6);
      if (begin != std::string::npos) return line.substr(begin);
    }
  }
  return std::nullopt;
}

/// Products and sums a second that a GPU can reach with dense matrices, from its data sheet: bf16 on tensor cores, fp32
/// without them. Nothing for those that are not in the table.
inline std::optional<double> peak_flops(std::string_view gpu, Precision precision) {
  struct Row {
    std::string_view name;
    double bf16, fp32;
  };
  static constexpr Row kTable[] = {
      {"H200", 989e12, 67e12},   {"H100 PCIe", 756e12, 51e12},  {"H100", 989e12, 67e12},
      {"A100", 312e12, 19.5e12}, {"L40S", 362e12, 91.6e12},     {"L4", 121e12, 30.3e12},
      {"A10", 125e12, 31.2e12},  {"RTX 4090", 165e12, 82.6e12}, {"RTX 3090", 71e12, 35.6e12}};
  for (const Row& row : kTable) {
    if (gpu.find(row.name) != std::string_view::npos) return precision == Precision::bf16 ? row.bf16 : row.fp32;
  }
  return std::nullopt;
}

}  // namespace aria::nn
