#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/metrics.hpp"
#include "formats/json_writer.hpp"

namespace ratchet::api {
namespace {

response plain(std::string body, unsigned status = 200) {
  response out;
  out.status = status;
  out.content_type = "text/plain; charset=utf-8";
  out.body = std::move(body);
  return out;
}

} // namespace

/// Alive: this process answers. Asks nothing else, so that a full disk does
/// not make a supervisor restart the engine in circles.
void get_livez(api_context&, const request&, responder respond) {
  respond(plain("ok\n"));
}

void get_readyz(
  api_context& context, const request& request, responder respond) {
  query_reader query{request.query};
  const bool verbose = query.has("verbose");
  static_cast<void>(query.text("verbose"));
  if (auto read = query.finish(); !read) {
    respond(error_response(read.err()));
    return;
  }
  const auto why_not = context.node.not_ready();
  std::string text;
  if (verbose) {
    text += "[+]process ok\n";
    text += why_not ? "[-]node: " + why_not->message + "\n" : "[+]node ok\n";
  } else {
    text = why_not ? "not ready: " + why_not->message + "\n" : "ok\n";
  }
  auto answer = plain(std::move(text), why_not ? 503 : 200);
  if (why_not)
    answer.headers.emplace_back("Retry-After", "1");
  respond(std::move(answer));
}

void get_version(api_context& context, const request&, responder respond) {
  response out;
  formats::json_writer writer{out.body};
  writer.begin_object()
    .field("name", "ratchet")
    .field("version", context.build)
    .field("api", "v1")
    .end_object();
  out.body += '\n';
  respond(std::move(out));
}

response get_metrics(api_context& context, const request&) {
  auto out = plain(prometheus_text(context));
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return out;
}

} // namespace ratchet::api
