"""Indexes of TensorFlow checkpoints, whole and damaged: tables of LevelDB's form, written block by block."""
import struct

from wire import pb, varint

FOOTER = struct.pack("<Q", 0xdb4775248b80fb57)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def stored(block, compression=0):
    crc = crc32c(block + bytes([compression]))
    return block + bytes([compression]) + struct.pack("<I", (crc >> 15 | crc << 17) + 0xa282ead8 & 0xffffffff)


def block_of(entries, starts=1):
    out, before = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return out + struct.pack("<II", 0, starts)


def table(blocks, gap=b"", compression=0, starts=1, is_listed=True):
    """Blocks of entries, the empty block about them, the block of their places, the footer."""
    out, places = b"", []
    for entries in blocks:
        block = block_of(entries, starts)
        places.append((entries[-1][0], varint(len(out)) + varint(len(block))))
        out += stored(block, compression) + gap
    about = block_of([])
    handles = varint(len(out)) + varint(len(about))
    out += stored(about)
    index = block_of(places if is_listed else [])
    handles += varint(len(out)) + varint(len(index))
    return out + stored(index) + handles.ljust(40, b"\0") + FOOTER


def header(shards=1):
    return b"", pb(1, shards) + pb(3, pb(1, 1))


def tensor(name, dtype, shape, size, shard=0, offset=0, slices=b""):
    dims = b"".join(pb(2, pb(1, one)) for one in shape)
    return name.encode(), pb(1, dtype) + pb(2, dims) + (pb(3, shard) if shard else b"") + pb(4, offset) + pb(5, size) + b"\x35" + bytes(4) + slices


def samples():
    """(verdict, code, what, content)"""
    graph = tensor("_CHECKPOINTABLE_OBJECT_GRAPH", 7, (), 40)
    weight, bias = tensor("w/.ATTRIBUTES/VARIABLE_VALUE", 1, (3, 4), 48), tensor("b/.ATTRIBUTES/VARIABLE_VALUE", 2, (4,), 32)
    whole = table([[header(), graph, bias, weight]])
    yield "clean", "none", "checkpoint", whole
    yield "clean", "none", "checkpoint_blocks", table([[header(2), graph, bias], [tensor("names", 7, (2,), 9, 1), weight]])
    yield "clean", "none", "checkpoint_slices", table([[header(), tensor("p", 1, (8,), 0, slices=pb(7, pb(1, b"\x08\x00\x10\x04")))]])
    broken = {
        "sum": whole[:8] + bytes([whole[8] ^ 1]) + whole[9:],
        "size": table([[header(), tensor("w", 1, (3, 4), 44)]]),
        "shard": table([[header(), tensor("w", 1, (3, 4), 48, shard=1)]]),
        "negative": table([[header(), (b"w", pb(1, 1) + pb(2, pb(2, pb(1, 2**64 - 1))) + pb(5, 4))]]),
        "huge": table([[header(), tensor("w", 1, (2**40, 2**40), 48)]]),
        "order": table([[header(), weight, bias]]),
        "order_of_blocks": table([[header(), weight], [weight]]),
        "gap": table([[header(), weight]], gap=b"\x80\x04."),
        "compressed": table([[header(), weight]], compression=1),
        "no_list": table([[header(), weight]], is_listed=False),
        "outside": whole[:-48] + (varint(1 << 40) + varint(8) + varint(1 << 40) + varint(8)).ljust(40, b"\0") + FOOTER,
        "starts": table([[header(), weight]], starts=99),
        "entry_cut": table([[header(), weight]], starts=3),
    }
    for what, content in broken.items():
        yield "unparseable", "MDL-TF-004", "checkpoint_" + what, content
    yield "not_a_model", "none", "other_table", table([[(b"a", b"1")]])
