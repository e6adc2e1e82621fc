"""Base45 (RFC 9285): bytes as text of the 45 characters that a QR code packs into 5.5 bits each.

Strict: exactly one text for each sequence of bytes. Our own, since the package of that name has stood still since 2022.
"""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGITS = {symbol: value for value, symbol in enumerate(_ALPHABET)}


def encode(data: bytes) -> str:
    """The text of `data`: three characters for two bytes, two for a last odd one."""
    symbols: list[str] = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            symbols.append(_ALPHABET[digit])
    return "".join(symbols)


def decode(text: str) -> bytes:
    """The bytes that `text` stands for; ValueError when it is no base45 (RFC 9285 section 6)."""
    if len(text) % 3 == 1:
        raise ValueError(f"no base45: {len(text)} characters; one stands alone at the end")
    data = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        try:
            number = sum(_DIGITS[symbol] * 45**place for place, symbol in enumerate(group))
        except KeyError:
            raise ValueError(f"no base45: a character within {start}..{start + len(group) - 1} is not in it") from None
        try:
            data += number.to_bytes(len(group) - 1, "big")
        except OverflowError:
            raise ValueError(f"no base45: the group at {start} stands for more than its bytes hold") from None
    return bytes(data)
