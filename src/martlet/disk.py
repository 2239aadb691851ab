"""Files that are written whole, and are on the disk when that returns."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes, *, is_private: bool = False) -> None:
    """Put content into a file: all of it, or the file stays as it was.

    Args:
        path: of the file, in a folder that is there.
        content: of the whole file.
        is_private: only its owner may read it, at no moment anybody else.

    Raises:
        OSError: it cannot be written.
    """
    draft = path.with_name(f"{path.name}.new")
    if is_private:
        draft.touch(mode=0o600)
        draft.chmod(0o600)  # also one that a killed process has left
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
