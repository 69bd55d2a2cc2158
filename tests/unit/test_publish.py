"""Files appear whole or not at all; devices and pipes stream; links are not followed."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
import threading
from pathlib import Path

import pytest

from dli_core.errors import DLIError, ErrorCode
from dli_core.export import temp
from dli_core.export.publish import output_errors, sealed
from dli_core.export.temp import PREFIX, Folder, sweep
from dli_core.marks import MARK, mark_of

OTHER_DISK = Path("/dev/shm")


def put(path: Path, data: bytes = b"new") -> None:
    with sealed(path) as output:
        os.write(output.fd, data)
        output.seal()


def refused(path: Path) -> dict[str, object]:
    with pytest.raises(DLIError) as caught, sealed(path):
        pytest.fail("it was opened")
    assert caught.value.code is ErrorCode.OUTPUT_FAILED
    assert caught.value.exit_code == 7
    assert caught.value.details["path"] == str(path)
    return caught.value.details


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_sealed_file_appears_whole_under_its_name_and_no_other(tmp_path: Path):
    path = tmp_path / "out.csv"
    with sealed(path) as output:
        assert not output.streaming
        os.write(output.fd, b"first ")
        assert names(tmp_path) == []
        os.write(output.fd, b"second")
        output.seal()
    assert path.read_bytes() == b"first second"
    assert names(tmp_path) == ["out.csv"]


def test_what_is_not_sealed_was_never_there(tmp_path: Path):
    path = tmp_path / "out.csv"
    with sealed(path) as output:
        os.write(output.fd, b"half")
    assert names(tmp_path) == []


def test_an_exception_in_the_block_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with sealed(path) as output:
            os.write(output.fd, b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["out.csv"]


def test_an_error_of_the_callers_own_is_not_blamed_on_the_disk(tmp_path: Path):
    with pytest.raises(ConnectionResetError), sealed(tmp_path / "out.csv"):
        raise ConnectionResetError


def test_a_reader_of_the_old_file_keeps_reading_it(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        put(path)
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_new_file_follows_the_umask(tmp_path: Path):
    old = os.umask(0o027)
    try:
        put(tmp_path / "out.csv")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755, 0o2664])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    path.chmod(mode)
    put(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_the_bytes_are_private_from_the_start_where_the_old_file_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    path.chmod(0o600)
    monkeypatch.setattr(temp, "_PROC", tmp_path / "none")  # no /proc: a named temp file
    with sealed(path):
        (entry,) = [entry for entry in tmp_path.iterdir() if entry != path]
        assert stat.S_IMODE(entry.stat().st_mode) == 0o600


def test_a_replaced_file_keeps_its_owner_where_the_system_allows_it(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    owner = (12345, 12345) if os.geteuid() == 0 else (os.geteuid(), os.getgroups()[-1])
    os.chown(path, *owner)
    put(path)
    assert (path.stat().st_uid, path.stat().st_gid) == owner


def test_other_names_of_the_old_file_keep_the_old_bytes(tmp_path: Path):
    path, twin = tmp_path / "out.csv", tmp_path / "twin.csv"
    path.write_bytes(b"old")
    twin.hardlink_to(path)
    put(path)
    assert (path.read_bytes(), twin.read_bytes()) == (b"new", b"old")


def test_without_proc_a_named_temp_file_does_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(temp, "_PROC", tmp_path / "none")
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with sealed(path) as output:
        os.write(output.fd, b"new")
        partial = [name for name in names(tmp_path) if name.startswith(PREFIX)]
        assert len(partial) == 1
        assert sweep(tmp_path) == 0, "it is alive"
        output.seal()
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["out.csv"]


# Where a file cannot be


def test_a_missing_folder(tmp_path: Path):
    assert refused(tmp_path / "none" / "out.csv")["reason"] == "no_folder"


def test_a_file_as_the_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    assert refused(tmp_path / "file" / "out.csv")["reason"] == "no_folder"


@pytest.mark.parametrize("name", ["folder", ".", ".."])
def test_a_folder_as_the_target(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert refused(Path(name))["reason"] == "is_folder"


def test_a_name_that_is_too_long(tmp_path: Path):
    put(tmp_path / ("a" * 255))
    assert refused(tmp_path / ("a" * 256))["reason"] == "name"


def test_a_name_that_no_system_has(tmp_path: Path):
    assert refused(tmp_path / "a\0b")["problem"] == "Invalid argument"


def test_a_folder_that_vanishes_meanwhile(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with sealed(folder / "out.csv") as output:
        folder.rmdir()
        with pytest.raises(DLIError) as caught:
            output.seal()
    assert caught.value.details["reason"] == "no_folder"
    assert names(tmp_path) == []


def test_a_folder_that_is_moved_meanwhile_takes_the_file_along(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with sealed(folder / "out.csv") as output:
        os.write(output.fd, b"new")
        folder.rename(tmp_path / "moved")
        output.seal()
    assert (tmp_path / "moved" / "out.csv").read_bytes() == b"new"


def test_a_folder_that_takes_the_name_of_the_target_meanwhile(tmp_path: Path):
    path = tmp_path / "out.csv"
    with sealed(path) as output:
        path.mkdir()
        with pytest.raises(DLIError) as caught:
            output.seal()
    assert caught.value.details["reason"] == "is_folder"
    assert names(tmp_path) == ["out.csv"]


def test_every_reason_has_a_text_of_its_own():
    texts = set()
    codes = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EIO, errno.EPIPE, errno.EMFILE)
    for code in codes:
        with pytest.raises(DLIError) as caught, output_errors(Path("out.csv")):
            raise OSError(code, os.strerror(code))
        assert caught.value.details["problem"] == os.strerror(code)
        texts.add(str(caught.value))
    assert len(texts) == len(codes)


# Links


def test_a_link_at_the_target_is_replaced_and_what_it_points_to_left_alone(tmp_path: Path):
    path, elsewhere = tmp_path / "out.csv", tmp_path / "elsewhere.csv"
    elsewhere.write_bytes(b"old")
    elsewhere.chmod(0o400)
    path.symlink_to(elsewhere)
    put(path)
    assert not path.is_symlink()
    assert (path.read_bytes(), elsewhere.read_bytes()) == (b"new", b"old")


def test_a_link_to_nothing_is_replaced(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.symlink_to(tmp_path / "none" / "nothing")
    put(path)
    assert not path.is_symlink()
    assert names(tmp_path) == ["out.csv"]


def test_a_link_to_a_folder_is_a_folder(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.symlink_to(tmp_path)
    assert refused(path)["reason"] == "is_folder"


def test_a_link_planted_under_a_temp_name_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    victim, path = tmp_path / "victim", tmp_path / "out.csv"
    victim.write_bytes(b"precious")
    taken = iter(["planted", "free"])
    (tmp_path / f"{PREFIX}planted").symlink_to(victim)
    monkeypatch.setattr(temp, "_PROC", tmp_path / "none")
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(taken))
    with pytest.raises(DLIError):
        put(path)
    assert victim.read_bytes() == b"precious"
    put(path)
    assert (path.read_bytes(), victim.read_bytes()) == (b"new", b"precious")


def test_through_a_linked_folder_the_file_lands_where_the_link_points(tmp_path: Path):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "linked").symlink_to(real)
    put(tmp_path / "linked" / "out.csv")
    assert names(real) == ["out.csv"]


@pytest.mark.skipif(not os.access(OTHER_DISK, os.W_OK), reason="needs another filesystem: /dev/shm")
def test_a_target_on_another_filesystem(tmp_path: Path):
    other = OTHER_DISK / f"dli-test-{os.getpid()}"
    other.mkdir()
    try:
        assert other.stat().st_dev != tmp_path.stat().st_dev
        (tmp_path / "linked").symlink_to(other)
        for _ in range(2):
            put(tmp_path / "linked" / "out.csv")
        assert names(other) == ["out.csv"]
        (tmp_path / "out.csv").symlink_to(other / "out.csv")
        put(tmp_path / "out.csv", b"here")
        assert (other / "out.csv").read_bytes() == b"new"
    finally:
        for entry in other.iterdir():
            entry.unlink()
        other.rmdir()


# Devices, pipes, descriptors


def test_a_device_streams():
    with sealed(Path("/dev/null")) as output:
        assert output.streaming
        os.write(output.fd, b"gone")
        output.seal()


def test_a_link_to_a_device_streams_and_stays(tmp_path: Path):
    path = tmp_path / "null"
    path.symlink_to("/dev/null")
    with sealed(path) as output:
        assert output.streaming
    assert path.is_symlink()


def test_a_full_device_is_no_space():
    with pytest.raises(DLIError) as caught, sealed(Path("/dev/full")) as output, output_errors(Path("/dev/full")):
        os.write(output.fd, b"x")
    assert caught.value.details["reason"] == "no_space"


def test_a_named_pipe_streams_to_its_reader(tmp_path: Path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    put(pipe, b"streamed")
    reader.join(10)
    assert got == [b"streamed"]
    assert names(tmp_path) == ["pipe"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_a_descriptor_is_written_to_where_it_stands(tmp_path: Path, name: str):
    with (tmp_path / "log").open("wb", buffering=0) as file:
        file.write(b"before ")
        put(Path(name.format(file.fileno())))
        file.write(b" after")
    assert (tmp_path / "log").read_bytes() == b"before new after"


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_is_written_to_and_stays_open(name: str, capfd: pytest.CaptureFixture[str]):
    put(Path(name))
    os.write(1, b" more")
    assert capfd.readouterr().out == "new more"


def test_a_descriptor_that_is_closed_is_refused():
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    refused(Path(f"/dev/fd/{writer}"))


def test_a_pipe_without_a_reader_is_a_broken_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    path = Path(f"/dev/fd/{writer}")
    with pytest.raises(DLIError) as caught, sealed(path) as output, output_errors(path):
        os.write(output.fd, b"x")
    assert caught.value.details["reason"] == "pipe"
    os.close(writer)


# The sweep


def test_the_next_export_sweeps_what_killed_ones_left(tmp_path: Path):
    for number in range(3):
        (tmp_path / f"{PREFIX}{number}").write_bytes(b"half")
    put(tmp_path / "out.csv")
    assert names(tmp_path) == ["out.csv"]


def test_the_sweep_takes_only_files_that_carry_the_prefix(tmp_path: Path):
    (tmp_path / "mine").write_bytes(b"precious")
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "mine")
    (tmp_path / f"{PREFIX}folder").mkdir()
    os.mkfifo(tmp_path / f"{PREFIX}pipe")
    (tmp_path / f"{PREFIX}orphan").touch()
    assert sweep(tmp_path) == 1
    assert names(tmp_path) == [f"{PREFIX}folder", f"{PREFIX}link", f"{PREFIX}pipe", "mine"]


def test_the_sweep_leaves_a_temp_file_that_somebody_holds(tmp_path: Path):
    held = tmp_path / f"{PREFIX}held"
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert sweep(tmp_path) == 0
        fcntl.flock(file, fcntl.LOCK_UN)
        assert sweep(tmp_path) == 1


def test_the_sweep_of_no_folder_is_nothing(tmp_path: Path):
    assert sweep(tmp_path / "none") == 0


def test_a_second_name_of_the_old_file_is_locked_while_its_exporter_lives(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    folder = Folder.open(tmp_path)
    kept = folder.keep("out.csv")
    assert len(names(tmp_path)) == 2
    assert sweep(tmp_path) == 0
    path.unlink()
    assert kept.restore("out.csv")
    kept.forget()
    folder.close()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["out.csv"]


def test_a_file_that_its_owner_has_locked_can_be_replaced(tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        put(path)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["out.csv"]


def test_nothing_is_left_open(tmp_path: Path):
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for _ in range(3):
        put(tmp_path / "out.csv")
        refused(tmp_path)
        refused(tmp_path / "none" / "out.csv")
        with sealed(tmp_path / "other.csv"):
            pass
    assert count() == before


def test_the_mark_goes_with_the_file(tmp_path: Path):
    path = tmp_path / "out.csv"
    with sealed(path) as output:
        output.mark("abc")
        output.seal()
    try:
        mark = os.getxattr(path, MARK)
    except OSError as problem:
        pytest.xfail(f"the filesystem keeps no marks: {problem}")
    assert mark == mark_of("abc", path.stat())
