// Version of the whole project, as --version, SYST-like texts and the manual pages tell it.
#pragma once

namespace ferry {
inline constexpr const char* kVersion = "0.1.0";
}
