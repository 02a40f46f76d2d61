#include "client/engine/retry.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <string>
#include <string_view>

#include "client/engine/wait.h"

namespace ferry::client {
namespace {

constexpr int kGrowth = 4;

bool has_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != text.npos; });
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

double random_spread() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

bool is_about_the_password(const std::string& words) {
  return has_any(words, {"password", "incorrect", "attempt", "fail"});
}

}  // namespace

bool is_crowded(const Error& error) {
  if (error.reply_code != 421 && error.reply_code != 530) return false;
  const std::string words = lower(error.context);
  if (is_about_the_password(words)) return false;
  return error.reply_code == 421 || has_any(words, {"too many", "maximum", "limit", "exceeded"});
}

bool is_network_failure(const Error& error) {
  switch (error.kind) {
    case Errc::timeout:
    case Errc::closed:
    case Errc::reset:
    case Errc::refused:
      return true;
    default:
      return false;
  }
}

Remedy remedy_for(const Error& error) {
  if (is_crowded(error)) return Remedy::again;
  switch (error.kind) {
    case Errc::timeout:
    case Errc::closed:
    case Errc::reset:
    case Errc::refused:
      // "421 Login incorrect, too many times": the next try would be one more.
      return error.reply_code == 421 && is_about_the_password(lower(error.context)) ? Remedy::stop
                                                                                    : Remedy::again;
    case Errc::busy:
      return error.reply_code != 0 ? Remedy::again : Remedy::none;
    case Errc::io:
      // 4xx is "not now" (RFC 959 §4.2.1), 451 among them; without a reply it is this side's trouble.
      return error.reply_code >= 400 && error.reply_code < 500 ? Remedy::again : Remedy::none;
    case Errc::cancelled:
    case Errc::login_refused:
    case Errc::untrusted:
      return Remedy::stop;
    default:
      return Remedy::none;
  }
}

std::chrono::milliseconds RetryPolicy::wait_before(int retry, double spread) const {
  auto wait = std::min(first_wait, longest_wait);
  for (int i = 1; i < retry && wait < longest_wait; ++i) wait = std::min(wait * kGrowth, longest_wait);
  return wait +
         std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) / 4 * spread));
}

std::optional<std::chrono::milliseconds> Retries::after(Remedy remedy) {
  if (used_ >= policy_.retries || remedy != Remedy::again) return std::nullopt;
  ++attempt_;
  return policy_.wait_before(++used_, random_spread());
}

Status pause(std::chrono::milliseconds span, const Cancel& cancel) {
  auto waited = wait_ready(-1, 0, Deadline::after(span), &cancel);
  if (!waited && waited.error().kind == Errc::cancelled) return waited;
  return {};
}

}  // namespace ferry::client
