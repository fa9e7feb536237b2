"""Industrial cameras by Aravis, against a camera that speaks GigE Vision over UDP."""

import time
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import SourceError
from inspector.core.progress import Cancelled, CancelToken
from inspector.devices.addresses import open_source
from inspector.devices.genicam import genicam_source
from inspector.devices.genicam.aravis_library import aravis
from inspector.devices.genicam.genicam_pixels import PIXEL_FORMATS
from inspector.devices.genicam.genicam_source import GenicamSource, list_genicam_cameras
from inspector.devices.genicam.gvcp import controlled
from inspector.workflows.live.capture import capture
from tests.devices.genicam.fake_gige_camera import IP, SERIAL, fake_gige_camera, needs_fake_camera
from tests.devices.reading import next_frame, read_on

pytestmark = pytest.mark.timeout(60)
CODES = {pixels.name: code for code, pixels in PIXEL_FORMATS.items()}
TOLD_WITHIN_S = 2.0
RAMP = np.repeat(np.arange(255)[:, None], 3, axis=1)  # the fake camera's greys
FIRST_ID = 65400  # about where the fake camera begins to count, so that short IDs begin again soon


@pytest.fixture
def camera(monkeypatch):
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    with fake_gige_camera() as running:
        yield running


@pytest.fixture
def source(camera):
    source = GenicamSource(f"genicam:{IP}")
    yield source
    source.close()


def seconds_until_told(source):
    started = time.monotonic()
    with pytest.raises(SourceError, match="does not answer any more; check its power"):
        read_on(source)
    return time.monotonic() - started


def diagonal(image, colours):
    """How far the image is from the fake camera's pattern: `colours` run along the diagonal from somewhere."""
    rows, columns = np.indices(image.shape[:2])
    few = np.s_[3:6, 3:19]
    places = rows + columns

    def off(place, start):
        return np.abs(image[place].astype(int) - colours[(places[place] + start) % len(colours)]).mean()

    return off(np.s_[:], min(range(len(colours)), key=lambda start: off(few, start)))


@needs_fake_camera
def test_a_camera_is_listed_by_its_name_and_serial_number(camera):
    (listed,) = list_genicam_cameras()
    assert listed.address == f"genicam:Aravis-Fake-{SERIAL}"
    assert (listed.name, listed.detail) == ("Aravis Fake", SERIAL)


@needs_fake_camera
@pytest.mark.parametrize("wanted", [f"Aravis-Fake-{SERIAL}", SERIAL, IP, ""], ids=["ID", "serial", "address", "only"])
def test_a_camera_opens_by_each_of_its_names(camera, wanted):
    source = GenicamSource(f"genicam:{wanted}")
    assert source.live
    assert source.address == f"genicam:{wanted}"
    source.open()
    try:
        frame = next_frame(source)
        assert source.name == f"Aravis Fake {SERIAL}"
        assert frame.image_rgb.shape == (512, 512, 3)
        assert not frame.image_rgb.flags.writeable
        assert 0 <= time.monotonic() - frame.taken_at < 5
    finally:
        source.close()
    assert controlled(IP) is False, "closing gives the camera back"


@needs_fake_camera
def test_frames_are_whole_and_numbered_past_the_end_of_short_ids(source):
    source.open()
    source.change("frame_rate", 200)
    frames = [next_frame(source)]
    while frames[-1].number < 65535 - FIRST_ID + 100:
        frames.append(next_frame(source))
    numbers = np.array([frame.number for frame in frames])
    steps = np.diff(numbers)
    assert steps.min() >= 1
    assert steps.max() < 1000, "where short IDs begin again there is no gap of thousands"
    assert np.all(np.diff([frame.taken_at for frame in frames]) > 0)
    assert diagonal(frames[-1].image_rgb, RAMP) == 0


@needs_fake_camera
def test_lost_packets_leave_gaps_and_no_broken_picture(monkeypatch):
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    with fake_gige_camera("-r", "4"):
        source = GenicamSource(f"genicam:{IP}")
        source.open()
        try:
            source.change("width", 300)
            source.change("frame_rate", 100)
            frames = [next_frame(source) for _ in range(20)]
        finally:
            source.close()
    steps = np.diff([frame.number for frame in frames])
    assert steps.min() >= 1
    assert steps.max() > 1, "of 20 pictures of about 100 packets, of which 1 in 250 is lost, some are incomplete"
    assert all(diagonal(frame.image_rgb, RAMP) == 0 for frame in frames[::5])


@needs_fake_camera
def test_settings_have_ranges_and_change(source):
    source.open()
    settings = {setting.name: setting for setting in source.settings()}
    assert list(settings) == ["exposure", "gain", "frame_rate", "width", "height"]
    assert [setting.unit for setting in settings.values()] == ["us", "dB", "1/s", "px", "px"]
    assert all(setting.low <= setting.value <= setting.high for setting in settings.values())
    before = next_frame(source)
    for name, value in {"exposure": 5000, "gain": 3, "frame_rate": 50, "width": 320, "height": 200}.items():
        assert source.change(name, value).value == pytest.approx(value)
    after = next_frame(source)
    assert after.image_rgb.shape == (200, 320, 3)
    assert after.number > before.number
    assert {setting.name: setting.value for setting in source.settings()}["exposure"] == pytest.approx(5000)


