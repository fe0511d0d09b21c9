// SPDX-License-Identifier: Apache-2.0
// Primitives against published vectors (FIPS 180-4, RFC 4231, 5869, 7748, 8032) and against bad
// inputs (ZZ-2.2).
#include <QTest>

#include "protocol/crypto/constant_time.h"
#include "protocol/crypto/ed25519.h"
#include "protocol/crypto/hmac.h"
#include "protocol/crypto/random.h"
#include "protocol/crypto/sha256.h"
#include "protocol/crypto/x25519.h"

namespace zz::crypto {
namespace {

Bytes hex(std::string_view text) {
    Bytes out;
    if (!from_hex(text, out))
        qFatal("bad hexadecimal in a test vector");
    return out;
}

} // namespace

class CryptoTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void sha256_vectors();
    void sha256_in_pieces_equals_whole();
    void hmac_vectors();
    void hmac_copies_are_independent();
    void ed25519_vector();
    void ed25519_refuses_any_changed_bit();
    void ed25519_verifies_nothing_under_a_bad_key();
    void x25519_vector();
    void x25519_refuses_small_order();
    void hkdf_depends_on_every_input();
    void equality_in_constant_time();
    void randomness_differs();
};

void CryptoTest::sha256_vectors() {
    QCOMPARE(to_hex(sha256(ByteView()).view()),
             std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(to_hex(sha256(view_of("abc")).view()),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

void CryptoTest::sha256_in_pieces_equals_whole() {
    const Bytes all(1000, 0x5a);
    const ByteView v(all);
    Sha256 hash;
    hash.update(v.first(1)).update(v.subspan(1, 500)).update({}).update(v.subspan(501));
    QVERIFY(hash.finish() == sha256(v));
    QVERIFY(hash.update(view_of("abc")).finish() == sha256(view_of("abc")));
    QVERIFY(sha256({v.first(7), v.subspan(7)}) == sha256(v));
}

void CryptoTest::hmac_vectors() {
    MacKey key(Bytes(20, 0x0b));
    const std::string expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
    for (int i = 0; i < 3; ++i)
        QCOMPARE(to_hex(key.full({view_of("Hi There")}).view()), expected);
    QCOMPARE(to_hex(key.tag(view_of("Hi There")).view()), expected.substr(0, 32));
    QVERIFY(key.tag({view_of("Hi "), view_of("There")}) == key.tag(view_of("Hi There")));
    Tag tag = key.tag(view_of("Hi There"));
    QVERIFY(key.verify(view_of("Hi There"), tag));
    tag.bytes[15] ^= 1;
    QVERIFY(!key.verify(view_of("Hi There"), tag));
}

void CryptoTest::hmac_copies_are_independent() {
    MacKey a(view_of("Jefe"));
    MacKey b(a);
    MacKey c(view_of("another key"));
    c = b;
    MacKey d(std::move(b));
    const Tag tag = a.tag(view_of("message"));
    QVERIFY(c.tag(view_of("message")) == tag);
    QVERIFY(d.tag(view_of("message")) == tag);
    QVERIFY(MacKey(view_of("jefe")).tag(view_of("message")) != tag);
}

void CryptoTest::ed25519_vector() {
    const auto pair = SigningKeyPair::from_seed(
        Secret(hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")));
    QCOMPARE(to_hex(pair.public_key().view()),
             std::string("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    const Signature s = pair.sign(hex("72"));
    QCOMPARE(to_hex(s.view()),
             std::string("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
    QVERIFY(VerifyKey(pair.public_key()).verify(hex("72"), s));
}

void CryptoTest::ed25519_refuses_any_changed_bit() {
    const auto pair = SigningKeyPair::generate();
    const VerifyKey key(pair.public_key());
    Bytes message = bytes_of("vote");
    const Signature good = pair.sign(message);
    QVERIFY(key.verify(message, good));
    for (std::size_t bit = 0; bit < 8 * Signature::size; ++bit) {
        Signature bad = good;
        bad.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        QVERIFY2(!key.verify(message, bad), qPrintable(QString("bit %1").arg(bit)));
    }
    message.push_back(0);
    QVERIFY(!key.verify(message, good));
    QVERIFY(!VerifyKey(SigningKeyPair::generate().public_key()).verify(view_of("vote"), good));
    QVERIFY(VerifyKey(key).verify(view_of("vote"), good));
}

void CryptoTest::ed25519_verifies_nothing_under_a_bad_key() {
    const auto pair = SigningKeyPair::generate();
    SigningKey not_a_point;
    not_a_point.bytes.fill(0xff);
    QVERIFY(!VerifyKey(not_a_point).verify(view_of("m"), pair.sign(view_of("m"))));
    QVERIFY(!VerifyKey(not_a_point).verify(view_of("m"), Signature{}));
    QVERIFY(!VerifyKey(pair.public_key()).verify({}, Signature{}));
}

void CryptoTest::x25519_vector() {
    // RFC 7748, 5.2: one iteration from k = u = 9.
    ExchangeKey nine;
    nine.bytes[0] = 9;
    const auto alice = ExchangeKeyPair::from_private(Secret(nine.view()));
    const auto iterated = alice.shared_secret(nine);
    QVERIFY(iterated);
    QCOMPARE(to_hex(iterated->view()),
             std::string("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
    const auto bob = ExchangeKeyPair::generate();
    const auto one = alice.shared_secret(bob.public_key());
    const auto two = bob.shared_secret(alice.public_key());
    QVERIFY(one && two);
    QVERIFY(equal(one->view(), two->view()));
}

void CryptoTest::x25519_refuses_small_order() {
    const auto pair = ExchangeKeyPair::generate();
    ExchangeKey zero, one;
    one.bytes[0] = 1;
    QVERIFY(!pair.shared_secret(zero));
    const auto refused = pair.shared_secret(one);
    QVERIFY(!refused);
    QVERIFY(refused.error().text.find("01000000") != std::string::npos);
}

void CryptoTest::hkdf_depends_on_every_input() {
    const Secret secret = random_secret();
    const auto same = [](const Secret& a, const Secret& b) { return equal(a.view(), b.view()); };
    const Secret base = derive(secret, view_of("salt"), view_of("info"));
    QVERIFY(same(base, derive(secret, view_of("salt"), view_of("info"))));
    QVERIFY(!same(base, derive(secret, view_of("Salt"), view_of("info"))));
    QVERIFY(!same(base, derive(secret, view_of("salt"), view_of("inf"))));
    QVERIFY(!same(base, derive(random_secret(), view_of("salt"), view_of("info"))));
    QVERIFY(same(derive(secret, {}, {}), derive(secret, {}, {})));
    // HKDF by its definition in RFC 5869: extract, then one block of expand.
    MacKey extract(view_of("salt"));
    MacKey expand(extract.full({secret.view()}).view());
    const Bytes counter{1};
    QVERIFY(equal(base.view(), expand.full({view_of("info"), counter}).view()));
}

void CryptoTest::equality_in_constant_time() {
    QVERIFY(equal({}, {}));
    QVERIFY(equal(view_of("abc"), view_of("abc")));
    QVERIFY(!equal(view_of("abc"), view_of("abd")));
    QVERIFY(!equal(view_of("abc"), view_of("ab")));
}

void CryptoTest::randomness_differs() {
    QVERIFY(!equal(random_secret().view(), random_secret().view()));
}

} // namespace zz::crypto

QTEST_APPLESS_MAIN(zz::crypto::CryptoTest)
#include "crypto_test.moc"
