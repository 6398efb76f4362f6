"""The files that requirements name, copied out of a release: they have to outlive it.

Building a package leaves files beside its sources, and an editable install reads them for as long
as its environment lives. So they are copies, never shared, in a folder that is named by their
content: what did not change keeps its path, and nothing of it is built again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from control.plane.releases.directory import open_directory, remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def copy_sources(tree: Path, names: Iterable[str], target: Path) -> None:
    """Copies the files `names` of a release's tree to the folder `target`, all or nothing."""
    if target.is_dir():
        return
    new = target.with_name(f"{target.name}.new")
    remove_tree(new)
    new.mkdir(mode=0o755, parents=True)
    with open_directory(tree) as old_root, open_directory(new) as new_root:
        for name in names:
            *folders, last = name.split("/")
            with old_root.below(folders) as old, new_root.below(folders, create=True) as copy:
                if (link := old.readlink(last)) is not None:
                    copy.symlink(last, link)
                else:
                    executable = bool(old.stat(last).st_mode & 0o100)
                    copy.write(last, old.read(last), executable=executable)
    new.rename(target)
