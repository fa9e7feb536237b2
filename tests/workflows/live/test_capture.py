"""A source kept open through losses, with real cameras on loopback that are killed and come back."""

import shutil
import threading
import time
from dataclasses import dataclass, field

import pytest

from inspector.core.errors import SourceError
from inspector.core.live.frames import Frame, NewestFrame
from inspector.core.progress import Cancelled, CancelToken
from inspector.devices.addresses import open_source
from inspector.devices.sources.frame_source import SourceSetting
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.live.capture import BackOff, CaptureState, SettingRequests, capture
from tests.streams import read_number

SECONDS = 20.0


@dataclass
class Capturing:
    """A capture in its own thread, and its messages."""

    source: object
    back_off: BackOff = field(default_factory=lambda: BackOff(0.05, 0.4))
    requests: SettingRequests = field(default_factory=SettingRequests)

    def __post_init__(self):
        self.frames: list[Frame] = []
        self.states: list[CaptureState] = []
        self.token = CancelToken()
        self.outcome: BaseException | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            capture(self.source, self._put, self._tell, self.token, self.back_off, self.requests)
        except (Cancelled, SourceError) as outcome:
            self.outcome = outcome

    def _put(self, frame):
        with self._news:
            self.frames.append(frame)
            self._news.notify_all()

    def _tell(self, state):
        with self._news:
            self.states.append(state)
            self._news.notify_all()

    def kinds(self):
        return [state.kind for state in self.states]

    def wait_until(self, condition):
        with self._news:
            assert self._news.wait_for(condition, SECONDS), (self.kinds(), len(self.frames))

    def stop(self):
        """Cancel, and return how long it took to heed that."""
        started = time.monotonic()
        self.token.cancel()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        return time.monotonic() - started

    def ended(self):
        self._thread.join(SECONDS)
        return not self._thread.is_alive()


@pytest.fixture
def start():
    running = []

    def start_(source, **more):
        running.append(Capturing(source, **more))
        return running[-1]

    yield start_
    for one in running:
        one.stop()


def test_a_camera_that_is_killed_and_comes_back_goes_on_by_itself(mjpeg_server, start):
    running = start(open_source(mjpeg_server.url))
    running.wait_until(lambda: len(running.frames) >= 5)
    killed_at = time.monotonic()
    mjpeg_server.kill()
    running.wait_until(lambda: "lost" in running.kinds())
    assert time.monotonic() - killed_at < 2.0
    lost = running.states[running.kinds().index("lost")]
    assert lost.sentence
    assert lost.retry_in_s == 0.05
    running.wait_until(lambda: running.kinds().count("lost") >= 5)
    waits = [state.retry_in_s for state in running.states if state.kind == "lost"]
    assert waits[:5] == [0.05, 0.1, 0.2, 0.4, 0.4]
    before = len(running.frames)
    mjpeg_server.restart()
    running.wait_until(lambda: len(running.frames) >= before + 5)
    numbers = [frame.number for frame in running.frames]
    assert numbers == sorted(set(numbers))
    assert read_number(running.frames[-1].image_rgb) is not None
    assert running.kinds()[-1] == "streaming"
    mjpeg_server.kill()
    running.wait_until(lambda: running.kinds()[-1] == "lost")
    assert running.states[-1].retry_in_s == 0.05  # the wait starts over once frames have come
    running.stop()
    assert isinstance(running.outcome, Cancelled)


def test_a_wish_to_stop_is_heard_while_waiting_for_a_lost_camera(start):
    running = start(open_source("http://127.0.0.1:9/none"), back_off=BackOff(600.0, 600.0))
    running.wait_until(lambda: "lost" in running.kinds())
    assert running.stop() < 2.0
    assert isinstance(running.outcome, Cancelled)
    assert running.kinds() == ["connecting", "lost"]


def test_a_wish_to_stop_is_heard_while_a_camera_says_nothing(mjpeg_server, start):
    running = start(open_source(mjpeg_server.address("silent")))
    running.wait_until(lambda: running.frames and running.frames[-1].number == 4)
    assert running.stop() < 1.0


def test_a_folder_is_delivered_whole_to_one_that_takes_its_time(solar_cells, start):
    running = start(open_source(str(solar_cells.good)))
    assert running.ended()
    assert running.outcome is None
    assert running.kinds() == ["connecting", "streaming", "ended"]
    assert [frame.number for frame in running.frames] == list(range(30))


