// The configuration that is used where none is named: config.json in the layout of EleutherAI's Aria.
#pragma once

#include <string_view>

namespace aria {

/// Equal, byte for byte, to examples/config/config.json; a test says so.
inline constexpr std::string_view kDefaultConfig = R"json({
  "data": {
    "tests": {
      "max_programs": {
        "run": true,
        "args": {"max": 7}
      },
      "max_instruments": {
        "run": true,
        "args": {"max": 5}
      },
      "total_note_frequency": {
        "run": true,
        "args": {"min_per_second": 1.5, "max_per_second": 25}
      },
      "note_frequency_per_instrument": {
        "run": true,
        "args": {"min_per_second": 0.5, "max_per_second": 15}
      },
      "min_length": {
        "run": true,
        "args": {"min_seconds": 20}
      }
    },
    "pre_processing": {
      "remove_instruments": {
        "run": true,
        "args": {
          "piano": false,
          "chromatic": true,
          "organ": false,
          "guitar": false,
          "bass": false,
          "strings": false,
          "ensemble": false,
          "brass": false,
          "reed": false,
          "pipe": false,
          "synth_lead": false,
          "synth_pad": true,
          "synth_effect": true,
          "ethnic": true,
          "percussive": true,
          "sfx": true
        }
      }
    },
    "metadata": {
      "composer_filename": {
        "run": true,
        "args": {
          "composer_names": [
            "bach", "beethoven", "mozart", "chopin", "rachmaninoff", "liszt",
            "debussy", "schubert", "brahms", "ravel", "satie", "scarlatti"
          ]
        }
      },
      "composer_metamsg": {
        "run": true,
        "args": {
          "composer_names": [
            "bach", "beethoven", "mozart", "chopin", "rachmaninoff", "liszt",
            "debussy", "schubert", "brahms", "ravel", "satie", "scarlatti"
          ]
        }
      }
    },
    "dataset_gen_args": {"max_seq_len": 2048, "stride_len": 1024}
  },
  "tokenizer": {
    "lazy": {
      "ignore_instruments": {
        "piano": false,
        "chromatic": true,
        "organ": false,
        "guitar": false,
        "bass": false,
        "strings": false,
        "ensemble": false,
        "brass": false,
        "reed": false,
        "pipe": false,
        "synth_lead": false,
        "synth_pad": true,
        "synth_effect": true,
        "ethnic": true,
        "percussive": true,
        "sfx": true
      },
      "instrument_programs": {
        "piano": 0,
        "chromatic": 13,
        "organ": 16,
        "guitar": 24,
        "bass": 32,
        "strings": 40,
        "ensemble": 48,
        "brass": 56,
        "reed": 64,
        "pipe": 73,
        "synth_lead": 80,
        "synth_pad": 88,
        "synth_effect": 96,
        "ethnic": 104,
        "percussive": 112,
        "sfx": 120
      },
      "drum_velocity": 60,
      "velocity_quantization": {"step": 15},
      "time_quantization": {"num_steps": 500, "min_step": 10},
      "composer_names": [
        "bach", "beethoven", "mozart", "chopin", "rachmaninoff", "liszt",
        "debussy", "schubert", "brahms", "ravel", "satie", "scarlatti"
      ]
    }
  }
}
)json";

}  // namespace aria
