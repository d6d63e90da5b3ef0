// LazyConfig -> JSON, as it stands in the first line of data sets.
#pragma once

#include <cstddef>
#include <string>

#include <aria/config/instrument.hpp>
#include <aria/config/lazy_config.hpp>
#include <aria/midi/json_text.hpp>
#include <aria/support/byte_buffer.hpp>

namespace aria {

/// What Python's json.dumps(ensure_ascii=False) writes for the configuration; LazyConfig::from_view reads it.
inline std::string to_json(const LazyConfig& config) {
  ByteBuffer out;
  const auto each_instrument = [&](const char* name, auto value_of) {
    out.append(name);
    for (std::size_t i = 0; i < kInstrumentCount; ++i) {
      const Instrument instrument = config.order[i];
      out.append(i == 0 ? "{\"" : ", \"");
      out.append(name_of(instrument));
      out.append("\": ");
      out.append(value_of(static_cast<std::size_t>(instrument)));
    }
    out.append('}');
  };
  each_instrument(R"({"ignore_instruments": )", [&](std::size_t i) { return config.ignore[i] ? "true" : "false"; });
  each_instrument(R"(, "instrument_programs": )", [&](std::size_t i) { return std::to_string(config.programs[i]); });
  out.append(R"(, "drum_velocity": )" + std::to_string(config.drum_velocity));
  out.append(R"(, "velocity_quantization": {"step": )" + std::to_string(config.velocity_step));
  out.append(R"(}, "time_quantization": {"num_steps": )" + std::to_string(config.time_steps));
  out.append(R"(, "min_step": )" + std::to_string(config.time_step));
  out.append(R"(}, "composer_names": [)");
  for (const std::string& name : config.composer_names) {
    if (&name != &config.composer_names.front()) out.append(", ");
    detail::write_json_string(name, out, [](ByteBuffer&) {});
  }
  out.append("]}");
  return std::string(out.view());
}

}  // namespace aria
