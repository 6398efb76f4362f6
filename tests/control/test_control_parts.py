"""The parts of the control plane that are pure, or nearly so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from control.plane.api.metrics import metrics_text
from control.plane.patching.history import KEPT, History
from control.plane.proxy.route import Traffic
from control.plane.releases.complete_config import complete_json, config_of
from control.plane.releases.journal import KEPT_LINES, Journal
from control.plane.supervisor import logbook
from control.plane.supervisor.backoff import DELAYS, Backoff
from control.plane.supervisor.environment import inference_environment
from control.plane.supervisor.logbook import LogBook

PYTHON = Path("/venv/bin/python")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"HOME": "/h", "LC_ALL": "C", "http_proxy": "p"}, {"HOME", "LC_ALL", "http_proxy"}),
        ({"CUDA_VISIBLE_DEVICES": "0", "NVIDIA_X": "1"}, {"CUDA_VISIBLE_DEVICES", "NVIDIA_X"}),
        ({"AWS_SECRET_ACCESS_KEY": "k", "GITHUB_TOKEN": "t"}, set()),
        ({"CONTROL_TRUSS_HOME": "/x", "VIRTUAL_ENV": "/v", "PYTHONHOME": "/p"}, set()),
        ({"TRUSS_SECRET_key": "s", "TRUSS_SECRET_other": "s"}, {"TRUSS_SECRET_key"}),
    ],
)
def test_what_of_our_environment_a_model_gets(own: dict[str, str], expected: set[str]) -> None:
    given = inference_environment(own, {}, python=PYTHON, secrets=["key"]).variables
    assert set(given) - {"PATH", "PYTHONUNBUFFERED"} == expected


def test_in_a_container_it_is_the_environment_of_the_image() -> None:
    own = {"OF_THE_BASE_IMAGE": "1", "CONTROL_TRUSS_X": "2", "TRUSS_SECRET_other": "3"}
    own["PYTHONPATH"] = os.pathsep.join(["/user", "/bundle"])
    given = inference_environment(
        own, {}, python=PYTHON, inherit=True, hidden_import_root="/bundle"
    ).variables
    assert given["OF_THE_BASE_IMAGE"] == "1"
    assert given["PYTHONPATH"] == "/user"
    assert not {"CONTROL_TRUSS_X", "TRUSS_SECRET_other"} & set(given)


def test_the_config_has_the_last_word_and_the_interpreter_comes_first_on_the_path() -> None:
    own = {"PATH": "/usr/bin:/venv/bin", "HOME": "/h"}
    given = inference_environment(own, {"HOME": "/model", "X": "y"}, python=PYTHON).variables
    assert given["PATH"] == "/venv/bin:/usr/bin"
    assert (given["HOME"], given["X"]) == ("/model", "y")


def test_restarts_are_immediate_then_ever_slower_then_forgotten() -> None:
    state = Backoff()
    delays = []
    for _ in range(len(DELAYS) + 2):
        state = state.after(lived=1)
        delays.append(state.delay)
    assert delays[0] == 0
    assert delays == sorted(delays)
    assert delays[-1] == DELAYS[-1]
    assert state.after(lived=3600).delay == 0


def test_the_history_keeps_the_last_patches_and_survives_in_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append({"event": "commit", "release": "first", "at": "t"})
    for number in range(KEPT + 10):
        patch = {"hash": str(number), "strategy": "S2", "timings_ms": {}, "at": "t"}
        journal.append({"event": "begin", "release": str(number)})
        journal.append({"event": "commit", "release": str(number), **patch})
    journal.append({"event": "abort", "release": "x", "strategy": "S2", "error": "no"})
    journal.close()
    with contextlib.closing(Journal(tmp_path / "journal.jsonl")) as again:
        entries = History(again.events).to_list()
    assert len(entries) == KEPT
    assert entries[-1] == {"strategy": "S2", "error": "no", "ok": False}
    assert (entries[-2]["hash"], entries[-2]["ok"]) == (str(KEPT + 9), True)


def test_the_journal_is_bounded_and_forgives_lines_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    good = [json.dumps({"event": "commit", "release": str(n)}) for n in range(KEPT_LINES + 5)]
    path.write_text("\n".join(["[]", "null", "{}", *good, '{"event": "comm']))
    with contextlib.closing(Journal(path)) as journal:
        journal.append({"event": "commit", "release": "last"})
    with contextlib.closing(Journal(path)) as again:
        assert again.committed() == [*(str(n) for n in range(6, KEPT_LINES + 5)), "last"]


@pytest.mark.parametrize(
    "text",
    ["", "- a", "a: [", "\tx: y", "\xff", "runtime: 3", "model_metadata: &a {self: *a}"],
)
def test_any_config_gives_a_complete_dump(text: str) -> None:
    dump = json.loads(complete_json(config_of(text.encode("latin-1"))))
    assert dump["model_module_dir"] == "model"
    assert dump["runtime"]["predict_concurrency"] == 1


def test_metrics_of_what_does_not_run() -> None:
    memory = {"control": 50.0, "inference": None, "spare": None}
    status = {"state": "failed", "uptime_seconds": 1.5, "memory_mb": memory}
    text = metrics_text(status, Traffic(requests=3))
    assert 'control_truss_state{state="failed"} 1\n' in text
    assert 'control_truss_resident_memory_bytes{process="control"} 52428800\n' in text
    assert "inference" not in text
    assert "control_truss_proxied_requests_total 3\n" in text


async def test_the_log_rotates_and_its_tail_spans_both_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "ROTATE_AT", 1000)
    log = LogBook(tmp_path / "logs/x.log", echo=None)
    read, write = os.pipe()
    pump = log.pump(read)
    for number in range(200):
        os.write(write, b"line %03d\n" % number)
        while b"%03d" % number not in await asyncio.to_thread(log.tail, 1):
            await asyncio.sleep(0.001)
    os.close(write)
    pump.join()
    log.close()
    assert log.tail(3).splitlines() == [b"line 197", b"line 198", b"line 199"]
    assert len(log.tail(1000)) <= 2010
    assert log.tail(0) == b""
    lines = log.tail(115).splitlines()
    assert lines == [b"line %03d" % number for number in range(200 - len(lines), 200)]
    assert len(lines) > 110


async def test_a_follower_that_does_not_read_loses_lines_and_costs_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "FOLLOWER_LIMIT", 3)
    log = LogBook(tmp_path / "x.log", echo=None)
    with log.following() as chunks:
        read, write = os.pipe()
        pump = log.pump(read)
        os.write(write, b"0\n")
        assert await anext(chunks) == b"0\n"
        for number in range(1, 10):
            os.write(write, b"%d\n" % number)
            while not log.tail(1).startswith(b"%d" % number):
                await asyncio.sleep(0.001)
        os.close(write)
        await asyncio.to_thread(pump.join)
        await asyncio.sleep(0)
        log.close()
        rest = [chunk async for chunk in chunks]
    assert len(rest) < 3
    assert rest[-1] == b"9\n"
    with log.following() as chunks:
        assert [chunk async for chunk in chunks] == [], "it is closed for later ones too"


async def test_a_tail_across_blocks_has_every_line_once(tmp_path: Path) -> None:
    lines = [b"line %04d %s\n" % (number, b"x" * 40) for number in range(2000)]
    (tmp_path / "x.log").write_bytes(b"".join(lines))
    log = LogBook(tmp_path / "x.log", echo=None)
    assert log.tail(1900).splitlines(keepends=True) == lines[-1900:]
    log.close()


REAPER = """
import asyncio, ctypes, os, subprocess, sys
from control.plane.supervisor.reaper import Reaper

async def main():
    ctypes.CDLL(None).prctl(36, 1)  # orphans come to this process, as they come to process 1
    Reaper().start()
    orphans = subprocess.run(
        ["sh", "-c", "for i in $(seq 200); do sleep 0.1 & echo $!; done"], stdout=subprocess.PIPE
    ).stdout.split()
    codes = set()
    for _ in range(50):
        own = await asyncio.create_subprocess_exec("sh", "-c", "exit 5")
        codes.add(await own.wait())
    while any(os.path.exists(f"/proc/{int(pid)}") for pid in orphans):
        await asyncio.sleep(0.01)
    print(*codes, len(orphans))

asyncio.run(main())
"""


def test_orphans_are_collected_and_our_own_children_are_left_to_asyncio() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", REAPER], cwd=root, capture_output=True, text=True, timeout=100
    )
    assert done.stdout.split() == ["5", "200"], done.stderr
