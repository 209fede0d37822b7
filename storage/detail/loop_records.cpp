#include "storage/detail/loop_records.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/record.hpp"

namespace ratchet::storage::detail {

namespace {

struct number_record {
  std::uint32_t number = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(number);
  }
};

struct low_water_record {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  std::int64_t received_ms = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(first, bytes, received_ms);
  }
};

} // namespace

std::string encode_loop_number(loop_number number) {
  return to_record(record_kind::loop_number, {}, number_record{number.value});
}

result<loop_number> decode_loop_number(std::string_view bytes) {
  const auto record =
    from_record<number_record>(record_kind::loop_number, 1, bytes);
  if (!record)
    return record.err();
  return loop_number{record->number};
}

std::string encode_low_water(const low_water& mark) {
  return to_record(
    record_kind::retention, {},
    low_water_record{mark.first.value, mark.bytes, to_ms(mark.received)});
}

result<low_water> decode_low_water(std::string_view bytes) {
  const auto record =
    from_record<low_water_record>(record_kind::retention, 1, bytes);
  if (!record)
    return record.err();
  return low_water{
    {record->first}, record->bytes, from_ms(record->received_ms)};
}

} // namespace ratchet::storage::detail
