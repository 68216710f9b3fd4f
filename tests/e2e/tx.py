"""Transactions written from docs/protocol.md, BIP340 and BIP350 alone: an opinion independent of the C code."""
import hashlib

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)
GRAINS_PER_ITC = 10**8


def tagged(tag, data):
    t = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(t + t + data).digest()


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and a[1] != b[1]:
        return None
    slope = (3 * a[0] * a[0] * pow(2 * a[1], -1, P) if a == b
             else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k):
    """k times the generator."""
    result, power = None, G
    while k:
        if k & 1:
            result = add(result, power)
        power = add(power, power)
        k >>= 1
    return result


def read_key(path):
    """The secret number in a key file."""
    with open(path) as f:
        prefix, digits = f.read().split()
    assert prefix == "itc-secret-1"
    return int(digits, 16)


def public_key(secret):
    return multiply(secret)[0].to_bytes(32, "big")


def sign(secret, message):
    """BIP340 with auxiliary randomness of zeros."""
    x, y = multiply(secret)
    d = secret if y % 2 == 0 else N - secret
    px = x.to_bytes(32, "big")
    mask = int.from_bytes(tagged("BIP0340/aux", bytes(32)), "big")
    seed = tagged("BIP0340/nonce", (d ^ mask).to_bytes(32, "big") + px + message)
    k = int.from_bytes(seed, "big") % N
    rx, ry = multiply(k)
    k = k if ry % 2 == 0 else N - k
    r = rx.to_bytes(32, "big")
    e = int.from_bytes(tagged("BIP0340/challenge", r + px + message), "big") % N
    return r + ((k + e * d) % N).to_bytes(32, "big")


def transfer(chain, secret, seq, to, grains, valid_until=0, close=False):
    """Returns (id, bytes) of a signed transfer; `chain` as hex, `to` a public key."""
    body = (bytes([1, 1]) + public_key(secret) + seq.to_bytes(8, "little")
            + valid_until.to_bytes(8, "little") + to + grains.to_bytes(8, "little")
            + bytes([close]))
    tx_id = tagged("itc/tx", bytes.fromhex(chain) + body)
    return tx_id, body + sign(secret, tx_id)


def address(key, prefix="ritc"):
    """bech32m of the type byte 0 and the key."""
    number = int.from_bytes(bytes([0]) + key, "big") << 1  # 264 bits, padded to 53 groups of 5
    data = [number >> (5 * i) & 31 for i in reversed(range(53))]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in expanded + data + [0] * 6:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= g if top >> i & 1 else 0
    check ^= 0x2BC830A3
    data += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[d] for d in data)
