#include "cli/verbs.hpp"
#include "fake_engine.hpp"

using namespace ratchet;
using namespace ratchet::cli;

TEST_CASE_METHOD(verb_fixture, "definitions are listed with dates", "[cli]") {
  fake.answers("GET /v1/loops/digits/definitions", R"({"definitions":[
    {"fingerprint":"0123abcd","first_hosted":"2026-08-22T10:15:30.000Z",
     "last_hosted":"2026-08-22T10:15:50.000Z","hosted":true,"in_flight":2},
    {"fingerprint":"4567cdef","first_hosted":null,"last_hosted":null,
     "hosted":false,"in_flight":0}]})");
  REQUIRE(list_definitions(context, "digits").ok());
  CHECK(
    out.text() ==
    "FINGERPRINT  FIRST HOSTED  LAST HOSTED  IN FLIGHT\n"
    "0123abcd     30s ago       10s ago              2  hosted\n"
    "4567cdef     -             -                    0\n");
}

TEST_CASE_METHOD(verb_fixture, "a diff is told setting by setting", "[cli]") {
  fake.answers(
    "GET /v1/loops/digits/definitions/diff?from=45&to=01",
    R"({"from":"4567cdef","to":"0123abcd","changes":[
     {"place":"stage \"train\"","name":"timeout","before":"1h","after":"2h"},
     {"place":"stage \"tune\"","name":"","before":null,
      "after":"command tune"},
     {"place":"stage \"old\"","name":"","before":"function","after":null}]})");
  REQUIRE(compare_definitions(context, "digits", "45", "01").ok());
  CHECK(
    out.text() ==
    "from 4567cdef to 0123abcd\n"
    "\n"
    "PLACE          SETTING    BEFORE    AFTER\n"
    "stage \"train\"  timeout    1h        2h\n"
    "stage \"tune\"   (added)    -         command tune\n"
    "stage \"old\"    (removed)  function  -\n");
}

TEST_CASE_METHOD(
  verb_fixture, "loops that nobody hosts say so in the list", "[cli]") {
  fake.answers("GET /v1/loops?all=true", R"({"loops":[
    {"name":"digits","running":[],"orphaned":true},
    {"name":"spam","running":[3],"orphaned":true,"archived":true}]})");
  REQUIRE(list_loops(context, true).ok());
  CHECK(
    out.text() ==
    "LOOP    STATE     ITERATION  CHAMPION  EVENTS\n"
    "digits  orphaned          0  -              0\n"
    "spam    archived          0  -              0\n");
}

TEST_CASE_METHOD(verb_fixture, "a loop is exported block by block", "[cli]") {
  fake.answers(
    "GET /v1/loops/digits/export", "one\n", 200, {{"Ratchet-Next", "1-0-5-0"}});
  fake.answers("GET /v1/loops/digits/export?after=1-0-5-0", "two\n");
  REQUIRE(export_loop(context, "digits").ok());
  CHECK(out.text() == "one\ntwo\n");
}
