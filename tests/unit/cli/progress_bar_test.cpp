#include "cli/progress_bar.hpp"
#include "cli/text.hpp"

#include <catch2/catch.hpp>

using namespace ratchet::cli;
using namespace std::chrono_literals;

TEST_CASE("a progress line shows share, rate and time left", "[cli]") {
  CHECK(
    progress_line("sending", "events", {250, 1000, 5000, 2s}, 100) ==
    "sending ██████░░░░░░░░░░░░░░░░░░  25%  5,000 events  2,500/s  6.0s left");
}

TEST_CASE("without a total there is no bar and no time left", "[cli]") {
  CHECK(
    progress_line("sending", "events", {250, 0, 5000, 2s}, 100) ==
    "sending  5,000 events  2,500/s");
}

TEST_CASE("the first moments say nothing about the rate", "[cli]") {
  CHECK(
    progress_line("sending", "events", {10, 0, 5, 100ms}, 100) ==
    "sending  5 events");
  CHECK(
    display_width(progress_line("sending", "events", {9, 10, 5, 9s}, 30)) ==
    30);
}
