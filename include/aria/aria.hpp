// aria: everything that needs no libtorch, in the order of the data. Read this first.
//
//   bytes -> midi/ -> dataset/ -> files for training
//                  -> drawing/ -> SVG
//
// support/ and config/ lie below: files, errors, threads, hashes, random numbers; config.json.
#pragma once

#include <aria/midi.hpp>

#include <aria/dataset.hpp>

#include <aria/drawing.hpp>
