"""A cursor over the content of one packet; running out of bytes is a CodecError."""

from __future__ import annotations

from allconnects.telemetry.codecs.base import CodecError


class Reader:
    """Reads big-endian numbers from ``data`` in order."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes. Raises CodecError when fewer are left."""
        if count < 0 or count > self.left:
            raise CodecError("gt06: the packet is shorter than its layout")
        start = self._at
        self._at += count
        return self._data[start : self._at]

    def peek(self, count: int) -> bytes:
        """Up to ``count`` next bytes, not consumed."""
        return self._data[self._at : self._at + count]

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self.take(self.left)

    def text(self, count: int, encoding: str = "ascii") -> str:
        """``count`` bytes of text, without the zero bytes that pad it and that no database keeps."""
        return self.take(count).decode(encoding, "replace").replace("\0", "")

    def unsigned(self, size: int) -> int:
        """An unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "big")

    def signed(self, size: int) -> int:
        """A two's complement number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def little(self, size: int) -> int:
        """An unsigned little-endian number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def u8(self) -> int:
        """An unsigned byte."""
        return self.unsigned(1)

    def u16(self) -> int:
        """An unsigned 16-bit number."""
        return self.unsigned(2)

    def u32(self) -> int:
        """An unsigned 32-bit number."""
        return self.unsigned(4)
