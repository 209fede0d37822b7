#pragma once

#include "base/result.hpp"
#include "cli/loop_view.hpp"
#include "formats/json.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace ratchet::cli {

/// A piece of a stage's captured output.
struct log_piece {
  std::string text;
  std::uint64_t next_offset = 0;
  std::uint64_t attempt = 0;
  bool final = false; ///< Nothing will follow.
};

/// A running engine behind its HTTP API. One connection, kept open.
///
/// Errors: what the engine answered (its code and sentence); `unavailable`
///   if none answers at the URL, with what to do; `io_error` if what answers
///   is no Ratchet engine.
/// Threads: one at a time; blocks, at most a minute per request.
class engine {
public:
  /// Does not connect yet. Errors: `invalid_argument` for a URL it cannot
  /// speak to.
  [[nodiscard]] static result<engine>
  at(const std::string& url, const std::string& token);
  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;
  ~engine();

  [[nodiscard]] const std::string& url() const;

  /// `path` with its query, segments encoded by `segment`.
  [[nodiscard]] result<json> get(const std::string& path);
  /// An answer that is no JSON value, as it came.
  [[nodiscard]] result<std::string> get_text(const std::string& path);
  /// One block of a file that comes in blocks.
  struct file_block {
    std::string text;
    std::string
      next; ///< Where the one behind it begins; empty: it is the last.
  };
  [[nodiscard]] result<file_block> get_block(const std::string& path);
  [[nodiscard]] result<json> post(const std::string& path, const json& body);

  /// `lines`: NDJSON; events without a loop belong to `loop`.
  [[nodiscard]] result<json>
  post_events(const std::string& loop, std::string_view lines);

  /// `attempt` 0: the last one.
  [[nodiscard]] result<log_piece> stage_log(
    const std::string& loop, std::uint64_t iteration, const std::string& stage,
    std::uint64_t attempt, std::uint64_t offset);

  /// Uploads a file; answers its digest, name and size.
  [[nodiscard]] result<json>
  put_artifact(const std::filesystem::path& file, const std::string& name);

  /// The loop as the live view shows it: with the stages of its newest
  /// iteration also when that has ended. One or two requests.
  [[nodiscard]] result<loop_view> loop(const std::string& name);

private:
  struct connection;
  explicit engine(std::unique_ptr<connection> to);
  std::unique_ptr<connection> connection_;
};

/// One segment of a path, encoded.
[[nodiscard]] std::string segment(std::string_view text);
/// "/v1/loops/{loop}" and what follows.
[[nodiscard]] std::string
loop_path(const std::string& loop, std::string_view rest = {});

} // namespace ratchet::cli
