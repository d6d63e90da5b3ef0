// Drawings, as SVG.
//
//   svg                          a writer that cannot write anything but well-formed SVG
//   style axis                   the common look; round numbers, positions, labels
//   histogram bar_chart          panels
//   page                         several panels
#pragma once

#include <aria/drawing/axis.hpp>
#include <aria/drawing/bar_chart.hpp>
#include <aria/drawing/histogram.hpp>
#include <aria/drawing/page.hpp>
#include <aria/drawing/style.hpp>
#include <aria/drawing/svg.hpp>
