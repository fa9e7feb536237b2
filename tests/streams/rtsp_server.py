"""An RTSP camera on loopback, as a separate process on the system's Python (which has GStreamer's bindings).

    python3 rtsp_server.py PHOTO WIDTH HEIGHT PORT FRAMES_PER_SECOND

PHOTO holds RGB pixels. Says ``ready PORT STARTED LOCKED_PORT``; frame n is due at STARTED + n / FRAMES_PER_SECOND, in
seconds of `time.monotonic`, and has n painted in. The stream is H.264 at /live, and on the second port at /locked for
user "line" with password "pass:w0rd@3". ``--check`` only reports whether all requirements are installed.
"""

import sys
import time
from pathlib import Path

import gi
from painted_numbers import paint

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtspServer  # noqa: E402, F401

ENCODER = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=4000 threads=1"
ELEMENTS = ("appsrc", "videoconvert", "x264enc", "rtph264pay")


class Camera(GstRtspServer.RTSPMediaFactory):
    """Encodes one picture with a growing number, once for all who watch."""

    def __init__(self, photo, width, height, fps, started):
        super().__init__()
        self.photo, self.width, self.fps, self.started = photo, width, fps, started
        pixels = f"video/x-raw,format=RGB,width={width},height={height},framerate={int(fps)}/1"
        self.set_launch(
            f"( appsrc name=source is-live=true do-timestamp=true format=time "
            f"max-buffers=1 leaky-type=downstream caps={pixels} ! videoconvert ! "
            f"video/x-raw,format=I420 ! {ENCODER} ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
        )
        self.set_shared(True)
        self.set_latency(0)
        self.connect("media-configure", self.feed)

    def feed(self, _factory, media):
        source = media.get_element().get_by_name("source")
        state = {"last": -1, "gone": False}
        media.connect("unprepared", lambda *_: state.update(gone=True))

        def push():
            number = int((time.monotonic() - self.started) * self.fps)
            if number > state["last"] and not state["gone"]:
                state["last"] = number
                pixels = bytearray(self.photo)
                paint(pixels, self.width, number)
                source.emit("push-buffer", Gst.Buffer.new_wrapped(bytes(pixels)))
            return not state["gone"]

        GLib.timeout_add(max(1, int(250 / self.fps)), push)


def serve(photo, width, height, port, fps):
    started = time.monotonic()
    servers = []
    for path, role, wanted_port in (("/live", "", port), ("/locked", "user", 0)):
        camera = Camera(photo, width, height, fps, started)
        server = GstRtspServer.RTSPServer()
        server.set_address("127.0.0.1")
        server.set_service(str(wanted_port))
        server.get_mount_points().add_factory(path, camera)
        if role:
            lock(server, camera, role)
        server.attach(None)
        servers.append(server)
    print("ready", servers[0].get_bound_port(), repr(started), servers[1].get_bound_port(), flush=True)
    GLib.MainLoop().run()


def lock(server, camera, role):
    allowed = GstRtspServer.RTSPPermissions()
    allowed.add_role(role)
    allowed.add_permission_for_role(role, "media.factory.access", True)
    allowed.add_permission_for_role(role, "media.factory.construct", True)
    camera.set_permissions(allowed)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", role)
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("line", "pass:w0rd@3"), token)
    server.set_auth(auth)


if __name__ == "__main__":
    Gst.init(None)
    missing = [name for name in ELEMENTS if not Gst.ElementFactory.find(name)]
    if missing:
        sys.exit(f"GStreamer lacks {', '.join(missing)}")
    if sys.argv[1] != "--check":
        path, width, height, port, fps = sys.argv[1:]
        serve(Path(path).read_bytes(), int(width), int(height), int(port), float(fps))
