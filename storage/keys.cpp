#include "storage/keys.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <utility>

namespace ratchet::storage {

namespace {

std::string start(key_type type) {
  return {static_cast<char>(type)};
}

std::string start(key_type type, loop_number loop) {
  std::string key;
  key.reserve(32);
  key.push_back(static_cast<char>(type));
  put_be32(key, loop.value);
  return key;
}

/// Takes a key apart and remembers whether all was there.
class key_reader {
public:
  key_reader(key_type type, std::string_view key) : rest_(key) {
    const auto tag = take(1);
    ok_ = ok_ &&
      static_cast<std::uint8_t>(tag[0]) == static_cast<std::uint8_t>(type);
  }

  std::uint32_t be32() { return get_be32(take(4)); }
  std::uint64_t be64() { return get_be64(take(8)); }
  loop_number loop() { return loop_number{be32()}; }
  /// All that is left; empty is no name.
  std::string text() {
    ok_ = ok_ && !rest_.empty();
    return std::string{std::exchange(rest_, {})};
  }
  [[nodiscard]] bool complete() const { return ok_ && rest_.empty(); }

private:
  const char* take(std::size_t size) {
    static constexpr char zeros[8] = {};
    if (rest_.size() < size) {
      ok_ = false;
      rest_ = {};
      return zeros;
    }
    const auto* data = rest_.data();
    rest_.remove_prefix(size);
    return data;
  }

  std::string_view rest_;
  bool ok_ = true;
};

error not_a_key(std::string_view what, std::string_view key) {
  return {
    errc::corruption, "not a " + std::string{what} + " key: " + to_hex(key)};
}

} // namespace

key_range keys_with_prefix(std::string prefix) {
  auto to = prefix;
  while (!to.empty() && static_cast<unsigned char>(to.back()) == 0xFF)
    to.pop_back();
  RATCHET_ASSERT(!to.empty());
  to.back() = static_cast<char>(static_cast<unsigned char>(to.back()) + 1);
  return {std::move(prefix), std::move(to)};
}

std::string format_key::encode() {
  return start(key_type::format);
}

std::string attempt_secret_key::encode() {
  return start(key_type::attempt_secret);
}

std::string loop_name_key::encode() const {
  return start(key_type::loop_name) + name;
}
result<loop_name_key> loop_name_key::decode(std::string_view key) {
  key_reader in{key_type::loop_name, key};
  loop_name_key out{in.text()};
  if (!in.complete())
    return not_a_key("loop name", key);
  return out;
}
key_range loop_name_key::within() {
  return keys_with_prefix(start(key_type::loop_name));
}

std::string definition_key::encode() const {
  return start(key_type::definition, loop) + fingerprint;
}
result<definition_key> definition_key::decode(std::string_view key) {
  key_reader in{key_type::definition, key};
  const auto loop = in.loop();
  definition_key out{loop, in.text()};
  if (!in.complete())
    return not_a_key("definition", key);
  return out;
}
key_range definition_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::definition, loop));
}

std::string definition_dates_key::encode() const {
  return start(key_type::definition_dates, loop) + fingerprint;
}
result<definition_dates_key>
definition_dates_key::decode(std::string_view key) {
  key_reader in{key_type::definition_dates, key};
  const auto loop = in.loop();
  definition_dates_key out{loop, in.text()};
  if (!in.complete())
    return not_a_key("definition dates", key);
  return out;
}
key_range definition_dates_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::definition_dates, loop));
}

std::string low_water_key::encode() const {
  return start(key_type::low_water, loop);
}
result<low_water_key> low_water_key::decode(std::string_view key) {
  key_reader in{key_type::low_water, key};
  const low_water_key out{in.loop()};
  if (!in.complete())
    return not_a_key("low water", key);
  return out;
}
key_range low_water_key::within() {
  return keys_with_prefix(start(key_type::low_water));
}

std::string block_key::encode() const {
  auto key = start(key_type::block, loop);
  put_be64(key, first.value);
  return key;
}
result<block_key> block_key::decode(std::string_view key) {
  key_reader in{key_type::block, key};
  const auto loop = in.loop();
  const block_key out{loop, sequence{in.be64()}};
  if (!in.complete())
    return not_a_key("block", key);
  return out;
}
key_range block_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::block, loop));
}

std::string loop_state_key::encode() const {
  return start(key_type::loop_state, loop);
}
result<loop_state_key> loop_state_key::decode(std::string_view key) {
  key_reader in{key_type::loop_state, key};
  const loop_state_key out{in.loop()};
  if (!in.complete())
    return not_a_key("loop state", key);
  return out;
}
key_range loop_state_key::within() {
  return keys_with_prefix(start(key_type::loop_state));
}

std::string loop_event_key::encode() const {
  auto key = start(key_type::loop_event, loop);
  put_be64(key, index);
  return key;
}
result<loop_event_key> loop_event_key::decode(std::string_view key) {
  key_reader in{key_type::loop_event, key};
  const auto loop = in.loop();
  const loop_event_key out{loop, in.be64()};
  if (!in.complete())
    return not_a_key("loop event", key);
  return out;
}
key_range loop_event_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::loop_event, loop));
}

std::string iteration_event_key::encode() const {
  auto key = start(key_type::iteration_event, loop);
  put_be64(key, iteration.value);
  put_be32(key, index);
  return key;
}
result<iteration_event_key> iteration_event_key::decode(std::string_view key) {
  key_reader in{key_type::iteration_event, key};
  const auto loop = in.loop();
  const auto iteration = iteration_number{in.be64()};
  const iteration_event_key out{loop, iteration, in.be32()};
  if (!in.complete())
    return not_a_key("iteration event", key);
  return out;
}
key_range
iteration_event_key::within(loop_number loop, iteration_number iteration) {
  auto prefix = start(key_type::iteration_event, loop);
  put_be64(prefix, iteration.value);
  return keys_with_prefix(std::move(prefix));
}
key_range iteration_event_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::iteration_event, loop));
}

