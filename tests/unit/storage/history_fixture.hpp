#pragma once

#include "storage/history.hpp"
#include "storage/store.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::test {

inline event interaction(std::string id, std::string subject = {}) {
  event e;
  e.kind = event_kind::interaction;
  e.id = std::move(id);
  e.subject = std::move(subject);
  e.input = "[1,2]";
  return e;
}

inline event feedback(
  std::string id, std::string interaction_id, std::string label = "7",
  std::string subject = {}) {
  event e;
  e.kind = event_kind::feedback;
  e.id = std::move(id);
  e.interaction_id = std::move(interaction_id);
  e.channel = "correction";
  e.value = std::move(label);
  e.subject = std::move(subject);
  return e;
}

inline storage::event_batch make_batch(
  std::string loop, const std::vector<event>& events,
  time_point received = from_ms(1000)) {
  storage::event_batch batch;
  batch.loop = std::move(loop);
  batch.received = received;
  std::uint32_t index = 0;
  for (const auto& e : events) {
    std::vector<storage::event_view::slice> slices;
    for (const auto& [name, value] : e.slices)
      slices.emplace_back(name, value);
    storage::event_view view;
    view.kind = e.kind;
    view.id = e.id;
    view.interaction_id = e.interaction_id;
    view.channel = e.channel;
    if (const auto* flag = std::get_if<bool>(&e.value))
      view.value = *flag;
    else if (const auto* number = std::get_if<double>(&e.value))
      view.value = *number;
    else
      view.value = std::string_view{*std::get_if<std::string>(&e.value)};
    view.subject = e.subject;
    view.version = e.version;
    view.arm = e.arm;
    view.propensity = e.propensity;
    view.at = e.at;
    view.slices = slices;
    view.input = e.input;
    view.output = e.output;
    view.metadata = e.metadata;
    batch.add(view, index++);
  }
  return batch;
}

/// A store and the history in it, with a journal's steps as one-liners.
class history_fixture {
public:
  explicit history_fixture(storage::history_options options = {})
      : options_(options) {
    open();
  }

  void open() {
    storage::store_options in;
    in.directory = dir.path();
    in.before_write = [this](const storage::write_batch&) -> result<void> {
      if (broken)
        return error{errc::io_error, "no space left on device"};
      return {};
    };
    auto opened = storage::store::open(in);
    if (!opened)
      FAIL(opened.err().message);
    db = std::move(*opened);
    auto read = storage::history::open(*db, options_);
    if (!read)
      FAIL(read.err().message);
    log = std::move(*read);
  }
  void close() {
    log.reset();
    db.reset();
  }
  void reopen() {
    close();
    open();
  }
  /// As after a kill: what the index had only in memory is lost.
  void reopen_without_index() {
    close();
    std::filesystem::remove_all(dir.path() / "index");
    open();
  }

  loop_number add_loop(const std::string& name) {
    storage::write_batch batch;
    const auto number = log->register_loop(name, batch);
    REQUIRE(number.ok());
    REQUIRE(db->commit(batch).ok());
    return *number;
  }
  storage::append_outcome stage(storage::event_batch batch) {
    auto outcome = log->stage(std::move(batch));
    if (!outcome)
      FAIL(outcome.err().message);
    return *outcome;
  }
  void commit() {
    storage::write_batch batch;
    log->seal(batch);
    REQUIRE(db->commit(batch).ok());
    log->committed();
  }
  storage::append_outcome append(storage::event_batch batch) {
    auto outcome = stage(std::move(batch));
    commit();
    return outcome;
  }
  void retain(loop_number loop, sequence keep_from) {
    storage::write_batch batch;
    REQUIRE(log->retain(loop, keep_from, batch).ok());
    log->seal(batch);
    REQUIRE(db->commit(batch).ok());
    log->committed();
  }

  std::vector<stored_event> all(loop_number loop) {
    std::vector<stored_event> out;
    for (sequence after;;) {
      auto page = log->read(loop, after, {.events = 3, .bytes = 1U << 20U});
      if (!page)
        FAIL(page.err().message);
      for (auto& e : page->events)
        out.push_back(std::move(e));
      after = page->next;
      if (page->at_end)
        return out;
    }
  }
  std::vector<std::string> ids(loop_number loop) {
    std::vector<std::string> out;
    for (const auto& e : all(loop))
      out.push_back(e.content.id);
    return out;
  }

  temp_dir dir;
  bool broken = false;
  std::unique_ptr<storage::store> db;
  std::unique_ptr<storage::history> log;

private:
  storage::history_options options_;
};

} // namespace ratchet::test
