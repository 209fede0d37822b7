#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "formats/json_writer.hpp"
#include "storage/artifacts.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t max_name_bytes = 255;

/// An upload on its way into the artifact store. The file is made with the
/// first piece, because making one blocks.
class artifact_sink final : public body_sink {
public:
  explicit artifact_sink(const storage::artifact_store& store)
      : store_(store) {}

  result<void> write(std::string_view piece) override {
    if (auto begun = begin(); !begun)
      return begun;
    return writer_->write(piece);
  }

  [[nodiscard]] result<workflows::artifact_ref>
  commit(std::string name, std::string_view expected) {
    if (auto begun = begin(); !begun)
      return begun.err();
    return writer_->commit(std::move(name), expected);
  }

private:
  result<void> begin() {
    if (writer_)
      return {};
    auto made = store_.begin();
    if (!made)
      return made.err();
    writer_ = std::move(*made);
    return {};
  }

  const storage::artifact_store& store_;
  std::optional<storage::artifact_writer> writer_;
};

result<void> check_name(const std::string& name) {
  if (
    name.size() > max_name_bytes || name.find('/') != std::string::npos ||
    name == "." || name == "..")
    return error{
      errc::invalid_argument,
      "parameter \"name\" must be a plain file name "
      "of at most 255 bytes"};
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return error{
        errc::invalid_argument, "parameter \"name\" has a control character"};
  }
  return {};
}

} // namespace

std::shared_ptr<body_sink> make_artifact_sink(api_context& context) {
  return std::make_shared<artifact_sink>(context.node.artifacts());
}

response put_artifact(api_context&, const request& request, body_sink& sink) {
  query_reader query{request.query};
  auto name = query.text("name");
  const auto expected = query.text("digest");
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  if (auto good = check_name(name); !good)
    return error_response(good.err());
  auto stored = static_cast<artifact_sink&>(sink).commit(
    name.empty() ? "artifact" : std::move(name), expected);
  if (!stored)
    return error_response(stored.err());
  response out;
  formats::json_writer writer{out.body};
  writer.begin_object()
    .field("digest", stored->digest)
    .field("name", stored->name)
    .field("bytes", stored->bytes)
    .end_object();
  out.body += '\n';
  return out;
}

response get_artifact(api_context& context, const request& request) {
  const auto& digest = request.parameters.values[0];
  const auto& store = context.node.artifacts();
  auto path = store.path_of(digest);
  if (!path)
    return error_response(path.err());
  auto size = store.size(digest);
  if (!size)
    return error_response(size.err());
  response out;
  out.content_type = "application/octet-stream";
  out.file = open_file{::open(path->c_str(), O_RDONLY | O_CLOEXEC)};
  if (!out.file)
    return error_response(error{
      errc::io_error,
      "artifact " + digest + " cannot be opened: " + std::strerror(errno)});
  out.file_bytes = *size;
  // The name is the content's: it can never change under it.
  out.headers.emplace_back("ETag", "\"" + digest + "\"");
  out.headers.emplace_back(
    "Cache-Control", "public, max-age=31536000, immutable");
  out.headers.emplace_back("Content-Disposition", "attachment");
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return out;
}

} // namespace ratchet::api
