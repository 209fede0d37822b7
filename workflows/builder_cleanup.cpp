#include "ratchet/loop.hpp"

namespace ratchet {

loop& loop::on_failure(std::string name, const command& stage) {
  return add_cleanup(
    workflows::cleanup_kind::on_failure, std::move(name), stage);
}

loop& loop::on_failure(std::string name, const callable& stage) {
  return add_cleanup(
    workflows::cleanup_kind::on_failure, std::move(name), stage);
}

loop& loop::always(std::string name, const command& stage) {
  return add_cleanup(workflows::cleanup_kind::always, std::move(name), stage);
}

loop& loop::always(std::string name, const callable& stage) {
  return add_cleanup(workflows::cleanup_kind::always, std::move(name), stage);
}

loop& loop::compensate(const command& stage) {
  if (const auto* undone = last_stage("compensate"))
    add_cleanup(
      workflows::cleanup_kind::compensate, "compensate " + undone->name, stage,
      undone->name);
  return *this;
}

loop& loop::compensate(const callable& stage) {
  if (const auto* undone = last_stage("compensate"))
    add_cleanup(
      workflows::cleanup_kind::compensate, "compensate " + undone->name, stage,
      undone->name);
  return *this;
}

loop& loop::add_cleanup(
  workflows::cleanup_kind kind, std::string name, const command& stage,
  std::string undoes) {
  if (!stage.mistake().empty())
    note_mistake("stage \"" + name + "\": " + stage.mistake());
  auto definition = stage.definition();
  definition.name = std::move(name);
  return add_cleanup({kind, std::move(undoes), std::move(definition)});
}

loop& loop::add_cleanup(
  workflows::cleanup_kind kind, std::string name, const callable& stage,
  std::string undoes) {
  auto definition = stage.definition();
  definition.name = std::move(name);
  functions_.insert_or_assign(definition.name, stage.function());
  return add_cleanup({kind, std::move(undoes), std::move(definition)});
}

loop& loop::add_cleanup(workflows::cleanup_definition cleanup) {
  if (cleanup.kind == workflows::cleanup_kind::compensate) {
    for (const auto& other : definition_.cleanup)
      if (
        other.kind == workflows::cleanup_kind::compensate &&
        other.undoes == cleanup.undoes)
        note_mistake(
          "stage \"" + cleanup.undoes + "\": a second compensation; keep one");
  } else {
    after_cleanup_ = true;
  }
  definition_.cleanup.push_back(std::move(cleanup));
  return *this;
}

} // namespace ratchet
