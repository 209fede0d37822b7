#include "analysis/detail/retrain_sentence.hpp"

#include <array>
#include <charconv>

namespace ratchet::analysis::detail {

namespace {

std::string show(double x) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(
    text.data(), text.data() + text.size(), x, std::chars_format::general, 3);
  return {text.data(), end.ptr};
}

std::string labels(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " new label" : " new labels");
}

std::string until(const retrain_decision& d) {
  return "until " + to_iso8601(*d.until);
}

std::string money(const retrain_decision& d) {
  if (!d.net)
    return "";
  return ": the error should fall by " + show(*d.gain) + ", worth " +
    show(*d.net) + " more than it costs";
}

std::string drop_reason(const retrain_policy& p, const retrain_inputs& in) {
  if (in.drop_alarm)
    return "the drop detector is in alarm";
  if (p.low && in.metric && *in.metric < *p.low)
    return "the metric is " + show(*in.metric) + ", below " + show(*p.low);
  return "the metric dropped earlier";
}

std::string text_of(
  const retrain_policy& p, const retrain_state& s, const retrain_inputs& in,
  const retrain_decision& d) {
  switch (d.verdict) {
  case retrain_verdict::in_flight:
    return "training " + std::to_string(s.starts) + " is under way";
  case retrain_verdict::needs_operator:
    return "training broke " + std::to_string(s.broken) +
      " times in a row: look at its log, then acknowledge";
  case retrain_verdict::backing_off:
    return "training broke " + std::to_string(s.broken) +
      (s.broken == 1 ? " time" : " times") + ": waiting " + until(d);
  case retrain_verdict::cooling_down:
    return "the last training ended at " + to_iso8601(*s.last_end) +
      (s.failed_gates == 0 ? ""
                           : " and failed its gate, number " +
           std::to_string(s.failed_gates) + " in a row") +
      ": cooling down " + until(d);
  case retrain_verdict::insufficient:
    return labels(in.new_labels) + " of " + std::to_string(p.min_labels) +
      " without which nothing is trained";
  case retrain_verdict::drop:
    return "training because " + drop_reason(p, in) + ", on " +
      labels(in.new_labels);
  case retrain_verdict::area:
    return "training because " + in.area + " is confirmed to be worse, with " +
      std::to_string(*in.area_labels) + " labeled rows" + money(d);
  case retrain_verdict::count:
    return "training because there are " + labels(in.new_labels) + money(d);
  case retrain_verdict::stale:
    return "training because the last one ended " +
      format_duration(in.now - *s.last_end) + " ago, on " +
      labels(in.new_labels) + money(d);
  case retrain_verdict::not_worth:
    return "a training on " + labels(in.new_labels) +
      " would lower the error by " + show(*d.gain) + ", which is worth " +
      show(*d.net + in.economy->cost) + " at a cost of " +
      show(in.economy->cost) + ": too little";
  case retrain_verdict::nothing:
    return labels(in.new_labels) + ", no drop, no area, not stale";
  }
  return {};
}

} // namespace

std::string retrain_sentence(
  const retrain_policy& p, const retrain_state& s, const retrain_inputs& in,
  const retrain_decision& d) {
  auto text = text_of(p, s, in, d);
  if (d.asks_for_labels)
    text += "; the input has drifted: label more of what comes now";
  return text;
}

} // namespace ratchet::analysis::detail
