#pragma once

/// All that a loop's author needs. Start with ratchet/loop.hpp.

#include "ratchet/condition.hpp"
#include "ratchet/loop.hpp"
#include "ratchet/main.hpp"
#include "ratchet/stage.hpp"
