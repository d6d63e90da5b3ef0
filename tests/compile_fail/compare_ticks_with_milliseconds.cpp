#include <aria/midi/units.hpp>

bool earlier(aria::Ticks tick, [[maybe_unused]] aria::Milliseconds time) {
#ifdef BAD_LINE
  return tick < time;
#endif
  return tick < tick;
}
