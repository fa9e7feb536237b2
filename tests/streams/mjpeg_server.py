"""An MJPEG camera on loopback, as a process of its own: python mjpeg_server.py FOLDER PORT FRAMES_PER_SECOND.

FOLDER holds the photos that it shows in turn. Says ``ready PORT STARTED`` when it can be asked; frame n is due at
STARTED + n / FRAMES_PER_SECOND, in seconds of `time.monotonic`, and has n painted in.

    /live            frames when they are due; those that the reader is too slow for are left out, as by a camera
    /every?count=N   the frames 0 to N-1, none left out, as fast as they are due at most
    /unmeasured      /live without Content-Length
    /chunked         /live with chunked transfer encoding
    /silent          a few frames, then nothing, and the connection stays
    /halved          a few frames, then half of one, and the connection stays
    /damaged         /live, but every second frame is cut short
    /still           one JPEG
    /page            something that is no stream
    /basic /digest   /live, for user "line" with password "pass:w0rd@3"
"""

import hashlib
import itertools
import sys
import time
from base64 import b64encode
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
from painted_numbers import paint

USER, PASSWORD = "line", "pass:w0rd@3"
BOUNDARY = "--frame"


class Camera(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, port: int, fps: float) -> None:
        super().__init__(("127.0.0.1", port), Stream)
        cv2.setNumThreads(1)
        self.photos = [cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in sorted(folder.glob("*.png"))]
        self.fps = fps
        self.started = time.monotonic()

    def jpeg(self, number: int) -> bytes:
        photo = self.photos[number % len(self.photos)]
        pixels = bytearray(photo.tobytes())
        paint(pixels, photo.shape[1], number)
        rgb = np.frombuffer(pixels, np.uint8).reshape(photo.shape)
        return cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()

    def due(self):
        """Yield the newest number each time that it is due."""
        last = -1
        while True:
            number = int((time.monotonic() - self.started) * self.fps)
            if number > last:
                last = number
                yield number
            time.sleep(max(0.0, self.started + (last + 1) / self.fps - time.monotonic()))

    def each(self, count: int):
        started = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, started + number / self.fps - time.monotonic()))
            yield number


class Stream(BaseHTTPRequestHandler):
    server: Camera
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args) -> None:
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        kind = asked.path.strip("/")
        if kind in ("basic", "digest") and not self._allowed(kind):
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(kind, parse_qs(asked.query))
        self.close_connection = True

    def _answer(self, kind: str, query: dict) -> None:
        camera = self.server
        if kind == "page":
            self._send_head("text/html")
            self.wfile.write(b"<html>A camera's page</html>")
        elif kind == "still":
            self._send_head("image/jpeg")
            self.wfile.write(camera.jpeg(7))
        elif kind in ("live", "unmeasured", "chunked", "damaged", "basic", "digest"):
            self._send_frames(camera.due(), kind)
        elif kind == "every":
            self._send_frames(camera.each(int(query["count"][0])), kind)
        elif kind in ("silent", "halved"):
            self._send_frames(itertools.islice(camera.due(), 5), kind)
            if kind == "halved":
                self.wfile.write(self._part(camera.jpeg(5), kind)[:5000])
            self.connection.settimeout(None)
            self.rfile.read(1)  # until the reader goes
        else:
            self.send_error(404)

    def _send_head(self, content_type: str, *more: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in (("Content-Type", content_type), ("Connection", "close"), *more):
            self.send_header(name, value)
        self.end_headers()

    def _send_frames(self, numbers, kind: str) -> None:
        chunked = kind == "chunked"
        more = [("Transfer-Encoding", "chunked")] if chunked else []
        self._send_head(f"multipart/x-mixed-replace;boundary={BOUNDARY}", *more)
        for number in numbers:
            jpeg = self.server.jpeg(number)
            if kind == "damaged" and number % 2:
                jpeg = jpeg[: len(jpeg) // 2]
            part = self._part(jpeg, kind)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)

    def _part(self, jpeg: bytes, kind: str) -> bytes:
        length = b"" if kind == "unmeasured" else b"Content-Length: %d\r\n" % len(jpeg)
        return b"%s\r\nContent-Type: image/jpeg\r\n%s\r\n%s\r\n" % (BOUNDARY.encode(), length, jpeg)

    def _allowed(self, kind: str) -> bool:
        given = self.headers.get("Authorization", "")
        if kind == "basic":
            if given == "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode():
                return True
            challenge = 'Basic realm="camera"'
        else:
            if given.startswith("Digest ") and self._digest_fits(given):
                return True
            challenge = 'Digest realm="camera", nonce="abc123", qop="auth", algorithm=MD5'
        self.send_response(401)
        self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def _digest_fits(self, given: str) -> bool:
        said = dict(piece.strip().split("=", 1) for piece in given.removeprefix("Digest ").split(", "))
        said = {key: value.strip('"') for key, value in said.items()}

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret, request = md5(f"{USER}:camera:{PASSWORD}"), md5(f"GET:{said['uri']}")
        wanted = md5(f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}:{request}")
        return said["response"] == wanted


if __name__ == "__main__":
    camera = Camera(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    print("ready", camera.server_address[1], repr(camera.started), flush=True)
    camera.serve_forever()
