#include "storage/experiment_store.hpp"

#include "base/bytes.hpp"
#include "experiment_golden.hpp"
#include "experiment_samples.hpp"
#include "storage/record.hpp"
#include "temp_dir.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::storage;
using namespace ratchet::test;

namespace {

constexpr loop_number digits{1};
constexpr experiment_number fifth{5};

struct fixture {
  fixture() {
    store_options options;
    options.directory = dir.path();
    auto opened = store::open(std::move(options));
    if (!opened)
      FAIL(opened.err().message);
    shard = std::move(*opened);
  }
  void commit(const std::function<void(write_batch&)>& fill) {
    write_batch batch;
    fill(batch);
    REQUIRE(shard->commit(batch).ok());
  }

  temp_dir dir;
  std::unique_ptr<store> shard;
};

struct specimen {
  std::string name;
  std::string bytes;
  /// The bytes of what was read.
  std::function<result<std::string>(std::string_view)> again;
};

template <class T>
specimen
make(std::string name, const T& sample, result<T> (*decode)(std::string_view)) {
  return {
    std::move(name), encode(sample),
    [decode](std::string_view bytes) -> result<std::string> {
      const auto read = decode(bytes);
      if (!read)
        return read.err();
      return encode(*read);
    }};
}

std::vector<specimen> specimens() {
  return {
    make(
      "experiment summary", sample_experiment_summary(),
      decode_experiment_summary),
    make(
      "experiment state", sample_experiment_state(), decode_experiment_state),
    make(
      "experiment decision", sample_experiment_record(),
      decode_experiment_record)};
}

} // namespace

TEST_CASE("records of experiments come back as they were", "[experiment]") {
  for (const auto& s : specimens()) {
    INFO(s.name);
    const auto back = s.again(s.bytes);
    REQUIRE(back.ok());
    CHECK(*back == s.bytes);
  }
  CHECK(
    decode_experiment_summary(encode(sample_experiment_summary())).value() ==
    sample_experiment_summary());
  // Also what no comparison of bytes could see lost.
  const auto state =
    decode_experiment_state(encode(sample_experiment_state())).value();
  const auto wanted = sample_experiment_state();
  CHECK(state.arms == wanted.arms);
  CHECK(state.readings == wanted.readings);
  CHECK(state.moves == wanted.moves);
  CHECK(state.live.shares == wanted.live.shares);
  CHECK(state.live.excluded == 1);
  CHECK(
    state.live.challengers.at(0).metrics ==
    wanted.live.challengers.at(0).metrics);
  CHECK(state.live.settings.ramp == wanted.live.settings.ramp);
}

TEST_CASE(
  "a decision that was stored is made again to the bit", "[experiment]") {
  const auto read =
    decode_experiment_record(encode(sample_experiment_record())).value();
  CHECK(analysis::verify_decision(read.decision, read.inputs).ok());
  auto other = read;
  other.inputs.elapsed += std::chrono::milliseconds{1};
  CHECK_FALSE(analysis::verify_decision(other.decision, other.inputs).ok());
}

TEST_CASE(
  "a cut or flipped record of an experiment is corruption", "[experiment]") {
  for (const auto& s : specimens()) {
    INFO(s.name);
    for (std::size_t size = 0; size < s.bytes.size(); size += 3)
      REQUIRE(
        s.again(std::string_view{s.bytes}.substr(0, size)).err().code ==
        errc::corruption);
    for (std::size_t i = 0; i < s.bytes.size(); i += 3) {
      auto flipped = s.bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ 4);
      REQUIRE(s.again(flipped).err().code == errc::corruption);
    }
  }
}

TEST_CASE(
  "the bytes of an experiment's records are what they were", "[experiment]") {
  for (const auto& s : specimens()) {
    INFO(s.name);
    CHECK(to_hex(std::string_view{s.bytes}) == experiment_golden(s.name));
  }
}

TEST_CASE_METHOD(
  fixture, "experiments are kept by loop and number", "[experiment]") {
  const auto none = load_experiment_summary(*shard, digits, fifth);
  CHECK(none.err().code == errc::not_found);
  CHECK(
    load_experiment_state(*shard, digits, fifth).err().code == errc::not_found);
  CHECK_FALSE(load_experiment_record(*shard, digits, fifth).value());
  auto sixth = sample_experiment_summary();
  sixth.number = experiment_number{6};
  commit([&](write_batch& batch) {
    put_experiment(batch, digits, sample_experiment_summary());
    put_experiment(batch, digits, sixth);
    put_experiment(batch, digits, sample_experiment_state());
    put_experiment(batch, digits, sample_experiment_record());
    put_experiment(batch, loop_number{2}, sample_experiment_summary());
  });
  CHECK(
    load_experiment_summary(*shard, digits, fifth).value() ==
    sample_experiment_summary());
  CHECK(load_experiment_state(*shard, digits, fifth).value().unknown == 2);
  CHECK(load_experiment_record(*shard, digits, fifth).value()->at == at(15));
  const auto numbers = [&](std::uint64_t before, std::size_t limit) {
    std::vector<std::uint64_t> out;
    const auto page =
      load_experiments(*shard, digits, experiment_number{before}, limit);
    for (const auto& each : page.value())
      out.push_back(each.number.value);
    return out;
  };
  CHECK(numbers(0, 9) == std::vector<std::uint64_t>{6, 5});
  CHECK(numbers(0, 1) == std::vector<std::uint64_t>{6});
  CHECK(numbers(6, 9) == std::vector<std::uint64_t>{5});
  CHECK(numbers(5, 9).empty());
}

TEST_CASE_METHOD(
  fixture, "units are known until their experiment is over", "[experiment]") {
  const experiment_number other{6};
  commit([&](write_batch& batch) {
    put_unit(batch, digits, fifth, 0, sequence{1});
    put_unit(batch, digits, fifth, UINT64_MAX, sequence{2});
    put_unit(batch, digits, other, 0, sequence{3});
  });
  CHECK(find_unit(*shard, digits, fifth, 0).value() == sequence{1});
  CHECK(find_unit(*shard, digits, fifth, UINT64_MAX).value() == sequence{2});
  CHECK_FALSE(find_unit(*shard, digits, fifth, 7).value());
  commit([&](write_batch& batch) { erase_units(batch, digits, fifth); });
  CHECK_FALSE(find_unit(*shard, digits, fifth, 0).value());
  CHECK_FALSE(find_unit(*shard, digits, fifth, UINT64_MAX).value());
  CHECK(find_unit(*shard, digits, other, 0).value() == sequence{3});
}
