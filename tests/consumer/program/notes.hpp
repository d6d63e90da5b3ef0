#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <aria/midi/messages.hpp>

std::vector<aria::NoteMsg> notes_of(std::span<const std::byte> midi);
