"""What the user can choose, and whether the workspace may run anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

PatchOnSave = Literal["off", "ask", "on"]
Runtime = Literal["local", "docker"]
SECTION = "controlTruss"


@dataclass(frozen=True, slots=True)
class Settings:
    """The ``controlTruss`` section, as far as the server reads it."""

    patch_on_save: PatchOnSave = "ask"
    runtime: Runtime = "local"
    any_python: bool = False
    code_lens: bool = True
    hint_defaults: bool = True
    hint_amounts: bool = True
    hint_pending: bool = True
    prepare_while_typing: bool = True

    @classmethod
    def parse(cls, section: object) -> Settings:
        """From the client's JSON. What is absent, unknown or of a wrong type gets its default."""
        given = section if isinstance(section, dict) else {}
        patch_on_save: PatchOnSave = "ask"
        for mode in get_args(PatchOnSave):
            if given.get("patchOnSave") == mode:
                patch_on_save = mode
        runtime: Runtime = "docker" if given.get("runtime") == "docker" else "local"
        hints = given.get("inlayHints")
        wanted = hints if isinstance(hints, dict) else {}
        return cls(
            patch_on_save,
            runtime,
            any_python=given.get("anyPython") is True,
            code_lens=given.get("codeLens") is not False,
            hint_defaults=wanted.get("defaults") is not False,
            hint_amounts=wanted.get("amounts") is not False,
            hint_pending=wanted.get("pending") is not False,
            prepare_while_typing=given.get("prepareWhileTyping") is not False,
        )