def test_a_damaged_photo_is_told_and_the_others_come(solar_cells, tmp_path, start):
    for number, cell in enumerate(sorted(solar_cells.good.iterdir())[:3]):
        (tmp_path / f"{number}.png").write_bytes(cell.read_bytes()[: None if number != 1 else 200])
    running = start(open_source(str(tmp_path)))
    assert running.ended()
    assert [frame.name for frame in running.frames] == ["0.png", "2.png"]
    assert [state.kind for state in running.states] == ["connecting", "streaming", "streaming", "ended"]
    assert "1.png" in running.states[2].sentence


def test_a_source_of_files_that_cannot_be_opened_is_an_error(tmp_path, start):
    running = start(open_source(str(tmp_path)))
    assert running.ended()
    assert isinstance(running.outcome, SourceError)
    assert running.kinds() == ["connecting"]


def test_a_watched_folder_that_goes_away_is_waited_for_and_loses_nothing(solar_cells, tmp_path, start):
    cells = list_images(solar_cells.good)
    folder, elsewhere = tmp_path / "incoming", tmp_path / "unplugged"
    folder.mkdir()
    running = start(open_source(f"watch:{folder}"))
    running.wait_until(lambda: "streaming" in running.kinds())
    shutil.copy(cells[0], folder / "first.png")
    running.wait_until(lambda: running.frames)
    folder.rename(elsewhere)
    running.wait_until(lambda: running.kinds().count("lost") >= 2)
    assert "no such folder" in running.states[-1].sentence  # also while it is tried again
    shutil.copy(cells[1], elsewhere / "second.png")
    elsewhere.rename(folder)
    running.wait_until(lambda: len(running.frames) == 2)
    assert [(frame.name, frame.number) for frame in running.frames] == [("first.png", 0), ("second.png", 1)]


def test_an_rtsp_camera_that_is_killed_and_comes_back_goes_on_by_itself(rtsp_server, start):
    running = start(open_source(rtsp_server.url))
    running.wait_until(lambda: len(running.frames) >= 5)
    rtsp_server.kill()
    running.wait_until(lambda: "lost" in running.kinds())
    before = len(running.frames)
    rtsp_server.restart()
    running.wait_until(lambda: len(running.frames) >= before + 5)
    numbers = [frame.number for frame in running.frames]
    assert numbers == sorted(set(numbers))
    assert read_number(running.frames[-1].image_rgb) is not None


def test_frames_that_nobody_takes_are_counted(mjpeg_server):
    newest, token, seen = NewestFrame(), CancelToken(), []

    def put(frame):
        seen.append(frame.number)
        newest.put(frame)
        if len(seen) == 10:
            token.cancel()

    with pytest.raises(Cancelled):
        capture(open_source(mjpeg_server.url), put, lambda _state: None, token)
    assert newest.take(0.0).number == seen[-1]
    assert newest.dropped == 9


class Adjustable:
    """A source with one setting, which is black and white by it."""

    address = name = "adjustable"
    live = True

    def __init__(self, photo):
        self.photo, self.gain, self.number = photo, 1.0, 0
        self.threads = set()

    def open(self):
        self.threads.add(threading.get_ident())

    def read(self, timeout_s):
        self.threads.add(threading.get_ident())
        self.number += 1
        threading.Event().wait(0.005)  # as a camera paces its reader
        return Frame(self.photo.copy(), self.number, time.monotonic())

    def settings(self):
        return (SourceSetting("gain", self.gain, 0.0, 4.0, "dB"),)

    def change(self, name, value):
        self.threads.add(threading.get_ident())
        if name != "gain" or value > 4.0:
            raise SourceError(self.name, "4 dB is the most; choose less")
        self.gain = value
        return self.settings()[0]

    def close(self):
        self.threads.add(threading.get_ident())


def test_settings_are_changed_in_the_thread_that_reads(solar_cells, start):
    source = Adjustable(read_image(list_images(solar_cells.good)[0]))
    running = start(source)
    running.wait_until(lambda: len(running.frames) > 2)
    running.requests.ask("gain", 2.0)
    running.wait_until(lambda: running.states[-1].settings and running.states[-1].settings[0].value == 2.0)
    running.requests.ask("gain", 9.0)
    running.wait_until(lambda: "4 dB is the most" in running.states[-1].sentence)
    assert running.states[-1].settings[0].value == 2.0
    running.stop()
    assert len(source.threads) == 1
    assert threading.get_ident() not in source.threads
