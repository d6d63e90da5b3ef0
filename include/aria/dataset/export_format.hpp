// How other trainers read token ids from a file: what stands before them, and how many bytes each takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/support/error.hpp>

namespace aria {

/// Which trainer is to read the ids. They are little endian in all formats.
enum class ExportFormat : std::uint8_t {
  bin,   ///< nothing but ids, as nanoGPT maps them: np.memmap(path, dtype=np.uint16)
  llmc,  ///< ids behind a header of 256 int32, as llm.c reads them
  npy,   ///< an array of NumPy: np.load(path)
};

inline constexpr std::string_view name_of(ExportFormat format) noexcept {
  constexpr std::string_view kNames[] = {"bin", "llmc", "npy"};
  return kNames[static_cast<std::size_t>(format)];
}

/// The format of this name.
inline std::optional<ExportFormat> export_format_named(std::string_view name) noexcept {
  for (const ExportFormat format : {ExportFormat::bin, ExportFormat::llmc, ExportFormat::npy}) {
    if (name == name_of(format)) return format;
  }
  return std::nullopt;
}

/// The format that a file's extension stands for: bin for "a.bin", npy for "a.npy".
inline std::optional<ExportFormat> export_format_of(std::string_view path) noexcept {
  if (path.ends_with(".bin")) return ExportFormat::bin;
  if (path.ends_with(".npy")) return ExportFormat::npy;
  return std::nullopt;
}

/// Bytes of an id: 2 where they hold the whole vocabulary, else 4.
inline constexpr unsigned export_id_bytes(std::size_t vocabulary_size) noexcept {
  return vocabulary_size <= 65'536 ? 2 : 4;
}

namespace detail {

inline void append_little_endian(std::uint64_t value, unsigned bytes, std::string& out) {
  for (unsigned i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
}

// 256 int32: a magic number, a version, the number of ids, zeros. Ids of two bytes have the numbers of llm.c's "gpt-2"
// files, those of four bytes the numbers of its "llama-3" files (dev/data/data_common.py, llmc/dataloader.h).
inline std::string llmc_header(unsigned id_bytes, std::uint64_t tokens) {
  constexpr std::size_t kBytes = 1024;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (tokens > kMost) {
    throw Error(ErrorCode::too_large, "would have " + std::to_string(tokens) + " tokens, and llm.c reads at most " +
                                          std::to_string(kMost) + " from a file");
  }
  std::string header;
  append_little_endian(id_bytes == 2 ? 20240520 : 20240801, 4, header);
  append_little_endian(id_bytes == 2 ? 1 : 7, 4, header);
  append_little_endian(tokens, 4, header);
  header.resize(kBytes);
  return header;
}

inline std::uint64_t token_count(const std::vector<std::uint64_t>& shape) noexcept {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

// "[12, 2048]" with the brackets that are asked for.
inline std::string shape_text(const std::vector<std::uint64_t>& shape, char open, char close) {
  std::string text(1, open);
  for (const std::uint64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + close;
}

// Format 1.0 (numpy/lib/format.py): a magic text, the version, the length of a Python literal, the literal. The ids
// begin at a multiple of 64 bytes.
inline std::string npy_header(unsigned id_bytes, const std::vector<std::uint64_t>& shape) {
  constexpr std::size_t kBeforeLiteral = 10, kAlignment = 64;
  std::string size = shape_text(shape, '(', ')');
  if (shape.size() == 1) size.insert(size.size() - 1, ",");  // else it is a number in brackets
  std::string literal =
      "{'descr': '<u" + std::to_string(id_bytes) + "', 'fortran_order': False, 'shape': " + size + ", }";
  const std::size_t used = kBeforeLiteral + literal.size() + 1;
  literal.append((kAlignment - used % kAlignment) % kAlignment, ' ').append("\n");
  std::string header("\x93NUMPY\1\0", 8);
  append_little_endian(literal.size(), 2, header);
  return header + literal;
}

}  // namespace detail

/// What stands before the ids in the file. `shape` is (tokens) or (sequences, length); llm.c knows only how many ids
/// there are. Throws too_large where that is more than it can.
inline std::string export_header(ExportFormat format, unsigned id_bytes, const std::vector<std::uint64_t>& shape) {
  if (format == ExportFormat::bin) return {};
  if (format == ExportFormat::npy) return detail::npy_header(id_bytes, shape);
  return detail::llmc_header(id_bytes, detail::token_count(shape));
}

}  // namespace aria