@needs_fake_camera
def test_a_setting_out_of_range_or_unknown_is_refused(source):
    source.open()
    with pytest.raises(SourceError, match="takes a width of 1 to 2048 px, not 5000"):
        source.change("width", 5000)
    with pytest.raises(SourceError, match="has no hue"):
        source.change("hue", 1)
    assert next_frame(source).image_rgb.shape == (512, 512, 3)


def sent_as(name):
    """Switch the fake camera to a pixel format, as another program would have left it."""
    library = aravis()
    device = library.ask("arv_camera_new", IP.encode())
    library.ask("arv_camera_set_pixel_format", device, CODES[name])
    library.call("g_object_unref", device)


def picture_as(source, name):
    sent_as(name)
    source.open()
    image = next_frame(source).image_rgb
    source.close()
    return image


@needs_fake_camera
# Not RG and BG: against PFNC, the fake camera of Aravis 0.8.26 sends each where the other is asked for.
@pytest.mark.parametrize("name", ["BayerGR8", "BayerGB8"])
def test_bayer_mosaics_show_the_colours_of_rgb(source, name):
    colours = picture_as(source, "RGB8")[0, :255].astype(int)
    assert np.ptp(colours, axis=0).min() > 100, "the fake camera's colours differ"
    image = picture_as(source, name)
    as_sent, swapped = diagonal(image, colours), diagonal(image[..., ::-1], colours)
    assert as_sent < 3
    assert swapped > 20


@needs_fake_camera
def test_deep_grey_shows_what_grey_shows(source):
    image = picture_as(source, "Mono16")
    assert (image[..., 0] == image[..., 1]).all()
    assert np.ptp(image) > 200


@needs_fake_camera
def test_a_camera_without_power_is_told_and_comes_back(camera, source):
    source.open()
    for _ in range(3):
        last = next_frame(source)
    assert last.number >= 2
    camera.kill()
    assert seconds_until_told(source) < TOLD_WITHIN_S
    with pytest.raises(SourceError, match="no industrial camera answers"):
        source.open()
    camera.start()
    source.open()
    assert next_frame(source).number == 0
    assert next_frame(source).number >= 1


@needs_fake_camera
def test_a_pulled_cable_is_told(camera, source):
    source.open()
    next_frame(source)
    camera.freeze()
    assert seconds_until_told(source) < TOLD_WITHIN_S
    started = time.monotonic()
    source.close()
    assert time.monotonic() - started < 0.5, "nobody waits for a camera that is gone"


@needs_fake_camera
def test_a_camera_that_forgot_its_controller_is_told_though_it_answers(camera, source):
    source.open()
    next_frame(source)
    camera.kill()
    camera.start()
    assert seconds_until_told(source) < TOLD_WITHIN_S
    source.open()
    assert next_frame(source).number == 0


@needs_fake_camera
def test_a_slow_camera_is_not_taken_for_lost(source):
    source.open()
    source.change("frame_rate", 1)
    assert None in [source.read(0.6) for _ in range(4)], "of 2.4 s, some 0.6 s have no frame"
    next_frame(source)


@needs_fake_camera
def test_a_camera_that_another_program_holds_is_told(source):
    source.open()
    other = GenicamSource(f"genicam:{SERIAL}")
    with pytest.raises(SourceError, match="close other programs that use it"):
        other.open()
    next_frame(source)


@needs_fake_camera
def test_what_is_not_open_says_so(camera, source):
    for use in (lambda: source.read(0.1), source.settings, lambda: source.change("gain", 1)):
        with pytest.raises(SourceError, match="not open"):
            use()
    source.close()
    source.open()
    source.open()
    next_frame(source)
    source.close()
    source.close()


@needs_fake_camera
def test_an_unknown_camera_is_told(camera):
    with pytest.raises(SourceError, match="no industrial camera answers to this ID"):
        GenicamSource("genicam:nobody").open()


def test_without_a_library_nothing_is_listed_and_opening_says_what_to_install(monkeypatch):
    monkeypatch.setattr(genicam_source, "aravis", lambda: None)
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    assert list_genicam_cameras() == ()
    with pytest.raises(SourceError, match=r"libaravis-0\.8-0.*inspector\[genicam\].*GENICAM_GENTL64_PATH"):
        GenicamSource("genicam:77").open()


def test_a_producer_without_harvesters_says_what_to_install(monkeypatch):
    monkeypatch.setattr(genicam_source, "harvesters_installed", lambda: False)
    with pytest.raises(SourceError, match=r"run: pip install 'inspector\[genicam\]'"):
        GenicamSource(f"genicam:{Path('maker.cti')}?77").open()


@needs_fake_camera
def test_an_address_and_a_capture_keep_it_open_through_a_loss(camera):
    frames, states = [], []
    token = CancelToken()

    def put(frame):
        frames.append(frame.number)
        if len(frames) == 3:
            camera.kill()
            camera.start()
        if len(frames) == 6:
            token.cancel()

    with pytest.raises(Cancelled):
        capture(open_source(f"genicam:{IP}"), put, lambda state: states.append(state.kind), token)
    assert [kind for kind in states if kind != "connecting"] == ["streaming", "lost", "streaming"]
    assert np.diff(frames).min() >= 1
