"""What belongs to a session as a whole: trust, several Trusses, what else lies in a workspace."""

from __future__ import annotations

from pathlib import Path

from lsp_editor import PATCH, OpenEditor, by_title
from lsprotocol import types


async def test_nothing_is_published_for_a_config_that_is_no_truss(
    tmp_path: Path, truss: Path, open_editor: OpenEditor
) -> None:
    (tmp_path / "config.yaml").write_text("site_name: x\n")
    editor = await open_editor(tmp_path)
    editor.open("config.yaml")
    editor.open("greeter/config.yaml")
    await editor.pushed("greeter/config.yaml")
    assert editor.latest("config.yaml") == []
    assert {params.uri for params in editor.published} == {editor.uri("greeter/config.yaml")}


async def test_without_a_uri_the_only_truss_is_meant(
    truss: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss)
    editor.open("config.yaml")
    await editor.pushed("config.yaml")
    answer = await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams("truss.showStatus")
    )
    assert answer["uri"] == truss.as_uri()


async def test_an_untrusted_workspace_only_validates(truss: Path, open_editor: OpenEditor) -> None:
    editor = await open_editor(truss, options={"trusted": False})
    editor.open("config.yaml", "modle_name: x\n")
    assert [d.code for d in await editor.pushed("config.yaml")] == ["unknown-key"]
    disabled = by_title(await editor.actions("config.yaml"), PATCH).disabled
    assert disabled is not None
    assert "not trusted" in disabled.reason
    for command in ("truss.startContainer", "truss.predict", "truss.showStatus", "truss.logs"):
        answer = await editor.command(command, input={})
        assert answer["ok"] is False
        assert answer["error"]["type"] == "Untrusted"
    assert editor.statuses == []


async def test_trust_can_be_granted_later(truss: Path, open_editor: OpenEditor) -> None:
    editor = await open_editor(truss, options={"trusted": False})
    editor.open("config.yaml")
    editor.client.protocol.notify("truss/trustGranted", {})
    answer = await editor.command("truss.showStatus")
    assert (answer["ok"], answer["state"]) == (True, "stopped")


async def test_no_setting_of_the_workspace_itself_grants_trust(
    truss: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss, options={"trusted": False}, settings={"trusted": True})
    pushed = types.DidChangeConfigurationParams({"controlTruss": {"trusted": True}})
    editor.client.workspace_did_change_configuration(pushed)
    assert (await editor.command("truss.showStatus"))["ok"] is False
