"""What a request to an instance carries so that it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_handle.exceptions import ServerUnavailable

if TYPE_CHECKING:
    from truss_handle.values import Running


def authorization(running: Running) -> dict[str, str]:
    """The header with the token; none for plain servers. Raises ServerUnavailable."""
    file = running.token_file
    if file is None:
        return {}
    try:
        return {"Authorization": f"Bearer {file.read_text(encoding='ascii').strip()}"}
    except OSError as error:
        raise ServerUnavailable(
            f"the token of {running.id} cannot be read: {error.strerror}",
            hint="stop and start the Truss",
        ) from error