std::string iteration_key::encode() const {
  auto key = start(key_type::iteration, loop);
  put_be64(key, iteration.value);
  return key;
}
result<iteration_key> iteration_key::decode(std::string_view key) {
  key_reader in{key_type::iteration, key};
  const auto loop = in.loop();
  const iteration_key out{loop, iteration_number{in.be64()}};
  if (!in.complete())
    return not_a_key("iteration", key);
  return out;
}
key_range iteration_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::iteration, loop));
}

std::string sleeper_key::encode() const {
  auto key = start(key_type::sleeper, loop);
  put_be64(key, iteration.value);
  return key;
}
result<sleeper_key> sleeper_key::decode(std::string_view key) {
  key_reader in{key_type::sleeper, key};
  const auto loop = in.loop();
  const sleeper_key out{loop, iteration_number{in.be64()}};
  if (!in.complete())
    return not_a_key("sleeper", key);
  return out;
}
key_range sleeper_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::sleeper, loop));
}

std::string request_key::encode() const {
  return start(key_type::request, loop) + request;
}
result<request_key> request_key::decode(std::string_view key) {
  key_reader in{key_type::request, key};
  const auto loop = in.loop();
  request_key out{loop, in.text()};
  if (!in.complete())
    return not_a_key("request", key);
  return out;
}
key_range request_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::request, loop));
}

std::string audit_key::encode() const {
  auto key = start(key_type::audit, loop);
  put_be64(key, static_cast<std::uint64_t>(to_ms(at)));
  put_be64(key, index);
  return key;
}
result<audit_key> audit_key::decode(std::string_view key) {
  key_reader in{key_type::audit, key};
  const auto loop = in.loop();
  const auto at = from_ms(static_cast<std::int64_t>(in.be64()));
  const audit_key out{loop, at, in.be64()};
  if (!in.complete())
    return not_a_key("audit", key);
  return out;
}
key_range audit_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::audit, loop));
}

std::string monitor_key::encode() const {
  return start(key_type::monitor, loop) + part;
}
result<monitor_key> monitor_key::decode(std::string_view key) {
  key_reader in{key_type::monitor, key};
  const auto loop = in.loop();
  monitor_key out{loop, in.text()};
  if (!in.complete())
    return not_a_key("monitor", key);
  return out;
}
key_range monitor_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::monitor, loop));
}

template <key_type Type>
std::string experiment_record_key<Type>::encode() const {
  auto key = start(Type, loop);
  put_be64(key, number.value);
  return key;
}
template <key_type Type>
result<experiment_record_key<Type>>
experiment_record_key<Type>::decode(std::string_view key) {
  key_reader in{Type, key};
  const auto loop = in.loop();
  const experiment_record_key out{loop, experiment_number{in.be64()}};
  if (!in.complete())
    return not_a_key("experiment", key);
  return out;
}
template <key_type Type>
key_range experiment_record_key<Type>::within(loop_number loop) {
  return keys_with_prefix(start(Type, loop));
}
template struct experiment_record_key<key_type::experiment>;
template struct experiment_record_key<key_type::experiment_state>;
template struct experiment_record_key<key_type::decision>;

std::string experiment_unit_key::encode() const {
  auto key = start(key_type::experiment_unit, loop);
  put_be64(key, number.value);
  put_be64(key, unit);
  return key;
}
result<experiment_unit_key> experiment_unit_key::decode(std::string_view key) {
  key_reader in{key_type::experiment_unit, key};
  const auto loop = in.loop();
  const auto number = experiment_number{in.be64()};
  const experiment_unit_key out{loop, number, in.be64()};
  if (!in.complete())
    return not_a_key("experiment unit", key);
  return out;
}
key_range
experiment_unit_key::within(loop_number loop, experiment_number number) {
  auto prefix = start(key_type::experiment_unit, loop);
  put_be64(prefix, number.value);
  return keys_with_prefix(std::move(prefix));
}

std::string version_key::encode() const {
  auto key = start(key_type::version, loop);
  put_be64(key, version.value);
  return key;
}
result<version_key> version_key::decode(std::string_view key) {
  key_reader in{key_type::version, key};
  const auto loop = in.loop();
  const version_key out{loop, version_number{in.be64()}};
  if (!in.complete())
    return not_a_key("version", key);
  return out;
}
key_range version_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::version, loop));
}

std::string rollback_key::encode() const {
  auto key = start(key_type::rollback, loop);
  put_be64(key, version.value);
  return key;
}
result<rollback_key> rollback_key::decode(std::string_view key) {
  key_reader in{key_type::rollback, key};
  const auto loop = in.loop();
  const rollback_key out{loop, version_number{in.be64()}};
  if (!in.complete())
    return not_a_key("rollback", key);
  return out;
}
key_range rollback_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::rollback, loop));
}

std::string alias_key::encode() const {
  return start(key_type::alias, loop) + name;
}
result<alias_key> alias_key::decode(std::string_view key) {
  key_reader in{key_type::alias, key};
  const auto loop = in.loop();
  alias_key out{loop, in.text()};
  if (!in.complete())
    return not_a_key("alias", key);
  return out;
}
key_range alias_key::within(loop_number loop) {
  return keys_with_prefix(start(key_type::alias, loop));
}

} // namespace ratchet::storage
