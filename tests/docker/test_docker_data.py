"""A data file too large to travel in a patch, in a running container: only what changed is sent."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest
from docker_trusses import edit, in_container, only_container

from truss_handle import TrussHandle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.docker

MEBIBYTE = 1 << 20
SIZE = 32 * MEBIBYTE

READS = """
    def predict(self, model_input):
        import hashlib
        return hashlib.sha256(self.weights).hexdigest()

    def first_predict"""
LOADS = """
    def load(self):
        self.weights = (self.data_dir / "weights.bin").read_bytes()"""


def received(truss: Path) -> int:
    """Bytes that came in over the container's network."""
    return int(in_container(truss, "cat /sys/class/net/eth0/statistics/rx_bytes")[0])


def test_a_large_data_file_changes_in_a_running_container(truss: Path) -> None:
    content = bytearray(os.urandom(SIZE))
    weights = truss / "data" / "weights.bin"
    weights.parent.mkdir()
    weights.write_bytes(b"small")
    edit(truss, "\n    def predict", READS)
    edit(truss, "\n    def load(self):", LOADS)
    edit(truss, 'self.secrets = kwargs["secrets"]', "self.__dict__.update(kwargs)")
    handle = TrussHandle(truss, runtime="docker")
    assert handle.docker_predict({}) == hashlib.sha256(b"small").hexdigest()
    container = only_container(truss)

    weights.write_bytes(content)
    before = received(truss)
    assert handle.patch().strategy == "S2"
    assert handle.predict({}).body == hashlib.sha256(content).hexdigest()
    assert received(truss) - before > SIZE

    content[SIZE // 2 : SIZE // 2 + MEBIBYTE] = os.urandom(MEBIBYTE)
    weights.write_bytes(content)
    before = received(truss)
    assert handle.patch().strategy == "S2"
    assert handle.predict({}).body == hashlib.sha256(content).hexdigest()
    assert received(truss) - before < SIZE // 4
    assert only_container(truss).id == container.id
