#include "storage/event_codec.hpp"

#include "storage/event_batch.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

event full_interaction() {
  event e;
  e.kind = event_kind::interaction;
  e.id = "i-1";
  e.subject = "user 7";
  e.version = {12};
  e.arm = "champion";
  e.propensity = 0.5;
  e.at = from_ms(-3);
  e.slices = {{"writer", "a"}, {"device", ""}};
  e.input = R"({"pixels":[0,1]})";
  e.output = "7";
  e.metadata = R"({"k":"v"})";
  return e;
}

event full_feedback() {
  event e;
  e.kind = event_kind::feedback;
  e.id = "f-1";
  e.interaction_id = "i-1";
  e.channel = "correction";
  e.value = std::string{"3"};
  e.subject = "user 7";
  e.at = from_ms(1'700'000'000'000);
  return e;
}

/// Events in which each field is present or not, by the bits of `mask`.
event partial(unsigned mask, feedback_value value) {
  auto e = full_interaction();
  const auto full = full_feedback();
  e.kind = (mask & 1U) != 0 ? event_kind::feedback : event_kind::interaction;
  e.interaction_id = (mask & 2U) != 0 ? full.interaction_id : "";
  e.channel = (mask & 4U) != 0 ? full.channel : "";
  e.value = std::move(value);
  if ((mask & 8U) != 0)
    e.subject.clear();
  if ((mask & 16U) != 0)
    e.version = {};
  if ((mask & 32U) != 0)
    e.arm.clear();
  if ((mask & 64U) != 0)
    e.propensity = 0;
  if ((mask & 128U) != 0)
    e.at = {};
  if ((mask & 256U) != 0)
    e.slices.clear();
  if ((mask & 512U) != 0)
    e.input.clear();
  if ((mask & 1024U) != 0)
    e.output.clear();
  if ((mask & 2048U) != 0)
    e.metadata.clear();
  return e;
}

std::string encoded(const event& e) {
  std::string out;
  encode_event(e, out);
  return out;
}

} // namespace

TEST_CASE("an event reads back as it was written", "[storage][codec]") {
  const feedback_value value = GENERATE(
    feedback_value{false}, feedback_value{true}, feedback_value{-2.5},
    feedback_value{0.0}, feedback_value{std::string{}},
    feedback_value{std::string{"label"}});
  for (unsigned mask = 0; mask < 4096; ++mask) {
    const auto e = partial(mask, value);
    const auto decoded = decode_event(encoded(e));
    REQUIRE(decoded.ok());
    REQUIRE(*decoded == e);
  }
}

TEST_CASE("an encoded event is as documented", "[storage][codec]") {
  // By hand from the table in event_codec.hpp: flags 0, 1 and 6, value 3.
  event e;
  e.kind = event_kind::feedback;
  e.id = "f";
  e.interaction_id = "ab";
  e.channel = "c";
  e.at = from_ms(0x0102);
  e.value = std::string{"xyz"};
  const std::string expected{
    "\x02"
    "\x43\x18"
    "\x01\x00"
    "f"
    "\x02\x00"
    "ab"
    "\x01\x00"
    "c"
    "\x02\x01\x00\x00\x00\x00\x00\x00"
    "\x03\x00\x00\x00"
    "xyz",
    28};
  CHECK(encoded(e) == expected);
}

TEST_CASE("no truncated event is read", "[storage][codec]") {
  for (const auto& e : {full_interaction(), full_feedback()}) {
    const auto bytes = encoded(e);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      const auto decoded = decode_event(bytes.substr(0, size));
      REQUIRE_FALSE(decoded.ok());
      CHECK(decoded.err().code == errc::corruption);
    }
    CHECK_FALSE(decode_event(bytes + "x").ok());
  }
}

TEST_CASE("what decodes has no other encoding", "[storage][codec]") {
  // Equal bytes stand for equal content, so a decoder must not take two
  // spellings of one event.
  const auto seed = Catch::rngSeed() + 1;
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto good = encoded(full_interaction());
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = good;
    for (auto flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto decoded = decode_event(bytes);
    if (!decoded)
      continue;
    ++accepted;
    REQUIRE(encoded(*decoded) == bytes);
  }
  CHECK(accepted > 0);
}

TEST_CASE("the head is read without the rest", "[storage][codec]") {
  const auto bytes = encoded(full_feedback());
  const auto head = decode_event_head(bytes);
  REQUIRE(head.ok());
  CHECK(head->kind == event_kind::feedback);
  CHECK(head->id == "f-1");
  CHECK(head->interaction_id == "i-1");
  CHECK(head->channel == "correction");
  CHECK(head->subject == "user 7");
  CHECK_FALSE(decode_event_head(bytes.substr(0, 9)).ok());
}

TEST_CASE("a batch encodes views as it does events", "[storage][codec]") {
  const auto e = full_interaction();
  const std::vector<event_view::slice> slices{{"writer", "a"}, {"device", ""}};
  event_view view;
  view.kind = e.kind;
  view.id = e.id;
  view.subject = e.subject;
  view.version = e.version;
  view.arm = e.arm;
  view.propensity = e.propensity;
  view.at = e.at;
  view.slices = slices;
  view.input = e.input;
  view.output = e.output;
  view.metadata = e.metadata;
  event_batch batch;
  batch.add(view, 4);
  view.kind = event_kind::feedback;
  view.interaction_id = "i-1";
  batch.add(view, 9);

  REQUIRE(batch.slots.size() == 2);
  const auto& first = batch.slots[0];
  const auto& second = batch.slots[1];
  CHECK(batch.encoded(first) == encoded(e));
  CHECK(first.body_index == 4);
  CHECK(first.interaction_hash == 0);
  CHECK(first.subject_hash == hash_subject("user 7"));
  CHECK(first.id_hash == hash_event_id(event_kind::interaction, "i-1"));
  CHECK(second.id_hash != first.id_hash);
  CHECK(second.interaction_hash == hash_interaction_reference("i-1"));
  CHECK(second.interaction_hash != first.id_hash);
}
