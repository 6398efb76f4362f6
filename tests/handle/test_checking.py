"""What `validate` says of a folder: its config, its model, and what no Truss can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_handle.checking import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_link_that_leaves_is_found(make_truss: Callable[..., Path]) -> None:
    truss = make_truss(files={"data/words.txt": "hello"})
    assert check(truss) == []
    (truss / "data" / "inside").symlink_to("words.txt")
    assert check(truss) == []
    (truss / "data" / "outside").symlink_to("/etc/hostname")
    (finding,) = check(truss)
    assert (finding["code"], finding["severity"]) == ("tree", "error")
    assert "data/outside is a symbolic link to /etc/hostname" in finding["message"]
    assert check(truss / "config.yaml") == [], "the file alone was asked about"


def test_a_model_that_is_not_utf_8_is_blamed_itself(make_truss: Callable[..., Path]) -> None:
    truss = make_truss()
    model = truss / "model" / "model.py"
    model.write_bytes(b"# caf\xe9\n" + model.read_bytes())
    (finding,) = check(truss)
    assert (finding["path"], finding["line"]) == (str(model), 1)
    assert finding["message"].startswith("model/model.py is not UTF-8 (byte 0xe9")
