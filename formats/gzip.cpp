#include "formats/gzip.hpp"

#include <algorithm>
#include <limits>
#include <zlib.h>

namespace ratchet::formats {

namespace {

/// Window bits + 16: the gzip wrapper and nothing else.
constexpr int gzip_window = 15 + 16;
constexpr std::size_t first_room = 64UL * 1024;

/// zlib counts in 32 bits.
uInt clamp_to_zlib(std::size_t size) {
  return static_cast<uInt>(
    std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

Bytef* as_input(std::string_view data) {
  // zlib's interface is older than const; it does not write there.
  return reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
}

/// Ends the stream on every way out.
class inflater {
public:
  inflater() { RATCHET_ASSERT(inflateInit2(&stream, gzip_window) == Z_OK); }
  ~inflater() { inflateEnd(&stream); }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;

  z_stream stream{};
};

error damaged(std::size_t offset, const char* why) {
  return {
    errc::invalid_argument,
    "gzip: " + std::string{why} + " at byte " + std::to_string(offset) +
      " of the packed data"};
}

} // namespace

result<std::string> gunzip(std::string_view data, std::size_t max_bytes) {
  if (data.empty())
    return damaged(0, "no data");
  inflater in;
  auto& stream = in.stream;
  std::string out;
  std::size_t used = 0;
  std::size_t made = 0;
  while (true) {
    if (made == out.size()) {
      // One byte more than allowed shows that there is too much.
      const auto room = std::max(first_room, out.size() * 2);
      out.resize(std::min(room, max_bytes + 1));
    }
    stream.next_in = as_input(data.substr(used));
    stream.avail_in = clamp_to_zlib(data.size() - used);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = clamp_to_zlib(out.size() - made);
    const auto fed = stream.avail_in;
    const auto room = stream.avail_out;
    const auto status = inflate(&stream, Z_NO_FLUSH);
    used += fed - stream.avail_in;
    made += room - stream.avail_out;
    if (made > max_bytes)
      return error{
        errc::resource_limit,
        "gzip: unpacks to more than " + std::to_string(max_bytes) +
          " bytes; send smaller bodies"};
    if (status == Z_STREAM_END) {
      if (used == data.size())
        break;
      inflateReset(&stream);
    } else if (status == Z_BUF_ERROR || status == Z_OK) {
      // Out of room is mended by the next turn; out of data is not.
      if (used == data.size() && stream.avail_out > 0)
        return damaged(used, "cut short");
    } else {
      return damaged(used, "damaged or not gzip");
    }
  }
  out.resize(made);
  return out;
}

std::string gzip(std::string_view data, int level) {
  z_stream stream{};
  RATCHET_ASSERT(
    deflateInit2(
      &stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out;
  std::size_t used = 0;
  std::size_t made = 0;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    if (made == out.size())
      out.resize(std::max(first_room, out.size() * 2));
    stream.next_in = as_input(data.substr(used));
    stream.avail_in = clamp_to_zlib(data.size() - used);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = clamp_to_zlib(out.size() - made);
    const auto fed = stream.avail_in;
    const auto room = stream.avail_out;
    status =
      deflate(&stream, used + fed == data.size() ? Z_FINISH : Z_NO_FLUSH);
    used += fed - stream.avail_in;
    made += room - stream.avail_out;
    RATCHET_ASSERT(status != Z_STREAM_ERROR);
  }
  deflateEnd(&stream);
  out.resize(made);
  return out;
}

} // namespace ratchet::formats
