#include <aria/midi/units.hpp>

aria::Ticks later(aria::Ticks tick, [[maybe_unused]] aria::Milliseconds pause) {
#ifdef BAD_LINE
  return tick + pause;
#endif
  return tick + tick;
}
