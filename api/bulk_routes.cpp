#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/operator_wish.hpp"
#include "formats/json_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

/// One wish for many iterations, which the body names: what a search has found
/// is what is changed, whatever has come about since.

namespace ratchet::api {
namespace {

using verb = actors::operator_verb;

constexpr std::size_t most_at_once = 500;

/// What becomes of several wishes, until the last has its answer.
class gathered_answers {
public:
  gathered_answers(std::vector<std::uint64_t> iterations, responder respond)
      : iterations_(std::move(iterations)), answers_(iterations_.size()),
        left_(iterations_.size()), respond_(std::move(respond)) {}

  /// True if it was the last.
  bool take(std::size_t place, result<actors::operator_answer> answer) {
    const std::lock_guard lock{mutex_};
    answers_[place] = std::move(answer);
    return --left_ == 0;
  }

  /// Once all are here: nobody writes any more.
  [[nodiscard]] response render_all() const {
    response out;
    formats::json_writer to{out.body};
    to.begin_object().key("results").begin_array();
    for (std::size_t i = 0; i < iterations_.size(); ++i)
      write(to, iterations_[i], *answers_[i]);
    to.end_array().end_object();
    out.body += '\n';
    return out;
  }

  [[nodiscard]] const responder& respond() const { return respond_; }

private:
  static void write(
    formats::json_writer& to, std::uint64_t iteration,
    const result<actors::operator_answer>& answer) {
    to.begin_object()
      .field("iteration", iteration)
      .field("changed", answer.ok() && answer->changed)
      .key("error");
    if (answer)
      to.null();
    else
      to.begin_object()
        .field("code", to_string(answer.err().code))
        .field("message", answer.err().message)
        .end_object();
    to.end_object();
  }

  std::mutex mutex_;
  const std::vector<std::uint64_t> iterations_;
  std::vector<std::optional<result<actors::operator_answer>>> answers_;
  std::size_t left_;
  responder respond_;
};

void hand_over(
  api_context& context, const actors::operator_request& wish,
  std::vector<std::uint64_t> iterations, responder respond) {
  std::sort(iterations.begin(), iterations.end());
  iterations.erase(
    std::unique(iterations.begin(), iterations.end()), iterations.end());
  const auto gathered =
    std::make_shared<gathered_answers>(iterations, std::move(respond));
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    auto one = wish;
    one.iteration = iteration_number{iterations[i]};
    context.node.request(
      std::move(one), [gathered, i](result<actors::operator_answer> answer) {
        if (gathered->take(i, std::move(answer)))
          gathered->respond().later(
            [gathered] { return gathered->render_all(); });
      });
  }
}

void operate(
  api_context& context, const request& request, responder respond, verb what,
  const wants& wanted) {
  const auto refuse = [&](const error& e) { respond(error_response(e)); };
  const auto loop = hosted_loop(context, request);
  if (!loop)
    return refuse(loop.err());
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return refuse(read.err());
  body_reader body{request.body};
  actors::operator_request wish;
  wish.verb = what;
  auto iterations = body.numbers("iterations", most_at_once);
  body.require(
    !iterations.empty(), "iterations", "the numbers of those it is about");
  read_wish(body, **loop, wanted, wish);
  if (auto read = body.finish(); !read)
    return refuse(read.err());
  hand_over(context, wish, std::move(iterations), std::move(respond));
}

} // namespace

void post_cancel_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::cancel, cancel_wants);
}
void post_retry_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::retry, retry_wants);
}
void post_skip_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::skip, skip_wants);
}
void post_approve_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::approve, approve_wants);
}
void post_reject_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::reject, reject_wants);
}
void post_signal_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::signal, signal_wants);
}
void post_pause_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::pause_iteration, pause_wants);
}
void post_resume_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::resume_iteration, resume_wants);
}
void post_label_many(api_context& c, const request& request, responder to) {
  operate(c, request, std::move(to), verb::label, label_wants);
}

} // namespace ratchet::api
