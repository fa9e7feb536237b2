"""Servers that answer with nonsense, never end, or claim gigabytes: each is a lost source, told and tried again."""

import random
import threading
import time

import cv2
import numpy as np
import pytest

from inspector.core.errors import ImageTooLarge, ImageUnreadable, SourceError
from inspector.core.progress import Cancelled, CancelToken
from inspector.devices.addresses import open_source
from inspector.devices.network import http_stream, jpeg_frames, mjpeg_stream
from inspector.devices.network.jpeg_frames import claimed_size, decode_frame
from inspector.devices.network.multipart import HEAD_BYTES, Chunks, JpegParts, boundary_of
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.live.capture import BackOff, capture
from tests.streams import resized
from tests.streams.hostile_server import HEAD, Bytes, HostileServer, chunked, part, seconds

SOON_S = 5.0
"""Generous, for a busy machine; without the mends these take for ever or end as a bug."""


@pytest.fixture(scope="module")
def jpeg(solar_cells):
    photo = resized(read_image(list_images(solar_cells.good)[0]), (60, 320))
    return cv2.imencode(".jpg", photo)[1].tobytes()


def claiming(jpeg, width, height):
    """Return a JPEG whose head claims another size."""
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + jpeg[at + 9 :]


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setattr(mjpeg_stream, "ANSWER_S", 0.6)
    monkeypatch.setattr(mjpeg_stream, "SILENCE_S", 0.3)
    monkeypatch.setattr(mjpeg_stream, "UNREADABLE_S", 0.4)
    servers = []

    def start(*answers):
        servers.append(HostileServer(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def used_until_lost(source, most=50):
    """Open a source and read until it is lost; return the error. Anything else than a `SourceError` is a bug."""
    until = time.monotonic() + SOON_S
    try:
        source.open()
        frames = 0
        while frames < most and time.monotonic() < until:
            frames += source.read(0.1) is not None
    except SourceError as error:
        return error
    finally:
        source.close()
    raise AssertionError("not told as lost")


def head(*lines, status=b"HTTP/1.1 200 OK"):
    return b"\r\n".join([status, *lines]) + b"\r\n\r\n"


MULTIPART = b"Content-Type: multipart/x-mixed-replace; boundary=frame"
HEADS = {
    "status without a number": b"HTTP/1.1 OK\r\n\r\n",
    "status of thousands of digits": b"HTTP/1.1 " + b"2" * 6000 + b" OK\r\n\r\n",
    "negative status": b"HTTP/1.1 -200 OK\r\n\r\n",
    "no HTTP": b"220 camera FTP ready\r\n",
    "NUL bytes": bytes(5000),
    "a line of 100 kB": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "1,000 lines": head(*[b"X-%d: 1" % n for n in range(1000)]),
    "no content type": head(b"X: 1"),
    "broken content type": head(b"Content-Type: ;;;=/"),
    "content type of 60 kB": head(b"Content-Type: text/" + b"x" * 60_000),
    "content type with controls": head(b"Content-Type: te\x00xt\x1b[31m/\xff\xfe"),
    "invalid UTF-8": head(b"\xff\xfe: \xc3\x28", b"Content-Type: \xff\xff"),
    "gzip": head(MULTIPART, b"Content-Encoding: gzip"),
    "redirect to a file": head(b"Location: file:///etc/passwd", status=b"HTTP/1.1 302 Found"),
    "redirect to itself": head(b"Location: /live", status=b"HTTP/1.1 301 Moved"),
    "redirect with a secret": head(b"Location: http://a:hunter2@b/x?pwd=hunter2", status=b"HTTP/1.1 307 T"),
    "redirect to nowhere": head(status=b"HTTP/1.1 308 P"),
    "reason of 60 kB": head(status=b"HTTP/1.1 500 " + b"\x07why " * 12_000),
    "switching protocols": head(b"Upgrade: x", status=b"HTTP/1.1 101 S"),
    "no content": head(status=b"HTTP/1.1 204 N"),
    "nothing": b"",
    "half a status": b"HTTP/1.1 2",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
}
CHALLENGES = [
    b"Digest foo", b"Digest", b"Digest realm=", b"Digest realm=,nonce=", b'Digest realm="a', b"Basic", b"basic \xff",
    b'Digest realm="x", nonce="y", algorithm=XYZ', b'Digest realm="x", nonce="y", qop="auth-int"', b"", b"NTLM",
    b'Digest realm="x", nonce="y", algorithm=', b"Digest " + b"a=b," * 10_000, b'Digest realm="\r\n\tx", nonce="\xff"',
    b"Digest =", b"Digest ,,,", b"Bearer \x00",
]  # fmt: skip


@pytest.mark.parametrize("answer", HEADS.values(), ids=list(HEADS))
def test_a_head_that_is_none_is_said_in_words(serve, answer):
    error = used_until_lost(open_source(serve(Bytes(answer)).url()))
    assert 20 < len(error.sentence) < 300
    assert error.sentence.isprintable()
    assert "hunter2" not in f"{error} {error.__cause__!r}"
    assert "file:" not in error.sentence


@pytest.mark.parametrize("challenge", CHALLENGES, ids=range(len(CHALLENGES)))
def test_a_log_in_that_nobody_can_answer_is_said_in_words(serve, challenge):
    asked = head(b"WWW-Authenticate: " + challenge, status=b"HTTP/1.1 401 Unauthorized")
    server = serve(Bytes(asked))
    error = used_until_lost(open_source(server.url().replace("//", "//line:hunter2@")))
    assert "hunter2" not in f"{error} {error.__cause__!r}"
    assert server.asked <= 2


@pytest.mark.parametrize(
    "answer",
    [
        Bytes(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 99, step=1, pause_s=0.02),
        Bytes(b"", stay=True),
        Bytes(b"H", stay=True),
        Bytes(b"HTTP/1.1 100 Continue\r\n\r\n", endless=True),
        Bytes(b"HTTP/1.1 100 Continue\r\n\r\n", endless=True, pause_s=0.01),
    ],
    ids=["byte by byte", "silent", "one byte", "told to wait", "told to wait, slowly"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_head_without_an_end_is_told_and_can_be_cancelled(serve, monkeypatch, answer, scheme):
    server = serve(answer)
    error, took_s = seconds(open_source(server.url(scheme)).open)
    assert isinstance(error, SourceError)
    assert took_s < SOON_S
    monkeypatch.setattr(mjpeg_stream, "ANSWER_S", 60.0)
    monkeypatch.setattr(http_stream, "HEAD_BYTES", 1 << 40)
    source, token = open_source(server.url(scheme)), CancelToken()
    source.heed(token)
    timer = threading.Timer(0.2, token.cancel)
    timer.start()
    error, took_s = seconds(source.open)
    timer.join()
    # An answer without encryption is reported at once.
    assert isinstance(error, Cancelled | SourceError)
    assert isinstance(error, Cancelled) or scheme == "https"
    assert took_s < SOON_S


@pytest.mark.parametrize("challenge", [b"Basic realm=x", b'Digest realm="x", nonce="y"'])
def test_a_password_of_bytes_that_are_no_letters_is_no_bug(serve, challenge):
    asked = head(b"WWW-Authenticate: " + challenge, status=b"HTTP/1.1 401 Unauthorized")
    server = serve(Bytes(asked))
    source = open_source(f"http://user:\udcff@127.0.0.1:{server.port}/video")
    with pytest.raises(SourceError):
        source.open()


def test_one_deadline_holds_for_the_question_and_the_answer_to_a_log_in(serve):
    asked = b"HTTP/1.1 401 U\r\nWWW-Authenticate: Basic realm=x\r\n\r\n"
    slow = Bytes(asked, step=1, pause_s=0.45 / len(asked))
    server = serve(slow)
    error, _ = seconds(open_source(server.url().replace("//", "//a:b@")).open)
    assert "does not answer" in error.sentence
    assert server.asked == 2


def bodies(jpeg):
    """Return answers that begin well and go wrong, each with its expected message."""
    chunks = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    bomb, good = claiming(jpeg, 65_000, 65_000), part(jpeg)
    long = b"--frame\r\n" + b"X: 1\r\n" * 100_000
    found = {
        f"chunk size {size!r}": chunks + size + b"\r\n" + jpeg
        for size in (b"-5", b"+5", b"0x10", b"1_0", b"zz", b"f" * 40, b"f" * 9, b" ", b"\xff", b";x", b"1 2", b"-0")
    }
    found |= {
        f"length {length[:12]!r}": HEAD + b"--frame\r\nContent-Length: " + length + b"\r\n\r\n" + jpeg
        for length in (b"9" * 5000, b"-5", b"+5", b"0x10", b"9" * 11, b"abc", b"", b"1e3", b"1,000", b"\xd9\xa1")
    }
    found |= {
        "chunk line without an end": chunks + b"5;" + b"x" * 100_000,
        "chunks of nothing": chunks + b"\r\n" * 50_000,
        "a part's head without an end": HEAD + long,
        "no boundary at all": HEAD + jpeg * 50,
        "65,000 x 65,000": HEAD + part(bomb) * 3,
        "23,000 x 2,700, and 8 kB": HEAD + part(claiming(jpeg, 23_000, 2_700)) * 3,
        "0 x 0": HEAD + part(claiming(jpeg, 0, 0)) * 3,
        "no picture": HEAD + part(b"\xff\xd8\xff\xd9") * 1000,
        "empty parts": HEAD + part(b"") * 1000,
        "cut short": HEAD + good[:-40],
        "ended at once": HEAD,
        "NUL bytes": HEAD + bytes(100_000),
    }
    return found


def test_a_body_that_goes_wrong_is_a_lost_source(serve, jpeg):
    for name, answer in bodies(jpeg).items():
        for stay in (False, True):
            error = used_until_lost(open_source(serve(Bytes(answer, stay=stay)).url()))
            assert error.sentence, name


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/x-mixed-replace; boundary*0=",
        "multipart/x-mixed-replace; boundary*0=fra; boundary*1=me",
        "multipart/x-mixed-replace; boundary=",
        "multipart/x-mixed-replace; boundary*=utf-8''frame",
        "multipart/x-mixed-replace; boundary*=x'y",
        "multipart/x-mixed-replace",
        'Multipart/X-Mixed-Replace ; Boundary = "frame"',
        "multipart/x-mixed-replace;;boundary=--frame",
        "multipart/x-mixed-replace; boundary=" + "x" * 5000,
    ],
)
def test_a_boundary_that_is_declared_oddly_is_no_reason_to_lose_the_camera(serve, jpeg, content_type):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n" % content_type.encode() + part(jpeg) * 5
    source = open_source(serve(Bytes(answer, stay=True)).url())
    source.open()
    until = time.monotonic() + SOON_S
    while (frame := source.read(0.1)) is None:
        assert time.monotonic() < until
    assert frame.image_rgb.shape == (60, 320, 3)
    source.close()


def test_each_failure_is_told_and_the_camera_is_tried_again(serve, jpeg):
    """As in the window: the job continues through all of them, and frames arrive once the camera works."""
    wrong = [Bytes(answer) for answer in (*HEADS.values(), *list(bodies(jpeg).values())[::3])]
    server = serve(*wrong, Bytes(HEAD + part(jpeg), stay=True))
    token, states, frames = CancelToken(), [], []

    def put(frame):
        frames.append(frame)
        if server.asked > len(wrong):
            token.cancel()

    watchdog = threading.Timer(60.0, token.cancel)
    watchdog.start()
    with pytest.raises(Cancelled):
        capture(open_source(server.url()), put, states.append, token, BackOff(0.001, 0.002))
    watchdog.cancel()
    losses = [state for state in states if state.kind == "lost"]
    assert server.asked == len(wrong) + 1
    assert len(losses) == len(wrong)
    assert all(state.sentence for state in losses)
    assert frames


def test_a_size_that_is_claimed_is_looked_at_before_anything_is_decoded(jpeg, monkeypatch):
    whole = decode_frame(jpeg, "camera")
    assert whole.shape == (60, 320, 3)
    assert claimed_size(jpeg) == (320, 60)
    rubbish = b"\xff\xd8" + b"\0\1\2" + b"\xff\xff\xd0\xff\x00" + jpeg[2:]  # libjpeg skips it, and so must we
    monkeypatch.setattr(jpeg_frames.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ImageTooLarge, match="65000 x 65000"):
        decode_frame(claiming(rubbish, 65_000, 65_000), "camera")
    for size in ((23_000, 2_700), (60_000, 1_000)):  # 186 MB and 180 MB, out of a few kB
        with pytest.raises(ImageUnreadable):
            decode_frame(claiming(jpeg, *size), "camera")
    scan = jpeg[jpeg.index(b"\xff\xda") : -2]
    with pytest.raises(ImageUnreadable, match="scans"):  # goes over its pixels again and again
        decode_frame(jpeg[:-2] + scan * 60 + jpeg[-2:], "camera")
    for cut in range(len(jpeg)):
        assert claimed_size(jpeg[:cut]) in (None, (320, 60))


def test_the_sparsest_pictures_that_cameras_send_are_decoded():
    """The bound on pixels per byte must hold for a lens cap: black, all the same, and compressed as far as can be."""
    for shape in ((2160, 3840, 3), (1080, 1920)):
        for more in ([], [cv2.IMWRITE_JPEG_OPTIMIZE, 1], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]):
            quality = [cv2.IMWRITE_JPEG_QUALITY, 1, *more]
            encoded = cv2.imencode(".jpg", np.zeros(shape, np.uint8), quality)[1].tobytes()
            assert decode_frame(encoded, "camera").shape == (*shape[:2], 3)


def test_small_pieces_cost_no_more_than_large_ones(jpeg):
    """A part without a length was looked through again with each piece."""
    picture = jpeg[:-2] + b"\0" * 2_000_000 + jpeg[-2:]
    stream = b"--frame\r\n\r\n" + picture

    def cpu_s(step):
        parts, started = JpegParts("frame"), time.process_time()
        for at in range(0, len(stream), step):
            parts.add(stream[at : at + step], 0.0)
        assert parts.take() == [(picture, 0.0)]
        return time.process_time() - started

    assert cpu_s(250) < 100 * max(cpu_s(65_536), 0.005)  # 8,000 pieces; it was 8,000 times the whole


def test_a_parts_head_is_bounded(jpeg):
    parts = JpegParts("frame")
    parts.add(b"--frame\r\n" + b"x" * (HEAD_BYTES + 1), 0.0)
    assert parts.too_large
    parts.add(part(jpeg), 0.0)
    assert parts.take() == []


def mutated(chance, content, other):
    """Return a copy with something wrong somewhere."""
    at, length = chance.randrange(len(content)), chance.choice((1, 2, 8, 100, 3000))
    match chance.randrange(6):
        case 0:
            return content[:at] + chance.randbytes(length) + content[at + length :]
        case 1:
            return content[:at] + content[at + length :]
        case 2:
            return content[:at] + content[at : at + length] * chance.choice((2, 50)) + content[at:]
        case 3:
            return content[:at] + chance.choice(other) + content[at:]
        case 4:
            return content[:at]
        case _:
            bit = content[at] ^ (1 << chance.randrange(8))
            return content[:at] + bytes([bit]) + content[at + 1 :]


WORDS = [
    b"\r\n\r\n", b"--frame", b"\xff\xd8", b"\xff\xd9", b"\xff\xda", b"Content-Length: -1\r\n", b"0\r\n\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"-1\r\n", b"7fffffff\r\n", b"\n",
    b"\0" * 100,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_no_mutation_of_a_stream_is_a_bug(serve, jpeg, seed):
    """Over a real connection: whatever comes, it is frames, or an error of the source."""
    chance = random.Random(seed)
    body = part(jpeg) * 3
    sound = [HEAD + body, HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + chunked(body, 300)]
    answers = []
    for number in range(60):
        content = chance.choice(sound)
        if number % 2:  # the head is short, and half of all goes wrong there
            cut = content.index(b"\r\n\r\n") + 4
            content = mutated(chance, content[:cut], WORDS) + content[cut:]
        for _ in range(chance.randrange(1, 4)):
            content = mutated(chance, content, WORDS) if content else content
        answers.append(Bytes(content, step=chance.choice((0, 0, 0, 700))))
    source = open_source(serve(*answers).url())
    for _ in answers:
        used_until_lost(source)


def test_no_mutation_of_parts_and_chunks_is_a_bug(jpeg):
    chance = random.Random(7)
    small = cv2.imencode(".jpg", np.full((8, 8), 90, np.uint8))[1].tobytes()
    for _ in range(1500):
        content = mutated(chance, part(small) * 2, WORDS)
        parts, chunks = JpegParts(chance.choice(("frame", "", "--frame"))), Chunks()
        step = chance.choice((1, 50, 1 << 20))
        wire = mutated(chance, chunked(content, 90), WORDS) if chance.random() < 0.5 else chunked(content, 90)
        try:
            for at in range(0, len(wire), step):
                parts.add(chunks.content(wire[at : at + step]), 0.0)
        except OSError:
            continue
        for found, _ in parts.take():
            try:
                decode_frame(found, "camera")
            except (ImageTooLarge, ImageUnreadable):
                continue


def test_what_declares_no_multipart_has_no_boundary():
    assert boundary_of("image/jpeg; boundary=x") is None
    assert boundary_of("") is None
    assert boundary_of("multipart/mixed; charset=x; boundary=y") == "y"
