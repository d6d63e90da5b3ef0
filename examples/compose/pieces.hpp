// All pieces. To add one, write its header beside the others and name it here.
#pragma once

#include <vector>

#include "pieces/ah_vous_dirai_je.hpp"
#include "pieces/amazing_grace.hpp"
#include "pieces/bach_jesu_joy.hpp"
#include "pieces/bach_prelude.hpp"
#include "pieces/beethoven_fur_elise.hpp"
#include "pieces/beethoven_ode_to_joy.hpp"
#include "pieces/blues.hpp"
#include "pieces/frere_jacques.hpp"
#include "pieces/greensleeves.hpp"
#include "pieces/pachelbel_canon.hpp"
#include "pieces/petzold_minuet.hpp"
#include "pieces/saints.hpp"

namespace compose {

inline std::vector<Score> all_pieces() {
  return {ah_vous_dirai_je(),    amazing_grace(),        bach_jesu_joy(),  bach_prelude(),
          beethoven_fur_elise(), beethoven_ode_to_joy(), blues(),          frere_jacques(),
          greensleeves(),        pachelbel_canon(),      petzold_minuet(), saints()};
}

}  // namespace compose
