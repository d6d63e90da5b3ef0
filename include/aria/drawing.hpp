// Drawings, as SVG.
//
//   svg path_data                a writer that cannot write anything but well-formed SVG
//   style palette axis           the common look; colours; round numbers, positions, labels
//   histogram bar_chart          panels
//   line_chart                   a panel of curves; value_range, column_thinning: its axes, and what of it can be seen
//   page                         several panels
//   piano_roll                   a piece of music; piano_roll_*, piece_clock, key_names: its parts
#pragma once

#include <aria/drawing/axis.hpp>
#include <aria/drawing/bar_chart.hpp>
#include <aria/drawing/column_thinning.hpp>
#include <aria/drawing/histogram.hpp>
#include <aria/drawing/key_names.hpp>
#include <aria/drawing/line_chart.hpp>
#include <aria/drawing/page.hpp>
#include <aria/drawing/palette.hpp>
#include <aria/drawing/path_data.hpp>
#include <aria/drawing/piano_roll.hpp>
#include <aria/drawing/piano_roll_grid.hpp>
#include <aria/drawing/piano_roll_lanes.hpp>
#include <aria/drawing/piano_roll_layout.hpp>
#include <aria/drawing/piece_clock.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
#include <aria/drawing/value_range.hpp>
