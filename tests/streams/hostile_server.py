"""A server on loopback that answers with whatever bytes a test wants, as fast or as slowly as it wants."""

import socket
import threading
import time
from contextlib import suppress

from inspector.core.errors import SourceError
from inspector.core.progress import Cancelled

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"


def part(jpeg, *more):
    """Return a part as a sound camera writes it."""
    lines = [b"--frame", b"Content-Type: image/jpeg", b"Content-Length: %d" % len(jpeg), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + jpeg + b"\r\n"


def chunked(content, size=1000):
    """Return content in chunks."""
    cut = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in cut)


class Bytes:
    """An answer: these bytes, `step` at a time with a pause after each, repeated if `endless`; then the connection
    closes."""

    def __init__(self, content, step=0, pause_s=0.0, endless=False, stay=False):
        self.content, self.step, self.pause_s = content, step or len(content) or 1, pause_s
        self.endless, self.stay = endless, stay

    def __call__(self, connection, ended):
        while not ended.is_set():
            for at in range(0, len(self.content), self.step):
                connection.sendall(self.content[at : at + self.step])
                if self.pause_s and ended.wait(self.pause_s):
                    return
            if not self.endless:
                break
        if self.stay:
            ended.wait(30.0)


class HostileServer:
    """Plays the answers in turn, one per connection; the last answer again and again. Counts connections."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, 0
        self.requests = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._ended = threading.Event()
        self._connections, self._threads = [], []
        self._run(self._accept)

    def url(self, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}/live"

    def close(self):
        self._ended.set()
        for one in (self._server, *self._connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10.0)
            assert not thread.is_alive()

    def _run(self, work, *arguments):
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self):
        while not self._ended.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._connections.append(connection)
            answer = self.answers[min(self.asked, len(self.answers) - 1)]
            self.asked += 1
            self._run(self._answer, connection, answer)

    def _answer(self, connection, answer):
        with suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(65536)
                if not piece:
                    return
                request += piece
                if not request.startswith((b"GET", b"OPTIONS", b"DESCRIBE")):
                    break  # an encrypted greeting
            self.requests.append(request)
            answer(connection, self._ended)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5.0)
            while connection.recv(65536):
                pass
        connection.close()


def seconds(work):
    """Return how work ends, None if well, and how long it took; a bug passes through."""
    started = time.monotonic()
    try:
        work()
    except (SourceError, Cancelled) as error:
        return error, time.monotonic() - started
    return None, time.monotonic() - started
