"""The officer's desk over real sockets: who asks is answered, who watches hears, who misbehaves harms nobody."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import making
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot_kiosk.errors import ConfigError, LinkDown, Refused
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.desk import LONGEST_LINE, MOST_UNHEARD, Ask, Desk, Told, ask, watch
from hotspot_kiosk.terms import RequestType

READY = Told(kind="status", state="idle", link=True, waiting=0)
SHOWN = Told(kind="show", prompt="look at camera", detail="Look straight.")
STATUS = b'{"do":"status"}\n'


class Officer:
    """What stands behind the desk: keeps what was asked, and refuses minors."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []

    def hear(self, asked: Ask) -> Told:
        """Every request is granted but one."""
        self.asked.append(asked)
        if asked.do == "begin" and not asked.adult:
            raise Refused("adults only")
        return READY


@pytest.fixture
def place() -> Iterator[Path]:
    """A socket's path, short enough for one (108 bytes)."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder) / "desk"


@pytest.fixture
def officer() -> Officer:
    """Behind the desk."""
    return Officer()


@pytest.fixture
def open_desk(place: Path, officer: Officer) -> Iterator[Desk]:
    """A desk that listens."""
    opened = Desk(place, officer.hear)
    opened.start()
    yield opened
    opened.close()


def connected(place: Path) -> socket.socket:
    """A client that speaks bytes."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(60)
    client.connect(str(place))
    return client


def heard(client: socket.socket) -> bytes:
    """Everything until the desk hangs up."""
    said = bytearray()
    while piece := client.recv(65536):
        said += piece
    return bytes(said)


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.01)


def test_a_request_gets_a_reply(open_desk: Desk, place: Path, officer: Officer) -> None:
    """What is asked arrives as it was asked, and its reply comes back."""
    wanted = Ask("begin", adult=True, tot=RequestType.CPS)
    assert ask(place, wanted) == READY
    assert officer.asked == [wanted]


def test_a_refusal_comes_with_its_reason(open_desk: Desk, place: Path) -> None:
    """The sentence of a rule reaches the client."""
    with pytest.raises(Refused, match=r"^adults only$"):
        ask(place, Ask("begin"))


def test_one_connection_may_ask_often(open_desk: Desk, place: Path) -> None:
    """Lines after each other are answered one by one, a problem in between or not."""
    with connected(place) as client:
        client.sendall(STATUS + b'{"do":"begin"}\n' + STATUS)
        client.shutdown(socket.SHUT_WR)
        replies = [msgspec.json.decode(line)["is"] for line in heard(client).splitlines()]
    assert replies == ["told", "problem", "told"]


def test_a_watcher_hears_the_state_and_then_what_is_told(open_desk: Desk, place: Path) -> None:
    """The first line is the status; everything told later follows in order."""
    watching = watch(place)
    assert next(watching) == READY
    told = [SHOWN, Told(kind="stored", tcn="x"), Told(kind="alarm", detail="y", faults=("camera",))]
    for each in told:
        open_desk.tell(each)
    assert [next(watching) for _ in told] == told
    watching.close()


def test_every_watcher_hears(open_desk: Desk, place: Path) -> None:
    """Two watchers hear the same."""
    watchers = [watch(place), watch(place)]
    assert [next(each) for each in watchers] == [READY, READY]
    open_desk.tell(SHOWN)
    assert [next(each) for each in watchers] == [SHOWN, SHOWN]
    for each in watchers:
        each.close()


