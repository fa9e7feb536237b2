"""Shared by the tests of sources."""

import pytest

from inspector.devices.addresses import open_source


@pytest.fixture
def opened():
    """Open sources by address; they are closed after the test."""
    sources = []

    def open_(address):
        source = open_source(address)
        sources.append(source)
        source.open()
        return source

    yield open_
    for source in sources:
        source.close()
