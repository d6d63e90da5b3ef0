// Lines in random order, more of them than fit into memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/dataset/line_shuffle_buckets.hpp>
#include <aria/dataset/line_shuffle_gather.hpp>
#include <aria/dataset/line_shuffle_inputs.hpp>
#include <aria/dataset/line_shuffle_options.hpp>
#include <aria/dataset/line_shuffle_plan.hpp>
#include <aria/dataset/line_shuffle_scan.hpp>
#include <aria/dataset/line_shuffle_sort.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/disk_space.hpp>
#include <aria/support/error.hpp>
#include <aria/support/lines_checksum.hpp>
#include <aria/support/memory_block.hpp>
#include <aria/support/temporary_file.hpp>

namespace aria {

struct LineShuffleSummary {
  LinesChecksum checksum;                                 ///< of what was read, and of what was written
  ShuffleStrategy strategy = ShuffleStrategy::automatic;  ///< which one it was
};

/// A uniform permutation of lines. They are numbered in the order in which they are added, one by one or as files, and
/// written in the order of shuffle_key(seed, number): the result depends on the seed and on the sequence of lines
/// alone. Work memory stays within the options' bound; what does not fit goes to files without a name in the options'
/// folder.
/// One thread at a time may use it.
///
///     aria::LineShuffle shuffle({.seed = 7, .memory = 64 << 20, .folder = "out"});
///     shuffle.add_file({.path = "a.txt"});  // its last line may lack the line feed
///     shuffle.add("one more line");
///     aria::AtomicFile file("out/shuffled.txt", aria::IfExists::refuse);
///     shuffle.write(file);
///     file.commit();
class LineShuffle {
 public:
  /// Throws invalid_argument where the memory is less than kSmallestShuffleMemory.
  explicit LineShuffle(LineShuffleOptions options)
      : options_(std::move(options)), memory_(options_.memory, options_.workers) {}

  /// Adds one line, without a line feed. Throws invalid_argument where it has one in it, too_large where it is longer
  /// than the memory, and io.
  void add(std::string_view line) {
    if (line.find('\n') != line.npos) {
      throw Error(ErrorCode::invalid_argument, "the text has more than one line", {.line = read_.lines + 1});
    }
    check_length(line.size(), memory_, {.line = read_.lines + 1});
    if (options_.strategy == ShuffleStrategy::gather) {
      throw Error(ErrorCode::invalid_argument, "only the lines of files can be gathered");
    }
    if (!buckets_) check_disk_space(options_.folder, 2 * options_.expected_bytes, "the shuffle");
    distribute_inputs();  // those that were added before
    LineBuckets& buckets =
        buckets_for(options_.expected_bytes != 0 ? options_.expected_bytes : memory_.unknown_amount());
    const std::uint64_t key = shuffle_key(options_.seed, read_.lines);
    read_.add(line);
    added_bytes_ += line.size() + 1;
    if (line.size() > memory_.longest_moved_line()) {
      if (!kept_) kept_.emplace(options_.folder);
      buckets.add(key, {.line = {kept_->append(line), line.size()}, .kept = 1});
    } else {
      line_.assign(line).push_back('\n');
      buckets.add(key, line_);
    }
  }

  /// Adds the lines of a file. It is opened now, and read by now or in `write`. Throws not_found or io, and
  /// invalid_argument where it ends before the place where it should begin.
  void add_file(ShuffleInput input) { inputs_.add(std::move(input)); }

  /// Writes all lines behind what `out` has so far; the caller commits it. No line at all is an empty result, not an
  /// error. Can be called once. Throws io, also where there is too little room on the disk or what was written is not
  /// what was read, and too_large with path and line for a line that is longer than the memory.
  LineShuffleSummary write(AtomicFile& out) {
    const ShufflePlan plan(inputs_, memory_, buckets_ ? ShuffleStrategy::buckets : options_.strategy);
    check_space(out, plan);
    if (plan.strategy() == ShuffleStrategy::gather && gather(out)) return {read_, ShuffleStrategy::gather};
    if (options_.strategy == ShuffleStrategy::gather) {
      throw Error(ErrorCode::too_large, "an index of all lines does not fit into the memory for the shuffle");
    }
    distribute_inputs();
    std::vector<LineBucket> buckets;
    if (buckets_) buckets = buckets_->finish();
    buckets_.reset();
    // Where a line is longer than what goes from bucket to bucket.
    MemoryBlock piece(memory_.gathered_block() / 8);
    const auto write_reference = [&](const LineReference& reference) {
      return write_in_pieces(
          reference.line.size, {piece.data(), piece.size()}, out,
          [&](char* at, std::size_t count, std::uint64_t done) { read_reference(reference, at, count, done); });
    };
    const LinesChecksum written = write_buckets(FittingBuckets(std::move(buckets), memory_, options_.folder), memory_,
                                                out, write_reference, [this](std::uint64_t bytes) { report(bytes); });
    compare(written, out);
    return {read_, ShuffleStrategy::buckets};
  }