BAD = {
    "noise": b"\x00\xff\xfe noise \x80\n",
    "no object": b"[1, 2]\n",
    "empty": b"\n",
    "half": b'{"do": "stat\n',
    "unknown request": b'{"do": "enrol"}\n',
    "unknown field": b'{"do": "status", "now": true}\n',
    "wrong type": b'{"do": "begin", "adult": "yes"}\n',
    "unknown search": b'{"do": "begin", "adult": true, "tot": "ENROL"}\n',
    "bad text": b'{"do": "st\xe9tus"}\n',
    "deep": b'{"do":' + b"[" * 3000 + b"\n",
    "deep field": b'{"x":' + b"[" * 3000 + b"\n",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_line_gets_a_problem_and_harms_nobody(
    kind: str, open_desk: Desk, place: Path, officer: Officer
) -> None:
    """One problem for one bad line; the same client and others go on; nothing was asked for."""
    with connected(place) as client:
        client.sendall(BAD[kind] + STATUS)
        client.shutdown(socket.SHUT_WR)
        problem, reply = (msgspec.json.decode(line) for line in heard(client).splitlines())
    assert problem["is"] == "problem"
    assert "does not understand" in problem["error"]
    assert reply["is"] == "told"
    assert ask(place, Ask("status")) == READY
    assert [each.do for each in officer.asked] == ["status", "status"]


def test_a_line_cut_off_by_the_end_gets_a_problem(open_desk: Desk, place: Path, officer: Officer) -> None:
    """A client that goes in the middle of a line has asked for nothing."""
    with connected(place) as client:
        client.sendall(b'{"do":"cancel"')
        client.shutdown(socket.SHUT_WR)
        assert b"problem" in heard(client)
    assert officer.asked == []


def test_the_longest_line_is_read(open_desk: Desk, place: Path) -> None:
    """A line of just the allowed length is understood."""
    with connected(place) as client:
        client.sendall(STATUS.rstrip().ljust(LONGEST_LINE - 1) + b"\n")
        client.shutdown(socket.SHUT_WR)
        assert msgspec.json.decode(heard(client))["is"] == "told"


def test_a_line_too_long_ends_the_connection(open_desk: Desk, place: Path, officer: Officer) -> None:
    """After a line too long nothing of that client is read; its rest is no request; others go on."""
    with connected(place) as client:
        client.sendall(b" " * (LONGEST_LINE + 1) + STATUS)
        stream = client.makefile("rb")
        assert f"{LONGEST_LINE} bytes" in msgspec.json.decode(stream.readline())["error"]
        with contextlib.suppress(ConnectionResetError):
            assert not stream.read()
        stream.close()
    assert officer.asked == []
    assert ask(place, Ask("status")) == READY


def test_a_client_that_says_nothing_keeps_nobody_waiting(open_desk: Desk, place: Path) -> None:
    """An idle connection takes no turn from others."""
    with connected(place):
        assert ask(place, Ask("status")) == READY


def test_a_client_that_goes_at_once_harms_nobody(open_desk: Desk, place: Path) -> None:
    """Clients that hang up before their reply, or while watching, leave no trace."""
    for said in (b"", STATUS, b'{"do":"watch"}\n'):
        with connected(place) as client:
            client.sendall(said)
    open_desk.tell(SHOWN)
    open_desk.tell(SHOWN)
    assert ask(place, Ask("status")) == READY


def test_a_watcher_that_does_not_read_is_let_go(open_desk: Desk, place: Path) -> None:
    """Telling never waits for a watcher; the one that reads hears all, the deaf one is hung up on."""
    long = Told(kind="show", detail="x" * 2000)
    count = 2 * MOST_UNHEARD
    got: list[Told] = []
    good = watch(place)
    assert next(good) == READY
    listener = threading.Thread(target=lambda: got.extend(next(good) for _ in range(count)))
    listener.start()
    with connected(place) as deaf:
        deaf.sendall(b'{"do":"watch"}\n')
        until(lambda: bool(deaf.recv(1, socket.MSG_PEEK)))
        for number in range(count):
            open_desk.tell(long)
            until(lambda number=number: len(got) > number - MOST_UNHEARD // 2)
        listener.join(60)
        assert len(got) == count
        lines = heard(deaf).count(b"\n")
    assert lines < count
    good.close()


def test_close_ends_every_client(place: Path, officer: Officer) -> None:
    """Watchers hear what was told last and then the end; idle clients see the end; the file is gone."""
    opened = Desk(place, officer.hear)
    opened.start()
    watching = watch(place)
    assert next(watching) == READY
    with connected(place) as idle:
        idle.sendall(STATUS)
        assert idle.recv(65536)
        opened.tell(SHOWN)
        opened.close()
        assert list(watching) == [SHOWN]
        assert heard(idle) == b""
    assert not place.exists()


def test_close_does_not_wait_for_a_watcher_that_does_not_read(place: Path, officer: Officer) -> None:
    """With every place in a deaf watcher's queue taken, the desk still closes."""
    opened = Desk(place, officer.hear)
    opened.start()
    with connected(place) as deaf:
        deaf.sendall(b'{"do":"watch"}\n')
        until(lambda: bool(deaf.recv(1, socket.MSG_PEEK)))
        opened.tell(Told(kind="show", detail="x" * 4_000_000))  # more than a socket holds
        until(lambda: len(deaf.recv(1000, socket.MSG_PEEK)) == 1000)
        for _ in range(MOST_UNHEARD):
            opened.tell(SHOWN)
        closing = threading.Thread(target=opened.close, daemon=True)
        closing.start()
        closing.join(60)
        assert not closing.is_alive()


def test_close_twice_and_before_the_start(place: Path, officer: Officer) -> None:
    """Closing what is not open is nothing."""
    opened = Desk(place, officer.hear)
    opened.close()
    opened.start()
    opened.close()
    opened.close()


def test_the_socket_of_a_dead_kiosk_is_replaced(place: Path, officer: Officer) -> None:
    """A socket file that nobody listens at does not keep the next daemon from starting."""
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(place))
    dead.close()
    opened = Desk(place, officer.hear)
    opened.start()
    assert ask(place, Ask("status")) == READY
    opened.close()


def test_a_second_kiosk_does_not_take_the_desk(open_desk: Desk, place: Path, officer: Officer) -> None:
    """A desk at which somebody listens is not taken from him."""
    with pytest.raises(ConfigError, match="another kiosk is running"):
        Desk(place, officer.hear).start()
    assert ask(place, Ask("status")) == READY


def test_the_socket_is_seen_only_once_somebody_listens(
    place: Path, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the file to appear is not refused at it."""
    seen: list[bool] = []
    listen = socketserver.TCPServer.server_activate

    def activate(server: socketserver.TCPServer) -> None:
        seen.append(place.exists())
        listen(server)

    monkeypatch.setattr(socketserver.TCPServer, "server_activate", activate)
    opened = Desk(place, officer.hear)
    opened.start()
    assert seen == [False]
    assert ask(place, Ask("status")) == READY
    assert [each.name for each in place.parent.iterdir()] == [place.name]
    opened.close()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_socket_is_not_removed(kind: str, place: Path, officer: Officer) -> None:
    """A path that is a file or a folder is refused by name and left as it is."""
    place.write_text("precious") if kind == "file" else place.mkdir()
    with pytest.raises(ConfigError, match=rf"\[kiosk\] desk = {place}: .* name another path"):
        Desk(place, officer.hear).start()
    assert place.exists()


def test_a_path_too_long_is_refused(tmp_path: Path, officer: Officer) -> None:
    """A path that no socket can have is refused with the setting's name."""
    with pytest.raises(ConfigError, match=r"\[kiosk\] desk = .*too long"):
        Desk(tmp_path / ("x" * 120), officer.hear).start()


def test_a_folder_is_made_and_one_that_cannot_be_is_refused(place: Path, officer: Officer) -> None:
    """The socket's folder is made if it is missing; below a file it cannot be."""
    opened = Desk(place.parent / "run" / "desk", officer.hear)
    opened.start()
    opened.close()
    place.touch()
    with pytest.raises(ConfigError, match=r"\[kiosk\] desk"):
        Desk(place / "desk", officer.hear).start()


def test_only_owner_and_group_may_ask(open_desk: Desk, place: Path) -> None:
    """The socket file has mode 0660."""
    assert stat.S_IMODE(place.stat().st_mode) == 0o660


def test_without_a_kiosk_the_client_says_so(place: Path) -> None:
    """Asking and watching where nobody listens say how to start a kiosk."""
    with pytest.raises(LinkDown, match="start it with: hotspot kiosk run"):
        ask(place, Ask("status"))
    with pytest.raises(LinkDown, match="start it with"):
        next(watch(place))


@pytest.mark.parametrize("reply", [b"", b'{"is":"to', b"\xff\n", b'{"is":"else"}\n'])
def test_a_kiosk_that_breaks_off_is_a_link_down(reply: bytes, place: Path) -> None:
    """A reply that is no reply is the end of the desk, not a crash of the client."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as far_end:
        far_end.bind(str(place))
        far_end.listen()

        def break_off() -> None:
            client, _ = far_end.accept()
            with client:
                client.sendall(reply)

        thread = threading.Thread(target=break_off)
        thread.start()
        with pytest.raises(LinkDown, match="closed the desk"):
            ask(place, Ask("status"))
        thread.join()


def test_a_line_says_only_what_was_said() -> None:
    """A line is one JSON object without the fields left out; a TCN is plain text."""
    told = Told(kind="stored", tcn=making.tcn())
    assert desk.line(told) == b'{"is":"told","kind":"stored","tcn":"%s"}\n' % making.tcn().encode()


@given(st.lists(st.binary(max_size=60), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_get_problems_only(
    open_desk: Desk, place: Path, officer: Officer, pieces: list[bytes]
) -> None:
    """Whatever is sent, each line gets one problem, and the desk goes on."""
    said = b"".join(piece + b"\n" for piece in pieces)
    with connected(place) as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        replies = [msgspec.json.decode(line)["is"] for line in heard(client).splitlines()]
    assert replies == ["problem"] * said.count(b"\n")
    assert ask(place, Ask("status")) == READY
