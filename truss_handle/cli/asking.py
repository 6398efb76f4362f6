"""Commands that ask what runs: predict, status, logs."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_handle import operations
from truss_handle.cli import exit_codes
from truss_handle.cli.arguments import add_command, count, seconds
from truss_handle.cli.status_lines import status_lines
from truss_handle.exceptions import InputInvalid
from truss_handle.problems import describe

if TYPE_CHECKING:
    import argparse

    from truss_handle.cli.arguments import Commands
    from truss_handle.cli.output import Output
    from truss_handle.values import PredictResult


def add_commands(commands: Commands) -> None:
    """Register this group."""
    predict = add_command(commands, "predict", _predict, "ask the running model")
    predict.add_argument(
        "--input",
        "-i",
        metavar="JSON",
        help="the payload; @FILE reads a file, - reads stdin"
        " (default: the Truss's example, else the last one used)",
    )
    predict.add_argument("--timeout", type=seconds, help="limit of the answer, in seconds")
    predict.add_argument(
        "--route", default=operations.PREDICT_PATH, help="path to ask (default: %(default)s)"
    )
    add_command(commands, "status", _status, "show what runs of a Truss")
    logs = add_command(commands, "logs", _logs, "show the output of the model")
    logs.add_argument("--follow", "-f", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("--tail", type=count, default=200, help="lines to begin with (default: 200)")


async def _predict(arguments: argparse.Namespace, output: Output) -> int:
    payload = await _payload(arguments, output)
    result = await operations.predict(
        arguments.path,
        payload,
        runtime=arguments.runtime,
        timeout=arguments.timeout,
        path=arguments.route,
    )
    output.result({**asdict(result), "ok": result.ok}, [_shown(result.body)])
    if not output.as_json:
        _explain(result, output)
    return exit_codes.OK if result.ok else exit_codes.FAILURE


async def _payload(arguments: argparse.Namespace, output: Output) -> Any:
    if arguments.input is not None:
        return await asyncio.to_thread(_parsed, arguments.input)
    chosen = await operations.predict_input(arguments.path, prefer_last=False)
    names = {
        "last": "the input used last",
        "metadata": "example_model_input of config.yaml",
        "empty": "an empty input",
    }
    sent = names.get(chosen.source, chosen.source)
    output.note(f"{chosen.problem}; {sent} is sent" if chosen.problem else f"input: {sent}")
    return chosen.input


def _parsed(given: str) -> Any:
    source = "--input"
    try:
        if given == "-":
            source, given = "stdin", sys.stdin.read()
        elif given.startswith("@"):
            source = given[1:]
            given = Path(source).read_text(encoding="utf-8")
        return json.loads(given)
    except OSError as error:
        raise InputInvalid(f"{source} cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise InputInvalid(
            f"{source} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            hint='write text in double quotes, for example {"name": "World"}',
        ) from error
    except UnicodeDecodeError as error:
        raise InputInvalid(f"{source} is not UTF-8 (byte {error.start})") from error


def _shown(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _explain(result: PredictResult, output: Output) -> None:
    output.note(f"{result.status} in {result.latency_ms:.1f} ms, {result.size} bytes")
    if result.model_error:
        output.note(str(result.model_error.get("traceback", "")).rstrip())
        output.note(f"error: {describe(result.model_error)}")


async def _status(arguments: argparse.Namespace, output: Output) -> int:
    status = await operations.status(arguments.path, runtime=arguments.runtime)
    output.result(asdict(status), status_lines(status))
    return exit_codes.OK if status.url else exit_codes.NOT_RUNNING


async def _logs(arguments: argparse.Namespace, output: Output) -> int:
    lines = operations.logs(
        arguments.path, runtime=arguments.runtime, follow=arguments.follow, tail=arguments.tail
    )
    async for line in lines:
        output.line(line)
        if output.unread:
            break
    await lines.aclose()
    return exit_codes.OK
