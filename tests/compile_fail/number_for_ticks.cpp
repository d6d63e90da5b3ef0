#include <aria/midi/units.hpp>

aria::Ticks beat() {
#ifdef BAD_LINE
  return 480;
#endif
  return aria::Ticks{480};
}
