import socket
import struct
import sys
import threading
import time

import pytest

from inspector.devices.genicam.gvcp import controlled
from tests.devices.genicam.fake_gige_camera import IP, fake_gige_camera, needs_fake_camera, only_one

# Another address of this computer, so that no camera at the usual one is in the way. Only Linux has it without asking.
OTHER_IP = "127.0.0.3"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers at 127.0.0.3")


def answers(status, command, value, number_off=0):
    """Answer one question at OTHER_IP and return the question, through a list."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.bind((OTHER_IP, 3956))
    questions = []

    def run():
        with channel:
            question, asker = channel.recvfrom(64)
            questions.append(question)
            number = struct.unpack(">H", question[6:8])[0] + number_off
            channel.sendto(struct.pack(">HHHHI", status, command, 4, number, value), asker)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return questions, thread


@needs_fake_camera
def test_a_camera_answers_whether_somebody_controls_it():
    with fake_gige_camera():
        assert controlled(IP) is False


@needs_fake_camera
def test_nothing_answers_where_no_camera_is():
    with only_one():
        assert controlled(IP) is None


@on_linux
@pytest.mark.parametrize(
    ("status", "value", "expected"),
    [(0, 2, True), (0, 1, True), (0, 0, False), (0x8006, 0, True)],
    ids=["controlled", "exclusive", "free", "denied, so it lives"],
)
def test_answers_are_understood(status, value, expected):
    questions, thread = answers(status, 0x0081, value)
    assert controlled(OTHER_IP) is expected
    thread.join(5)
    assert questions[0][:6] == bytes.fromhex("420100800004"), "key, acknowledge, READREG, four bytes"
    assert questions[0][8:] == bytes.fromhex("00000a00"), "the register of who controls the camera"


@on_linux
@pytest.mark.parametrize(("command", "number_off"), [(0x0081, 1), (0x0003, 0)], ids=["of another", "no answer"])
def test_other_packets_are_no_answer(command, number_off):
    _, thread = answers(0, command, 2, number_off)
    assert controlled(OTHER_IP) is None
    thread.join(5)


@on_linux
def test_silence_is_told_within_a_second():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((OTHER_IP, 3956))
        started = time.monotonic()
        assert controlled(OTHER_IP) is None
        assert 0.7 < time.monotonic() - started < 1.5


def test_no_way_to_the_network_is_no_answer():
    # 240.0.0.0/4 is reserved: no computer sends there.
    assert controlled("240.0.0.1") is None
