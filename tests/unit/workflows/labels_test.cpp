#include "workflows/labels.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;

namespace {

using label_map = std::map<std::string, std::string>;

label_iteration label(label_map set, std::vector<std::string> removed = {}) {
  return {std::move(set), std::move(removed), "ada", "to find it"};
}

} // namespace

TEST_CASE("labels are set, changed and taken away") {
  auto live = training();
  live.must(label({{"team", "vision"}, {"ticket", "R-7"}}));
  CHECK(live.it.labels == label_map{{"team", "vision"}, {"ticket", "R-7"}});
  live.must(label({{"team", "speech"}}, {"ticket"}));
  CHECK(live.it.labels == label_map{{"team", "speech"}});
  CHECK(summarize(live.it).labels == live.it.labels);
  CHECK(live.must(label({{"team", "speech"}}, {"nothing"})).empty());
}

TEST_CASE("an iteration is labeled after its end, too, and stays ended") {
  live_iteration live{{step("train")}};
  live.begin();
  live.finish("train");
  live.must(label({{"keep", "yes"}}));
  CHECK(live.it.labels.at("keep") == "yes");
  CHECK(live.it.outcome == iteration_outcome::completed);
}

TEST_CASE("labels that cannot be are refused") {
  auto live = training();
  for (const auto& wrong : std::vector<label_map>{
         {{"", "x"}},
         {{"a b", "x"}},
         {{std::string(64, 'a'), "x"}},
         {{"a", std::string(256, 'x')}},
         {{"a", "line\n"}},
         {{"a", "\xff"}}}) {
    CHECK_FALSE(check_labels(wrong).empty());
    CHECK(live.refused(label(wrong)).code == errc::invalid_argument);
  }
  CHECK(
    live.refused(label({{"a", "x"}}, {"a"})).code == errc::invalid_argument);
  CHECK(check_labels({{"a.b/c-d_1", ""}}).empty());
}

TEST_CASE("an iteration has no more labels than may be") {
  auto live = training();
  label_map many;
  for (std::size_t i = 0; i < most_labels; ++i)
    many["n" + std::to_string(i)] = "x";
  live.must(label(many));
  CHECK(live.refused(label({{"more", "x"}})).code == errc::invalid_argument);
  live.must(label({{"more", "x"}}, {"n0"}));
  CHECK(live.it.labels.size() == most_labels);
}
