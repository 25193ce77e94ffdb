"""Segments: old entries in sealed, compressed files that any tool can read.

A segment is a gzip file of several members (RFC 1952, 2.2): ``zcat`` prints one JSON line about the
segment and then one line per entry, its canonical bytes. The first line says where each block of
entries begins and which hash stands before it, so that one entry is found by reading one block. It
also carries the seal, the SHA-256, of the segment before it: segments are linked as entries are.
"""

import errno
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.core.entry import Position, Recorded, link_hash
from agent.ledger.entries import read_kept
from agent.ledger.errors import LedgerDamaged, LedgerError, LedgerUnavailable
from agent.ledger.places import make_private, sync_directory

__all__ = ["Archive", "Segment"]

_ENTRIES_PER_BLOCK = 64
_GZIP = 31  # zlib's window bits for a gzip member
_LOST = (errno.ENOENT, errno.EISDIR, errno.EIO, errno.EBADMSG, errno.EUCLEAN)
"""What the system says of a file that is gone, or of a disk that cannot give its bytes back."""


class Segment(NamedTuple):
    """A sealed file as the database knows it."""

    epoch: int
    first_seq: int
    last_seq: int
    last_hash: bytes
    seal: bytes

    @property
    def name(self) -> str:
        """Its file's name, in the order of the journal."""
        return f"{self.epoch:06}-{self.first_seq:012}-{self.last_seq:012}.jsonl.gz"


class _Block(msgspec.Struct, frozen=True):
    """Where a block stands, which entry it begins with, and the hash before that one."""

    offset: int
    length: int
    first_seq: int
    prev_hash: str


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. Offsets of blocks count from the end of the header's own member."""

    tapledger_segment: int = 1
    epoch: int
    first_seq: int
    last_seq: int
    prev_seal: str
    last_hash: str
    blocks: tuple[_Block, ...]


