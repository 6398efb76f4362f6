"""Commands, files, settings and progress of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lsp_server.commands import NAMES, execute
from lsp_server.uris import path_of

if TYPE_CHECKING:
    from lsp_server.items import Json
    from lsp_server.server import Server


async def execute_command(server: Server, params: types.ExecuteCommandParams) -> Json:
    if params.command not in NAMES:
        raise JsonRpcInvalidParams(message=f"{params.command!r} is no command of this server.")
    argument = params.arguments[0] if params.arguments else None
    return await execute(server.session, params.command, argument, params.work_done_token)


def did_change_watched_files(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    paths = [path for change in params.changes if (path := path_of(change.uri))]
    server.session.touched(paths)


def did_change_configuration(server: Server, params: types.DidChangeConfigurationParams) -> None:
    server.session.settings_changed(params.settings)


def cancel_progress(server: Server, params: types.WorkDoneProgressCancelParams) -> None:
    server.session.bars.cancel(params.token)