 private:
  // False, and nothing is written, where the index turns out to be too large.
  bool gather(AtomicFile& out) {
    LineGathering gathering(inputs_, memory_, options_.seed);
    const auto report_bytes = [this](std::uint64_t bytes) { report(bytes); };
    if (!gathering.index(report_bytes)) {
      done_ = 0;
      return false;
    }
    gathering.write(out, report_bytes);
    read_ = gathering.read();
    compare(gathering.written(), out);
    return true;
  }

  // Sends the lines of files that were not read yet to the buckets.
  void distribute_inputs() {
    if (distributed_ == inputs_.size()) return;
    LineBuckets& buckets = buckets_for(options_.expected_bytes + inputs_.bytes());
    std::uint64_t number = read_.lines;
    scan_lines(inputs_, distributed_, memory_, [&](const ScannedLines& lines) {
      const auto refer = [&](std::uint64_t key, std::uint64_t offset, std::uint64_t size) {
        buckets.add(key, {.line = {inputs_.place_of(lines.input(), offset), size}});
      };
      for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::uint64_t key = shuffle_key(options_.seed, number++);
        const std::string_view line = lines[i];
        if (line.size() - 1 <= memory_.longest_moved_line()) {
          buckets.add(key, line);
        } else {
          refer(key, lines.offset(i), line.size() - 1);
        }
      }
      if (const auto& line = lines.long_line()) refer(shuffle_key(options_.seed, number++), line->place, line->size);
      read_.add(lines.checksum());
      report(lines.bytes_read());
      return true;
    });
    distributed_ = inputs_.size();
  }

  LineBuckets& buckets_for(std::uint64_t bytes) {
    if (!buckets_) {
      const std::size_t buffers = memory_.bucket_buffers();
      buckets_.emplace(options_.folder, buffers, 0U, memory_.bucket_bits(bytes, buffers));
    }
    return *buckets_;
  }

  void read_reference(const LineReference& reference, char* at, std::size_t count, std::uint64_t done) const {
    if (reference.kept != 0) return kept_->read(at, count, reference.line.place + done);
    const auto [input, offset] = inputs_.find(reference.line.place);
    read_at(inputs_.open(input)->descriptor, at, count, offset + done, inputs_[input].path);
  }

  void check_space(const AtomicFile& out, const ShufflePlan& plan) const {
    const auto parent = std::filesystem::path(out.path()).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    const std::uint64_t output = inputs_.bytes() + inputs_.size() + added_bytes_;
    const std::uint64_t temporary = plan.strategy() == ShuffleStrategy::gather ? 0 : plan.temporary_bytes();
    if (temporary != 0 && on_same_disk(folder, options_.folder)) {
      return check_disk_space(folder, output + temporary, "the shuffled lines and temporary files");
    }
    check_disk_space(folder, output, "the shuffled lines");
    if (temporary != 0) check_disk_space(options_.folder, temporary, "temporary files of the shuffle");
  }

  void report(std::uint64_t bytes) {
    done_ += bytes;
    const std::uint64_t total = 2 * inputs_.bytes() + added_bytes_;
    if (options_.on_progress) options_.on_progress({std::min(done_, total), total});
  }

  void compare(const LinesChecksum& written, const AtomicFile& out) const {
    if (written == read_) return;
    const auto text = [](const LinesChecksum& checksum) {
      return std::to_string(checksum.lines) + " lines, " + std::to_string(checksum.bytes) + " bytes, checksum " +
             checksum.text();
    };
    throw Error(ErrorCode::io, "what was written is not what was read: " + text(written) + " of " + text(read_),
                {.path = out.path()});
  }

  LineShuffleOptions options_;
  ShuffleMemory memory_;
  ShuffleInputs inputs_;
  std::size_t distributed_ = 0;  // inputs whose lines are in buckets
  std::optional<LineBuckets> buckets_;
  std::optional<TemporaryFile> kept_;  // lines that were added and are too long for buckets
  std::string line_;
  LinesChecksum read_;
  std::uint64_t added_bytes_ = 0;  // line by line
  std::uint64_t done_ = 0;
};

}  // namespace aria
