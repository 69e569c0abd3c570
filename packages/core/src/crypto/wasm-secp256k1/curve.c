/* What RLPx needs of secp256k1, from libsecp256k1; scripts/generate-secp256k1.mjs compiles it to WebAssembly.
 *
 * Everything goes through one room of 256 bytes, which the caller wipes:
 *     0  a private key, or a hash (32)
 *    32  the mark of an uncompressed point, written once (1)
 *    33  a public key (64), or a hash (32), or a signature r, s, v (65)
 *   128  a result: a mark and a public key (65), a shared secret (32), or a signature (65)
 * Whatever is secret is handled by the library's constant-time functions. Every function answers 1, or 0 for an input
 * that is none. */
#include "secp256k1.c"
#include "precomputed_ecmult.c"
#include "precomputed_ecmult_gen.c"

/* The crate whose sources these are renames the library's symbols. */
#define NAME(x) rustsecp256k1_v0_14_##x
#define EXPORT(x) __attribute__((export_name(#x)))

static unsigned char room[256];
static unsigned char *const first = room, *const second = room + 33, *const result = room + 128;

static __attribute__((aligned(16))) unsigned char space[256];
static NAME(context) * context;

/* The library calls these for what its caller must never do. */
void NAME(default_illegal_callback_fn)(const char *message, void *data) { __builtin_trap(); }
void NAME(default_error_callback_fn)(const char *message, void *data) { __builtin_trap(); }

static int keep_x(unsigned char *output, const unsigned char *x, const unsigned char *y, void *data) {
    memcpy(output, x, 32);
    return 1;
}

static int read_key(NAME(pubkey) * key) { return NAME(ec_pubkey_parse)(context, key, room + 32, 65); }

static void write_key(const NAME(pubkey) * key) {
    size_t length = 65;
    NAME(ec_pubkey_serialize)(context, result, &length, key, SECP256K1_EC_UNCOMPRESSED);
}

/* Where the room is. */
EXPORT(place) unsigned char *place(void) { return room; }

/* Once, with 32 random bytes at 0, by which the library blinds what it does with secrets. */
EXPORT(start) void start(void) {
    if (NAME(context_preallocated_size)(SECP256K1_CONTEXT_NONE) > sizeof space) __builtin_trap();
    context = NAME(context_preallocated_create)(space, SECP256K1_CONTEXT_NONE);
    if (!NAME(context_randomize)(context, first)) __builtin_trap();
    room[32] = 4;
}

/* Whether there is a public key at 33. */
EXPORT(check) int check(void) {
    NAME(pubkey) key;
    return read_key(&key);
}

/* The public key of the private key at 0. */
EXPORT(derive) int derive(void) {
    NAME(pubkey) key;
    if (!NAME(ec_pubkey_create)(context, &key, first)) return 0;
    write_key(&key);
    return 1;
}

/* x of the point that the private key at 0 and the public key at 33 share. */
EXPORT(share) int share(void) {
    NAME(pubkey) key;
    if (!read_key(&key)) return 0;
    return NAME(ecdh)(context, result, &key, first, keep_x, NULL);
}

/* Signs the hash at 33 with the private key at 0; the nonce is that of RFC 6979. */
EXPORT(sign) int sign(void) {
    NAME(ecdsa_recoverable_signature) signature;
    int v;
    if (!NAME(ecdsa_sign_recoverable)(context, &signature, second, first, NULL, NULL)) return 0;
    NAME(ecdsa_recoverable_signature_serialize_compact)(context, result, &v, &signature);
    result[64] = (unsigned char)v;
    return 1;
}

/* The public key whose signature of the hash at 0 lies at 33; v must be from 0 to 3. */
EXPORT(recover) int recover(void) {
    NAME(ecdsa_recoverable_signature) signature;
    NAME(pubkey) key;
    if (!NAME(ecdsa_recoverable_signature_parse_compact)(context, &signature, second, second[64])) return 0;
    if (!NAME(ecdsa_recover)(context, &key, &signature, first)) return 0;
    write_key(&key);
    return 1;
}

/* There is no C library. */
void *memset(void *to, int value, size_t length) { return __builtin_memset(to, value, length); }
void *memcpy(void *to, const void *from, size_t length) { return __builtin_memcpy(to, from, length); }
void *memmove(void *to, const void *from, size_t length) { return __builtin_memmove(to, from, length); }
int memcmp(const void *left, const void *right, size_t length) {
    const unsigned char *a = left, *b = right;
    for (; length > 0; length--, a++, b++)
        if (*a != *b) return *a - *b;
    return 0;
}
