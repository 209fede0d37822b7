#include "storage/workflow_codec.hpp"

#include "base/bytes.hpp"
#include "storage/audit_log.hpp"
#include "storage/detail/byte_archive.hpp"
#include "workflow_golden.hpp"
#include "workflow_samples.hpp"

#include <catch2/catch.hpp>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <functional>
#include <sstream>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

/// A record and what reads it.
struct specimen {
  std::string name;
  std::string bytes;
  std::function<result<void>(std::string_view)> read;
};

template <class T>
std::function<result<void>(std::string_view)>
reader(result<T> (*decode)(std::string_view)) {
  return [decode](std::string_view bytes) -> result<void> {
    const auto value = decode(bytes);
    return value ? result<void>{} : result<void>{value.err()};
  };
}

std::vector<specimen> specimens() {
  std::vector<specimen> all;
  auto events = test::iteration_samples();
  events[0] = test::sample_start_2();
  events[2] = test::sample_failure_2();
  for (const auto& event : events)
    all.push_back(
      {"iteration event " + std::to_string(event.index()), encode(event),
       reader(decode_iteration_event)});
  for (const auto& event : test::loop_samples_2())
    all.push_back(
      {"loop event " + std::to_string(event.index()), encode(event),
       reader(decode_loop_event)});
  all.push_back(
    {"loop state", encode(test::sample_state_3()), reader(decode_loop_state)});
  all.push_back(
    {"audit entry", encode(test::sample_audit()), reader(decode_audit_entry)});
  all.push_back(
    {"summary", encode(test::sample_summary_2()),
     reader(decode_iteration_summary)});
  all.push_back(
    {"definition 4", encode(test::sample_definition_4()),
     reader(decode_definition)});
  return all;
}

/// Under the header that `s` has.
std::string resealed(const specimen& s, std::string bytes) {
  const record_version version{
    static_cast<std::uint8_t>(s.bytes[1]),
    static_cast<std::uint8_t>(s.bytes[2])};
  seal_in_place(static_cast<record_kind>(s.bytes[0]), version, bytes);
  return bytes;
}

} // namespace

TEST_CASE("every event comes back as it was", "[storage][codec]") {
  const auto iteration = test::iteration_samples();
  REQUIRE(iteration.size() == std::variant_size_v<workflows::iteration_event>);
  for (std::size_t i = 0; i < iteration.size(); ++i) {
    REQUIRE(iteration[i].index() == i);
    const auto back = decode_iteration_event(encode(iteration[i]));
    REQUIRE(back.ok());
    CHECK(*back == iteration[i]);
  }
  const auto loop = test::loop_samples_2();
  REQUIRE(loop.size() == std::variant_size_v<workflows::loop_event>);
  for (std::size_t i = 0; i < loop.size(); ++i) {
    REQUIRE(loop[i].index() == i);
    const auto back = decode_loop_event(encode(loop[i]));
    REQUIRE(back.ok());
    CHECK(*back == loop[i]);
  }
}

TEST_CASE(
  "states, summaries and definitions come back as they were",
  "[storage][codec]") {
  const auto state = decode_loop_state(encode(test::sample_state_3()));
  REQUIRE(state.ok());
  CHECK(*state == test::sample_state_3());
  const auto summary =
    decode_iteration_summary(encode(test::sample_summary_2()));
  REQUIRE(summary.ok());
  CHECK(*summary == test::sample_summary_2());
  for (const auto& sample :
       {test::sample_definition(), test::sample_definition_3(),
        test::sample_definition_4()}) {
    const auto definition = decode_definition(encode(sample));
    REQUIRE(definition.ok());
    CHECK(encode(*definition) == encode(sample));
    CHECK(definition->keep == sample.keep);
    CHECK(
      workflows::fingerprint(*definition) == workflows::fingerprint(sample));
  }
}

TEST_CASE("a cut or flipped record is corruption", "[storage][codec]") {
  for (const auto& s : specimens()) {
    INFO(s.name);
    REQUIRE(s.read(s.bytes).ok());
    for (std::size_t size = 0; size < s.bytes.size(); ++size) {
      const auto read = s.read(std::string_view{s.bytes}.substr(0, size));
      REQUIRE_FALSE(read.ok());
      REQUIRE(read.err().code == errc::corruption);
    }
    for (std::size_t i = 0; i < s.bytes.size(); ++i)
      for (const int bit : {0, 3, 7}) {
        auto flipped = s.bytes;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
        const auto read = s.read(flipped);
        INFO("byte " << i);
        REQUIRE_FALSE(read.ok());
        REQUIRE(read.err().code == errc::corruption);
      }
  }
}