class Archive:
    """The segments of one ledger. Reads need no lock: a sealed file never changes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # A retry or a return asks for the same old entries again; a block is some 130 kB.
        self._block = lru_cache(maxsize=8)(self._read_block)
        self._header = lru_cache(maxsize=8)(self._read_header)

    def seal(
        self, entries: Iterable[tuple[Position, bytes]], *, prev_hash: bytes, prev_seal: bytes
    ) -> Segment:
        """Write consecutive entries of one epoch; when this returns, they are on disk.

        Raises OSError; a file that was not finished has no name that counts.
        """
        blocks, body, pending = list[_Block](), bytearray(), list[tuple[Position, bytes]]()
        last: Position | None = None

        def flush() -> None:
            nonlocal prev_hash
            packed = _gzip(b"".join(canonical + b"\n" for _, canonical in pending))
            first = pending[0][0]
            blocks.append(_Block(len(body), len(packed), first.seq, prev_hash.hex()))
            body.extend(packed)
            prev_hash = pending[-1][0].hash
            pending.clear()

        for position, canonical in entries:
            pending.append((position, canonical))
            last = position
            if len(pending) == _ENTRIES_PER_BLOCK:
                flush()
        if pending:
            flush()
        assert last is not None, "an empty segment has nothing to seal"  # noqa: S101
        header = _Header(
            epoch=last.epoch,
            first_seq=blocks[0].first_seq,
            last_seq=last.seq,
            prev_seal=prev_seal.hex(),
            last_hash=last.hash.hex(),
            blocks=tuple(blocks),
        )
        content = _gzip(msgspec.json.encode(header) + b"\n") + bytes(body)
        segment = Segment(
            last.epoch, header.first_seq, last.seq, last.hash, hashlib.sha256(content).digest()
        )
        self._keep(segment, content)
        return segment

    def _keep(self, segment: Segment, content: bytes) -> None:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        path = self._directory / segment.name
        unfinished = path.with_suffix(".unfinished")
        make_private(unfinished)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_directory(self._directory)
        sync_directory(self._directory.parent)

    def check(self, segment: Segment, prev_seal: bytes) -> None:
        """Hold a file to its seal and its link. Raises LedgerDamaged."""
        content = self._content(segment.name)
        if hashlib.sha256(content).digest() != segment.seal:
            raise LedgerDamaged(f"segment {segment.name}: its bytes are not those that were sealed")
        if self._header(segment)[0].prev_seal != prev_seal.hex():
            raise LedgerDamaged(f"segment {segment.name}: is not linked to the one before it")

    def entries(self, segment: Segment, *, after_seq: int) -> Iterator[tuple[Position, bytes]]:
        """Walk a segment's entries in order. Raises LedgerDamaged naming the first bad one."""
        header, _ = self._header(segment)
        position = None
        ends = [block.first_seq - 1 for block in header.blocks[1:]] + [segment.last_seq]
        for index, last_seq in enumerate(ends):
            if last_seq <= after_seq:
                continue
            for position, canonical in self._block(segment, index):
                if position.seq > after_seq:
                    yield position, canonical
        if position is not None and position.hash != segment.last_hash:
            raise LedgerDamaged(f"segment {segment.name}: its chain ends with another hash")

    def entry(self, segment: Segment, seq: int) -> Recorded:
        """Read one entry; costs one block. Raises LedgerDamaged."""
        header, _ = self._header(segment)
        starts = [block.first_seq for block in header.blocks]
        index = sum(first_seq <= seq for first_seq in starts) - 1
        for position, canonical in self._block(segment, index) if index >= 0 else ():
            if position.seq == seq:
                entry = read_kept(segment.epoch, seq, canonical)
                return Recorded(entry=entry, canonical=canonical, hash=position.hash)
        raise LedgerDamaged(f"segment {segment.name}: entry {segment.epoch}:{seq} is missing")

    def remove(self, segment: Segment) -> None:
        """Delete a segment's file, where it is still there. Raises OSError."""
        (self._directory / segment.name).unlink(missing_ok=True)

    def remove_all_but(self, names: set[str]) -> None:
        """Delete the files that are not among these, also those never finished. Raises OSError."""
        for pattern in ("*.jsonl.gz", "*.jsonl.unfinished"):
            for path in self._directory.glob(pattern):
                if path.name not in names:
                    path.unlink(missing_ok=True)

    def found(self) -> list[Segment]:
        """Describe the files that lie there, for a ledger whose database was lost.

        Those that cannot be read are left out.
        """
        segments = []
        for path in sorted(self._directory.glob("*.jsonl.gz")):
            with suppress(LedgerDamaged, ValueError):
                epoch, first_seq, last_seq = (int(part) for part in path.name[:-9].split("-"))
                seal = hashlib.sha256(self._content(path.name)).digest()
                unnamed = Segment(epoch, first_seq, last_seq, b"", seal)
                last_hash = bytes.fromhex(self._header(unnamed)[0].last_hash)
                segments.append(unnamed._replace(last_hash=last_hash))
        return segments

    def _content(self, name: str) -> bytes:
        try:
            return (self._directory / name).read_bytes()
        except OSError as error:
            raise _unread(f"segment {name}: {error.strerror or error}", error) from error

    def _read_header(self, segment: Segment) -> tuple[_Header, int]:
        """Read the first line and where its member ends."""
        inflater = zlib.decompressobj(_GZIP)
        plain, read = b"", 0
        try:
            with (self._directory / segment.name).open("rb") as file:
                while not inflater.eof and (chunk := file.read(1 << 16)):
                    plain += inflater.decompress(chunk)
                    read += len(chunk)
            header = msgspec.json.decode(plain, type=_Header)
        except OSError as error:
            raise _unread(f"segment {segment.name}: {error}", error) from error
        except (zlib.error, msgspec.MsgspecError) as error:
            raise LedgerDamaged(f"segment {segment.name}: {error}") from error
        return header, read - len(inflater.unused_data)

    def _read_block(self, segment: Segment, index: int) -> list[tuple[Position, bytes]]:
        header, begins_at = self._header(segment)
        block = header.blocks[index]
        name = f"segment {segment.name}: the entries from {segment.epoch}:{block.first_seq}"
        try:
            with (self._directory / segment.name).open("rb") as file:
                file.seek(begins_at + block.offset)
                plain = zlib.decompress(file.read(block.length), _GZIP)
            previous = bytes.fromhex(block.prev_hash)
        except OSError as error:
            raise _unread(f"{name} cannot be read: {error}", error) from error
        except (zlib.error, ValueError) as error:
            raise LedgerDamaged(f"{name} cannot be read: {error}") from error
        entries = []
        for seq, canonical in enumerate(plain.split(b"\n")[:-1], start=block.first_seq):
            previous = link_hash(previous, canonical)
            entries.append((Position(epoch=segment.epoch, seq=seq, hash=previous), canonical))
        return entries


def _unread(message: str, error: OSError) -> LedgerError:
    """Tell a file that is lost from a process or a machine that cannot open one just now."""
    return LedgerDamaged(message) if error.errno in _LOST else LedgerUnavailable(message)


def _gzip(plain: bytes) -> bytes:
    """Compress to one gzip member that depends on the bytes alone: it carries no time."""
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(plain) + packer.flush()
