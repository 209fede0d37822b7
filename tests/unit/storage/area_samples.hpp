#pragma once

#include "workflows/areas.hpp"

#include <chrono>

/// Of workflow_samples.hpp: improvement areas.

namespace ratchet::test {

inline workflows::area_options sample_area_options() {
  return {
    "accuracy",
    {"device", "age"},
    std::chrono::hours{12},
    std::chrono::hours{240},
    0.02,
    0.03,
    0.2,
    7,
    3,
    4,
    20'000,
    false};
}

inline workflows::area_look sample_look() {
  workflows::found_area area;
  area.tests = {
    {"age", workflows::area_test_kind::range, "", 30, std::nullopt},
    {"device", workflows::area_test_kind::text, "tablet", {}, {}}};
  area.rows = 250;
  area.tested = 120;
  area.volume = {0.25, 0.21, 0.28};
  area.error = {0.41, 0.33, 0.49};
  area.rest_error = {0.1, 0.08, 0.13};
  area.gap = {0.31, 0.2, 0.41};
  area.impact = {0.058, 0.03, 0.09};
  area.error_low = 0.34;
  area.ln_e = 12.5;
  area.examples = {"it-7", "it-9"};
  workflows::area_look look;
  look.metric = "accuracy";
  look.version = version_number{3};
  look.as_of = from_ms(1'790'000'008'000);
  look.to = sequence{2000};
  look.rows = 1000;
  look.share = 0.5;
  look.searched = 510;
  look.tested = 490;
  look.error = workflows::area_estimate{0.175, 0.15, 0.2};
  look.bound = 0.195;
  look.false_discovery_rate = 0.1;
  look.candidates = 1234;
  look.nominated = 3;
  look.areas = {area};
  look.digest = 0x0123456789abcdef;
  return look;
}

inline workflows::area_readings sample_readings() {
  return {{"accuracy", workflows::reading_of(sample_look(), 21)}};
}

} // namespace ratchet::test
