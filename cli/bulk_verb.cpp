#include "cli/iteration_table.hpp"
#include "cli/read_views.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <unistd.h>

namespace ratchet::cli {

namespace {

/// More than an operator can mean by one word.
constexpr std::uint64_t most_iterations = 10'000;
/// Of one request.
constexpr std::size_t batch_size = 500;

/// Those that the verb can be meant for, if the filter does not say.
iteration_filter filter_of(const operator_wish& wish) {
  auto filter = wish.filter;
  if (filter.state.empty())
    filter.state = wish.verb == "resume" ? "paused"
      : wish.verb == "retry"             ? "failed"
      : wish.verb == "skip"              ? ""
                                         : "running";
  return filter;
}

/// The loop itself as well: nothing new shall start, or may again.
bool includes_loop(const operator_wish& wish) {
  return (wish.verb == "pause" || wish.verb == "resume") &&
    wish.filter.is_empty();
}

std::string count_text(std::size_t count) {
  return with_commas(count) + (count == 1 ? " iteration" : " iterations");
}

/// "cancel 3 iterations of digits"
std::string sentence_of(const operator_wish& wish, std::size_t count) {
  return wish.verb +
    (wish.verb == "skip" ? " stage " + wish.stage + " of " : " ") +
    (includes_loop(wish) ? wish.loop + " and its " : "") + count_text(count) +
    (includes_loop(wish) ? "" : " of " + wish.loop);
}

std::string read_line(int fd) {
  std::string line;
  char c = 0;
  while (read(fd, &c, 1) == 1 && c != '\n' && line.size() < 100)
    line += c;
  return line;
}

/// Shows what it is about and asks.
result<void>
confirm(const verb_context& c, const operator_wish& wish, const json& matches) {
  if (wish.yes)
    return {};
  const auto sentence = sentence_of(wish, matches.size());
  if (!is_terminal(c.in))
    return error{
      errc::invalid_argument,
      "this would " + sentence + "; give --yes, because nobody can be asked"};
  std::vector<iteration_view> views;
  for (const auto& each : matches)
    views.push_back(read_iteration(each));
  write_all(
    c.err,
    iteration_table(views, c.clock.now()).render(c.paint, c.width) + "\n" +
      printable(sentence) + "? [y/N] ");
  const auto answer = read_line(c.in);
  if (answer == "y" || answer == "yes")
    return {};
  return error{errc::canceled, "nothing was changed"};
}

result<json>
send_batches(verb_context& c, const operator_wish& wish, const json& matches) {
  auto body = body_of(wish);
  if (!body)
    return body.err();
  auto results = json::array();
  for (std::size_t first = 0; first < matches.size(); first += batch_size) {
    auto numbers = json::array();
    const auto end = std::min(first + batch_size, matches.size());
    for (auto i = first; i < end; ++i)
      numbers.push_back(number_of(matches[i], "number"));
    (*body)["iterations"] = std::move(numbers);
    const auto answer =
      c.server.post(loop_path(wish.loop, "/iterations/" + wish.verb), *body);
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, "results"))
      results.push_back(each);
  }
  return results;
}

cell outcome_of(const json& one) {
  const auto& failure = member_of(one, "error");
  if (failure.is_object())
    return {"refused: " + text_of(failure, "message"), style::red};
  return flag_of(one, "changed") ? cell{"done", style::green}
                                 : cell{"it was so already"};
}

result<void> tell(verb_context& c, const json& results) {
  std::size_t refused = 0;
  for (const auto& each : results)
    refused += member_of(each, "error").is_object() ? 1U : 0U;
  auto shown = c.show_list(
    results,
    [](const json& each) {
      return std::to_string(number_of(each, "iteration"));
    },
    [&] {
      table t{{{"N", align::right}, {"OUTCOME", align::left, true}}};
      for (const auto& each : results)
        t.add({std::to_string(number_of(each, "iteration")), outcome_of(each)});
      return t;
    },
    "no iteration is like that");
  if (!shown || refused == 0)
    return shown;
  return error{
    errc::failed_condition,
    with_commas(refused) + " of " + count_text(results.size()) + " refused"};
}

} // namespace

result<void> operate_on_many(verb_context& c, const operator_wish& wish) {
  if (wish.verb == "skip" && wish.stage.empty())
    return error{
      errc::invalid_argument, "skip wants to know which stage: give --stage"};
  const auto find = [&] {
    return find_iterations(c, wish.loop, filter_of(wish), most_iterations);
  };
  auto matches = find();
  if (!matches)
    return matches.err();
  if (!matches->empty() || includes_loop(wish))
    if (auto sure = confirm(c, wish, *matches); !sure)
      return sure;
  if (includes_loop(wish)) {
    auto body = body_of(wish);
    if (!body)
      return body.err();
    body->erase("now"); // The loop runs nothing itself.
    const auto answer =
      c.server.post(loop_path(wish.loop, "/" + wish.verb), *body);
    if (!answer)
      return answer.err();
    c.remark(
      wish.loop + (wish.verb == "pause" ? " is paused" : " is not paused"));
    // One may have begun while the loop could still start it.
    if (wish.verb == "pause")
      matches = find();
    if (!matches)
      return matches.err();
  }
  const auto results = send_batches(c, wish, *matches);
  return results ? tell(c, *results) : result<void>{results.err()};
}

} // namespace ratchet::cli
