"""Files written whole."""

import stat
from pathlib import Path

import pytest

from martlet.disk import write_whole


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path):
    path = tmp_path / "a.json"
    write_whole(path, b"one")
    (tmp_path / "a.json.new").mkdir()  # what cannot be written over
    with pytest.raises(OSError, match=r"a\.json\.new"):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one"
    (tmp_path / "a.json.new").rmdir()
    write_whole(path, b"two")
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"two"


@pytest.mark.parametrize("left", ["a.json", "a.json.new", ""])
def test_a_private_file_is_its_owner_s_whatever_was_there(tmp_path: Path, left: str):
    if left:
        (tmp_path / left).touch(mode=0o644)
    path = tmp_path / "a.json"
    write_whole(path, b"secret", is_private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