// The checksum keeps accidents out; this is about what it cannot see, such as
// a record of another build that claims to be of ours.
TEST_CASE(
  "a payload that is wrong under a right checksum is refused, or read as "
  "some value, but never believed in its sizes",
  "[storage][codec]") {
  for (const auto& s : specimens()) {
    INFO(s.name);
    for (std::size_t i = record_header_size; i < s.bytes.size(); ++i) {
      const auto cut = resealed(s, s.bytes.substr(0, i));
      REQUIRE_FALSE(s.read(cut).ok());
      for (const int value : {0x00, 0x01, 0x02, 0x7F, 0xFF}) {
        auto changed = s.bytes;
        changed[i] = static_cast<char>(value);
        const auto read = s.read(resealed(s, changed));
        if (!read)
          REQUIRE(read.err().code == errc::corruption);
      }
    }
    const auto longer = s.read(resealed(s, s.bytes + '\0'));
    REQUIRE_FALSE(longer.ok());
    CHECK_THAT(longer.err().message, Catch::Contains("1 bytes behind its end"));
  }
}

TEST_CASE("enums and variants have only their values", "[storage][codec]") {
  auto bytes = encode(test::iteration_samples()[8]);
  // Behind the header: the mark, the index of the event, and its outcome.
  const auto changed = [&](std::size_t offset, char value) {
    auto copy = bytes;
    copy[record_header_size + offset] = value;
    seal_in_place(record_kind::iteration_event, {}, copy);
    return decode_iteration_event(copy);
  };
  REQUIRE(changed(2, 6).ok());
  CHECK(
    changed(2, 7).err().message ==
    "iteration_event record has an enum of value 7, which is none");
  CHECK(changed(2, 0).err().code == errc::corruption);
  constexpr auto count = std::variant_size_v<workflows::iteration_event>;
  CHECK(
    changed(1, static_cast<char>(count)).err().message ==
    "iteration_event record has alternative " + std::to_string(count) +
      ", which is none");
  CHECK(
    changed(0, 0).err().message ==
    "iteration_event record is not "
    "little-endian");
}

TEST_CASE(
  "the archive writes the bytes of cereal's portable binary",
  "[storage][codec]") {
  const std::map<std::string, std::uint64_t> map{{"a", 1}, {"bc", 1ULL << 40}};
  const std::vector<std::string> texts{"", "x", std::string(300, 'y')};
  const std::vector<int> numbers{-1, 0, 65'536};
  const std::set<std::uint32_t> set{1, 2, 3};
  const std::optional<double> some{0.1};
  const std::optional<double> none;
  const auto when = test::at(5);
  const bool yes = true;

  std::string ours;
  storage::detail::byte_writer writer{ours, 1};
  writer(map, texts, numbers, set, some, none, when, yes);

  std::ostringstream theirs;
  cereal::PortableBinaryOutputArchive archive{
    theirs, cereal::PortableBinaryOutputArchive::Options::LittleEndian()};
  archive(map, texts, numbers, set, some, none, when, yes);
  CHECK(
    to_hex(std::string_view{ours}) == to_hex(std::string_view{theirs.str()}));
}

// These were written by builds before: a change here is a change of the format,
// which needs a new layout version and a reader for the old one.
TEST_CASE("the bytes of every record are what they were", "[storage][codec]") {
  std::map<std::string, std::string> written;
  for (const auto* golden :
       {&test::golden_records(), &test::second_records(),
        &test::later_records()})
    for (const auto& [name, hex] : *golden)
      written[name] = hex; // The last layout of each is the one of today.
  for (const auto& s : specimens()) {
    INFO(s.name);
    CHECK(to_hex(std::string_view{s.bytes}) == written[s.name]);
  }
}

TEST_CASE("a layout of before is read with defaults", "[storage][codec]") {
  const auto first = [](const std::string& name) {
    for (const auto& [of, hex] : test::golden_records())
      if (of == name)
        return test::from_hex(hex);
    return std::string{};
  };
  auto state = test::sample_state();
  state.trigger.champion_since = {};
  state.trigger.starts = {};
  CHECK(decode_loop_state(first("loop state")).value() == state);
  auto definition = test::sample_definition();
  definition.trigger.budget = {};
  definition.trigger.busy = workflows::when_busy::coalesce;
  definition.keep = {};
  for (auto& child : definition.trigger.condition->children)
    child.schedule = child.zone = {};
  const auto read = decode_definition(first("definition"));
  REQUIRE(read.ok());
  CHECK(encode(*read) == encode(definition));
}
