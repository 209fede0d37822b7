#include "storage/attempt_tokens.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "storage/keys.hpp"
#include "storage/record.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

namespace ratchet::storage {

namespace {

constexpr std::size_t secret_bytes = 32;

} // namespace

result<attempt_secret>
load_or_make_secret(const store& from, write_batch& batch) {
  const auto key = attempt_secret_key::encode();
  const auto stored = from.get(column::meta, key);
  if (!stored)
    return stored.err();
  if (*stored) {
    const auto record = open_record(record_kind::attempt_secret, 1, **stored);
    if (!record)
      return error{
        record.err().code, "the secret of attempts: " + record.err().message};
    if (record->payload.size() != secret_bytes)
      return error{
        errc::corruption,
        "the secret of attempts has " + std::to_string(record->payload.size()) +
          " bytes, expected " + std::to_string(secret_bytes)};
    return attempt_secret{std::string{record->payload}};
  }
  std::array<unsigned char, secret_bytes> raw{};
  if (RAND_bytes(raw.data(), static_cast<int>(raw.size())) != 1)
    return error{
      errc::io_error, "the system gives no random bytes for a secret"};
  attempt_secret made{{reinterpret_cast<const char*>(raw.data()), raw.size()}};
  batch.put(
    column::meta, key,
    seal_record(record_kind::attempt_secret, {}, made.bytes));
  return made;
}

std::string
attempt_token(const attempt_secret& secret, std::string_view attempt_id) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  const auto* done = HMAC(
    EVP_sha256(), secret.bytes.data(), static_cast<int>(secret.bytes.size()),
    reinterpret_cast<const unsigned char*>(attempt_id.data()),
    attempt_id.size(), raw.data(), &size);
  RATCHET_ASSERT(done != nullptr && size == 32);
  return to_hex(
    std::string_view{reinterpret_cast<const char*>(raw.data()), size});
}

bool is_token_of(
  const attempt_secret& secret, std::string_view attempt_id,
  std::string_view token) {
  const auto expected = attempt_token(secret, attempt_id);
  return token.size() == expected.size() &&
    CRYPTO_memcmp(token.data(), expected.data(), expected.size()) == 0;
}

} // namespace ratchet::storage
