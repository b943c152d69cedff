// How large a test may be: sanitizers and builds without optimization take many times as long.
#pragma once

#include <cstdint>

namespace freshet {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
inline constexpr bool kSlowBuild = true;
#else
inline constexpr bool kSlowBuild = false;
#endif

// `many` where that is quick, else `few`.
constexpr int scaled(int many, int few) { return kSlowBuild ? few : many; }

}  // namespace freshet
