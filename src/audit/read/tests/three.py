"""Writes three.zst: the lines of `THREE` in lines.rs as two Zstandard frames with checksums, and a skippable one between."""

import pathlib
import struct

import zstandard

LINES = (
    b'{"old_logp": [-1, -2], "ref_logp": [-1.5, -2.5], "mask": [1, 0]}\n\n'
    b'{"old_logp": [-3], "ref_logp": [-3.5], "mask": [true]}\r\n'
    b'{"old_logp": [], "ref_logp": [], "mask": []}'
)
pack = zstandard.ZstdCompressor(write_checksum=True).compress
skippable = struct.pack("<II", 0x184D2A50, 5) + b"hello"
pathlib.Path(__file__).with_name("three.zst").write_bytes(pack(LINES[:100]) + skippable + pack(LINES[100:]))
