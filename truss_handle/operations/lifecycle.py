"""Starting and ending what runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from truss_handle import instances
from truss_handle.folders import located, usable
from truss_handle.registry import resolve
from truss_handle.settings import Settings
from truss_handle.values import Progress, Running, StartOptions, no_progress

if TYPE_CHECKING:
    from pathlib import Path


async def start(
    truss_dir: str | Path,
    options: StartOptions = StartOptions(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Running:
    """Run the Truss and return once its model is loaded.

    Already running on the same files: that instance. On other files: patched, or rebuilt where a
    patch cannot do it. Raises ModelLoadFailed (.model_error; a control Truss then stays up, so
    that a patch can repair it), StartFailed, MachineProblem, NotATruss, ConfigError.
    """
    from truss_handle import missing_modules, starting

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    with usable(settings), missing_modules.advised(settings, directory):
        return await starting.start(settings, directory, options, progress or no_progress)


async def stop(truss_dir: str | Path, *, runtime: str | None = None) -> bool:
    """End the instance and remove its state; of two, the one started last.

    False: there was none, not even one that had ended by itself.
    """
    from truss_handle import starting

    settings = Settings.from_environment()
    # Who names a runtime may ask for each in turn, after the first took the last trace with it.
    directory = resolve(truss_dir) if runtime else located(settings, truss_dir)
    with usable(settings):
        return await starting.stop(settings, directory, runtime)


async def rebuild(
    truss_dir: str | Path,
    *,
    runtime: str | None = None,
    options: StartOptions | None = None,
    progress: Progress | None = None,
) -> Running:
    """Stop, build from the files on disk, and start, with the options of the last start.

    Raises what `start` and `stop` raise; NotRunning where nothing runs.
    """
    from truss_handle import missing_modules, starting

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    running = await instances.latest(settings, directory, runtime)
    if running is None:
        running = await instances.require(settings, directory, runtime)
    if options is None:
        options = StartOptions.from_details(running.details.get("options", {}))
    options = replace(options, runtime=running.runtime)
    with usable(settings), missing_modules.advised(settings, running.truss_dir):
        return await starting.rebuild(settings, running, options, progress or no_progress)
