#include "stages.hpp"

#include "model.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace complex_example {

using namespace ratchet;
namespace fs = std::filesystem;

namespace {

double pace() {
  const char* given = std::getenv("PACE");
  return given == nullptr ? 1 : std::strtod(given, nullptr);
}

/// Pieces of work, each of which takes its time. False: told to stop.
bool labor(stage_context& context, int pieces, const std::string& what) {
  using namespace std::chrono;
  const auto step =
    duration_cast<milliseconds>(std::chrono::duration<double>{pace() / 10});
  for (int i = 0; i < 10 * pieces; ++i) {
    if (context.canceled())
      return false;
    context.progress(i / (10.0 * pieces), what);
    std::this_thread::sleep_for(step);
  }
  return true;
}

const error stopped{errc::unavailable, "told to stop"};

fs::path status_page(const stage_context& context) {
  const char* given = std::getenv("STATUS_PAGE");
  const fs::path directory = given == nullptr ? "." : given;
  return directory /
    (context.loop() + "-" + std::to_string(context.iteration().value) + ".txt");
}

struct recipe {
  double rate;
  int passes;
};

recipe recipe_of(const std::string& name) {
  if (name == "cautious")
    return {.rate = 0.001, .passes = 1};
  if (name == "steady")
    return {.rate = 0.05, .passes = 4};
  return {.rate = 0.5, .passes = 8};
}

std::string short_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", number);
  return text.data();
}

result<std::vector<message>>
rows_of(stage_context& context, const std::string& file) {
  const auto dataset = context.input_dir("dataset");
  if (!dataset)
    return dataset.err();
  return read_messages(*dataset / file);
}

void write_scores(
  std::ofstream& out, const char* name, const model& judged,
  const std::vector<message>& rows) {
  for (const auto& row : rows)
    out << R"({"sample_id":")" << row.id << R"(","metric":"accuracy","model":")"
        << name << R"(","score":)"
        << (judged.escalates(row) == row.escalate ? 1 : 0) << "}\n";
}

} // namespace

result<stage_output> announce(stage_context& context) {
  // A retry announces nothing twice.
  const auto told = context.step("tell", [&] {
    std::ofstream(status_page(context)) << "a new version is in the making\n";
  });
  if (!told)
    return told.err();
  return stage_output{};
}

result<stage_output> withdraw(stage_context& context) {
  fs::remove(status_page(context));
  context.log("withdrawn: " + context.outcome_reason());
  return stage_output{};
}

result<stage_output> profile(stage_context& context) {
  const auto rows = rows_of(context, "train.jsonl");
  if (!rows)
    return rows.err();
  std::vector<message> own;
  for (const auto& row : *rows)
    if (row.language == context.item())
      own.push_back(row);
  if (!labor(context, 1, context.item()))
    return stopped;
  if (own.size() < 5)
    return context.fail(
      "too_few_rows",
      context.item() + " has " + std::to_string(own.size()) +
        " rows; 5 tell something");
  stage_output made{{{"rows", std::to_string(own.size())}}};
  if (const auto champion = context.champion())
    made.values["accuracy"] = short_text(accuracy(model::read(*champion), own));
  return made;
}

result<stage_output> train(stage_context& context) {
  const auto rows = rows_of(context, "train.jsonl");
  if (!rows)
    return rows.err();
  const auto recipe = recipe_of(context.item());
  model made;
  for (int pass = 1; pass <= recipe.passes; ++pass) {
    made.learn(*rows, recipe.rate);
    context.progress(
      static_cast<double>(pass) / recipe.passes,
      "pass " + std::to_string(pass));
  }
  if (!labor(context, 3, context.item()))
    return stopped;
  made.write(context.output_dir() / "model.json");
  return stage_output{{{"accuracy", short_text(accuracy(made, *rows))}}};
}

result<stage_output> evaluate(stage_context& context) {
  const auto rows = rows_of(context, "eval.jsonl");
  const auto trained = context.input_dir("train");
  if (!rows || !trained)
    return rows ? trained.err() : rows.err();
  if (!labor(context, 1, context.item()))
    return stopped;
  std::ofstream scores(context.output_dir() / "scores.jsonl");
  write_scores(
    scores, "challenger", model::read(*trained / "model.json"), *rows);
  if (const auto champion = context.champion())
    write_scores(scores, "champion", model::read(*champion), *rows);
  return stage_output{};
}

result<stage_output> page(stage_context& context) {
  context.log(
    "iteration " + std::to_string(context.iteration().value) + " of " +
    context.loop() + " failed: " + context.outcome_reason());
  return stage_output{{{"paged", "on-duty"}}};
}

result<stage_output> report(stage_context& context) {
  return stage_output{{{"outcome", context.outcome()}}};
}

result<stage_output> survey(stage_context& context) {
  if (!labor(context, 2, "asking"))
    return stopped;
  std::ofstream(context.output_dir() / "model.json")
    << R"({"missed_escalation_costs":3})" << '\n';
  return stage_output{};
}

} // namespace complex_example
