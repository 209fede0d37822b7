#include "storage/attempt_tokens.hpp"

#include "storage/keys.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::storage;

TEST_CASE("a token is an HMAC of the attempt's id", "[storage][tokens]") {
  // RFC 4231, test case 2.
  CHECK(
    attempt_token({"Jefe"}, "what do ya want for nothing?") ==
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a token is of one attempt and one secret", "[storage][tokens]") {
  const attempt_secret secret{std::string(32, 's')};
  const auto token = attempt_token(secret, "digits.7.train.2");
  CHECK(is_token_of(secret, "digits.7.train.2", token));
  CHECK_FALSE(is_token_of(secret, "digits.7.train.3", token));
  CHECK_FALSE(is_token_of({std::string(32, 't')}, "digits.7.train.2", token));
  CHECK_FALSE(is_token_of(secret, "digits.7.train.2", ""));
  CHECK_FALSE(is_token_of(secret, "digits.7.train.2", token.substr(0, 63)));
  CHECK_FALSE(is_token_of(secret, "digits.7.train.2", token + "0"));
}

TEST_CASE("a store keeps its secret", "[storage][tokens]") {
  const test::temp_dir directory;
  std::string first;
  for (int i = 0; i < 2; ++i) {
    auto opened = store::open({directory.path() / "db"});
    REQUIRE(opened.ok());
    write_batch batch;
    const auto secret = load_or_make_secret(**opened, batch);
    REQUIRE(secret.ok());
    CHECK(secret->bytes.size() == 32);
    CHECK(batch.empty() == (i == 1));
    REQUIRE((*opened)->commit(batch).ok());
    if (i == 0)
      first = secret->bytes;
    CHECK(secret->bytes == first);
  }
}

TEST_CASE("a damaged secret is reported", "[storage][tokens]") {
  const test::temp_dir directory;
  auto opened = store::open({directory.path() / "db"});
  REQUIRE(opened.ok());
  write_batch batch;
  batch.put(column::meta, attempt_secret_key::encode(), "not a record");
  REQUIRE((*opened)->commit(batch).ok());
  write_batch none;
  CHECK(load_or_make_secret(**opened, none).err().code == errc::corruption);
}
