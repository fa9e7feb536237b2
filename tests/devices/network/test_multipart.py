"""JPEGs out of bytes that arrive in any pieces, as cameras of all kinds write them."""

import itertools

import cv2
import numpy as np
import pytest

from inspector.devices.network.multipart import LARGEST_BYTES, Chunks, JpegParts
from inspector.storage.photos.images import list_images, read_image
from tests.streams import resized


@pytest.fixture(scope="module")
def jpegs(solar_cells):
    photos = [resized(read_image(path), (60, 320)) for path in list_images(solar_cells.good)[:3]]
    return [cv2.imencode(".jpg", photo)[1].tobytes() for photo in photos]


HEADS = {
    "as it was meant": b"\r\n--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s",
    "no length": b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n%.0s%s",
    "no line break before the boundary": b"--frame\r\ncontent-length:%d\r\nX-Time: 1\r\n\r\n%s",
    "four dashes": b"\r\n----frame\r\nContent-length: %d \r\n\r\n%s",
    "only line feeds": b"\n--frame\nContent-Type: image/jpeg\nContent-Length: %d\n\n%s",
}


def written(jpegs, head):
    if b"%.0s" in head:
        return b"".join(head.replace(b"%.0s", b"") % jpeg for jpeg in jpegs)
    return b"".join(head % (len(jpeg), jpeg) for jpeg in jpegs)


@pytest.mark.parametrize("head", HEADS.values(), ids=list(HEADS))
@pytest.mark.parametrize("declared", ["frame", "--frame", '"frame"'])
@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_jpegs_come_out_whole_wherever_the_stream_is_cut(jpegs, head, declared, step):
    stream = written(jpegs, head) + b"\r\n--frame"
    parts, found = JpegParts(declared), []
    for start in range(0, len(stream), step):
        parts.add(stream[start : start + step], float(start))
        found += parts.take()
    assert [jpeg for jpeg, _ in found] == jpegs
    assert [at for _, at in found] == sorted(at for _, at in found)
    assert parts.damaged == 0


def test_a_jpeg_without_a_length_does_not_wait_for_the_next_one(jpegs):
    parts = JpegParts("frame")
    parts.add(b"--frame\r\n\r\n" + jpegs[0], 1.0)
    assert parts.take() == [(jpegs[0], 1.0)]


def test_a_thumbnail_is_not_taken_for_the_end(jpegs):
    thumbnail = b"\xff\xe1" + (len(jpegs[1]) + 2).to_bytes(2, "big") + jpegs[1]
    whole = jpegs[0][:2] + thumbnail + jpegs[0][2:]
    parts = JpegParts("frame")
    parts.add(b"--frame\r\n\r\n" + whole[: 2 + len(thumbnail)], 1.0)
    assert parts.take() == []
    parts.add(whole[2 + len(thumbnail) :], 2.0)
    assert parts.take() == [(whole, 2.0)]
    assert cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR) is not None


def test_what_is_cut_short_is_counted_and_the_next_one_comes(jpegs):
    half = jpegs[0][: len(jpegs[0]) // 2]
    parts = JpegParts("frame")
    parts.add(written([half, jpegs[1], b"", b"no picture", jpegs[2]], HEADS["as it was meant"]), 1.0)
    assert [jpeg for jpeg, _ in parts.take()] == jpegs[1:]
    assert parts.damaged == 3


def test_a_stream_without_an_end_is_noticed():
    parts = JpegParts("frame")
    parts.add(b"--frame\r\n\r\n\xff\xd8" + bytes(LARGEST_BYTES), 1.0)
    assert parts.too_large
    assert parts.take() == []


@pytest.mark.parametrize("step", [1, 2, 3, 50, 1 << 20])
def test_chunks_are_joined_wherever_they_are_cut(jpegs, step):
    content = b"".join(jpegs)
    sizes = [1, 10, 500, len(content)]
    cuts = [0, *np.cumsum(sizes[:-1]), len(content)]
    pieces = [content[a:b] for a, b in itertools.pairwise(cuts)]
    stream = b"".join(b"%X;note=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\nrest"
    chunks = Chunks()
    assert b"".join(chunks.content(stream[at : at + step]) for at in range(0, len(stream), step)) == content
    assert chunks.ended


def test_what_is_not_chunked_is_an_error():
    with pytest.raises(OSError, match="damaged"):
        Chunks().content(b"--frame\r\n")
