"""The officer's desk: a Unix socket on which pages and commands talk to the daemon.

One JSON object a line, both ways. A client asks (`do`), gets one reply, and after `watch` hears
everything that is shown. In training every word that goes out says so. Only processes that may open the socket file may talk; no templates pass through,
and no pixels but the two faces that a signed-in officer asked to compare.
"""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Full, Queue
from typing import Annotated, Literal

import msgspec
from msgspec import structs

from hotspot_kiosk.errors import BadBytes, ConfigError, HotspotError, LinkDown, Refused, SignInNeeded
from hotspot_kiosk.kiosk.notices import Notice
from hotspot_kiosk.kiosk.staff.counter import AnyHeard, AnyRequest
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Realm, RequestType, as_plain

log = logging.getLogger(__name__)
LONGEST_LINE = 16 << 10
MOST_UNHEARD = 1000
STALLED_S = 5.0
MIXED = (
    "this page and the kiosk behind it are not both for training, or both real; start them from one config"
)
Button = Literal["notice read", "accept", "retake", "cancel", "without", "still here", "looked again"]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client wants. `adult`: the officer attests that the person is 18 or older (`begin`, `looked again`).

    officer: the id of who asks, never a name; empty where a person starts by themselves.
    begin alone, not adult: a person touches the screen where an officer opened self-service; their word attests nothing.
    origins: claimed and known countries of origin (alpha-3); protection: they seek it. Both go into the
    sealed probe and nowhere else.
    renews: the earlier encounter of somebody whom a reception is to enrol anew, on the officer's word.
    message: what a stick brought from the hub, believed for its signatures only.
    shown: how the notice was shown to its end; it goes into the journal.
    reason, everything: why this finger, or no finger at all, or no face can be given (`without`); of a finger that is
    there in part, what is there is taken.
    counter: what an officer's page asks (`counter`).
    training: of which kind the asker takes the kiosk to be; one of the other kind does nothing for it.
    """

    do: Button | Literal["begin", "begin alone", "not adult", "status", "watch", "carry", "counter", "slip"]
    adult: bool = False
    officer: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{0,40}$")] = ""
    tot: RequestType | None = None
    message: bytes = b""
    origins: tuple[str, ...] = ()
    protection: bool = False
    shown: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9 ._:;=-]{0,200}$")] = ""
    renews: Annotated[str, msgspec.Meta(pattern="^([0-9]{14}[A-Z])?$")] = ""
    reason: Literal["", "missing", "partly", "bandaged", "cannot", "refuses"] = ""
    everything: bool = False
    counter: AnyRequest | None = None
    training: bool | None = None

    def __repr__(self) -> str:
        return f"Ask({self.do})"


class Told(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag="told", tag_field="is"):
    """What a watcher hears. Every field but `kind` may be missing.

    post, seen, expires: of an answer after its person has left: where and when they were, until when it counts.
    An alert is such an answer about somebody whom another kiosk captured.
    second_look: of a status: the face may be a minor's; the officer is asked to look again (`looked again` or `cancel`).
    presentation: of a status: what each cue says of this face, 0 (like a picture of one) to 100; measured on no real
    attack, so it is shown as a reason to look, never as a finding. portrait: why the face claims no SAP.
    hint: of a finger to be placed: which advice says how.
    handed: of a status: how many people may begin by themselves, as an officer opened it.
    slip: what stands on the slip of the person who is still here; told to who asks for it, never to all.
    notice: of a status: what the person is being told before anything is taken.
    oldest_s: of a status: how long the oldest record waits, by a clock that may be wrong; missing if none waits.
    supply_mv, panel: what the panel measures of the supply, and who it says it is; missing without a panel.
    training: nothing of this is real.
    ignored, repeated: why messages of the hub's side were not believed, or said nothing new; how often.
    watchlist: of a status: why nobody is referred to an officer without a link, though the operation says so.
    """

    kind: Literal["show", "alarm", "status", "answer", "alert", "stored", "carried", "button", "slip"]
    prompt: str = ""
    detail: str = ""
    hint: str = ""
    state: str = ""
    link: bool | None = None
    waiting: int | None = None
    quarantined: int | None = None
    faults: tuple[str, ...] = ()
    operation: str = ""
    tcn: str = ""
    decision: str = ""
    candidates: tuple[str, ...] = ()
    note: str = ""
    edition: int = 1
    post: str = ""
    seen: datetime | None = None
    expires: datetime | None = None
    second_look: bool = False
    presentation: dict[str, int] = {}
    portrait: str = ""
    slip: Paper | None = None
    notice: Notice | None = None
    oldest_s: int | None = None
    supply_mv: int | None = None
    panel: str = ""
    ignored: dict[str, int] = {}
    repeated: dict[str, int] = {}
    watchlist: str = ""
    handed: int = 0
    training: bool = False


class Problem(msgspec.Struct, frozen=True, tag="problem", tag_field="is"):
    """Why a request was not followed."""

    error: str
    sign_in: bool = False


Reply = Told | AnyHeard | Problem


@dataclass(frozen=True, slots=True, eq=False)
class Watcher:
    """A client that hears everything: the lines it has yet to hear (None: no more), its socket."""

    lines: Queue[bytes | None]
    connection: socket.socket


class Desk:
    """The socket's server; `on_ask` is called from a client's thread."""

    def __init__(
        self, path: Path, on_ask: Callable[[Ask], Told | AnyHeard], realm: Realm = Realm.REAL
    ) -> None:
        self._path = path
        self._training = realm is Realm.TRAINING
        self._on_ask = on_ask
        self._lock = threading.Lock()
        self._watchers: set[Watcher] = set()
        self._connections: set[socket.socket] = set()
        self._closed = False
        self._server: socketserver.ThreadingUnixStreamServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen. Raises ConfigError if the socket cannot be made."""
        desk = self

        class Client(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
                    desk._admit(self)

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            make_way(self._path)
            self._server = self._bound(Client)
        except OSError as error:
            raise ConfigError(f"[kiosk] desk = {self._path}: {error.strerror or error}") from None
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="desk")
        self._thread.start()

    def tell(self, told: Told) -> None:
        """Let every watcher hear; a watcher that does not read is let go."""
        said = self._line(told)
        with self._lock:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            try:
                watcher.lines.put_nowait(said)
            except Full:
                self._forget(watcher)
                _hang_up(watcher.connection, socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening and send every client away; what was told before still reaches watchers that read."""
        if self._server is None:
            return
        self._server.shutdown()
        with self._lock:
            self._closed = True
            watchers, connections = tuple(self._watchers), tuple(self._connections)
        for watcher in watchers:
            with contextlib.suppress(Full):
                watcher.lines.put_nowait(None)
        for connection in connections:
            _hang_up(connection, socket.SHUT_RD)
        self._server.server_close()
        if self._thread is not None:
            self._thread.join()
        self._path.unlink(missing_ok=True)

    def _bound(
        self, client: type[socketserver.StreamRequestHandler]
    ) -> socketserver.ThreadingUnixStreamServer:
        """A server whose file appears, with its mode, only once it listens: who sees it is not refused.

        A link never takes the place of another kiosk's socket that came meanwhile.
        """
        hidden = self._path.with_name(f"{self._path.name}~")
        hidden.unlink(missing_ok=True)
        server = socketserver.ThreadingUnixStreamServer(str(hidden), client, bind_and_activate=False)
        try:
            server.server_bind()
            hidden.chmod(0o660)
            server.server_activate()
            self._path.hardlink_to(hidden)
        except OSError:
            server.server_close()
            raise
        finally:
            hidden.unlink(missing_ok=True)
        return server

    def _admit(self, client: socketserver.StreamRequestHandler) -> None:
        with self._lock:
            if self._closed:
                return
            self._connections.add(client.connection)
        try:
            self._serve(client)
        finally:
            with self._lock:
                self._connections.discard(client.connection)

    def _serve(self, client: socketserver.StreamRequestHandler) -> None:
        while asked := client.rfile.readline(LONGEST_LINE + 1):
            if len(asked) > LONGEST_LINE:
                client.wfile.write(line(Problem(f"a line may have {LONGEST_LINE} bytes at most")))
                return
            try:
                ask = self._same_kind(_decode(asked))
                if ask.do == "watch":
                    self._watch(client)
                    return
                reply: Reply = self._on_ask(ask)
            except HotspotError as error:
                reply = Problem(str(error), isinstance(error, SignInNeeded))
            client.wfile.write(self._line(reply))

    def _watch(self, client: socketserver.StreamRequestHandler) -> None:
        watcher = Watcher(Queue(MOST_UNHEARD), client.connection)
        client.connection.settimeout(STALLED_S)
        with self._lock:
            self._watchers.add(watcher)
        try:
            client.wfile.write(self._line(self._on_ask(Ask("status"))))
            while (said := watcher.lines.get()) is not None:
                client.wfile.write(said)
        finally:
            self._forget(watcher)

    def _same_kind(self, ask: Ask) -> Ask:
        """The request, once it is known to be meant for this kiosk."""
        if ask.training not in (None, self._training):
            raise Refused(MIXED)
        return structs.replace(ask, training=None)

    def _line(self, said: Told | AnyHeard | Problem) -> bytes:
        """One line; whatever a training kiosk says is marked here, so that no part of it need remember to."""
        return line(said if isinstance(said, Problem) else structs.replace(said, training=self._training))

    def _forget(self, watcher: Watcher) -> None:
        with self._lock:
            self._watchers.discard(watcher)


def make_way(path: Path) -> None:
    """Remove the socket of a kiosk that is gone. Raises ConfigError if anything else is there."""
    if not path.exists():
        return
    if not path.is_socket():
        raise ConfigError(f"[kiosk] desk = {path}: a file is there already; name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        try:
            knock.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ConfigError(f"[kiosk] desk = {path}: another kiosk is running; stop it first")


def _hang_up(connection: socket.socket, how: int) -> None:
    """Wake the thread that reads or writes there; it closes the connection."""
    with contextlib.suppress(OSError):
        connection.shutdown(how)


_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


def line(value: msgspec.Struct) -> bytes:
    """A value as one line of JSON."""
    return msgspec.json.encode(value, enc_hook=as_plain) + b"\n"


def _decode(asked: bytes) -> Ask:
    try:
        return msgspec.json.decode(asked, type=Ask)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBytes(f"the desk does not understand this: {error}") from None


def ask(path: Path, request: Ask) -> Told:
    """Ask a running kiosk once. Raises LinkDown if none runs, Refused with its reason if it will not."""
    return _told(_asked(path, request))


def ask_counter(path: Path, request: AnyRequest, training: bool | None = None) -> AnyHeard:
    """The same for an officer's page. training: as in `Ask`."""
    heard = _heard(_asked(path, Ask("counter", counter=request, training=training)))
    if isinstance(heard, Told):
        raise LinkDown("the kiosk closed the desk")
    return heard


def _asked(path: Path, request: Ask) -> bytes:
    with _connected(path) as stream:
        stream.write(line(request))
        stream.flush()
        return stream.readline()


def watch(path: Path) -> Generator[Told, None, None]:
    """Everything the kiosk shows from now on, until it stops. Raises LinkDown if none runs."""
    with _connected(path) as stream:
        stream.write(line(Ask("watch")))
        stream.flush()
        while heard := stream.readline():
            yield _told(heard)


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[io.BufferedRWPair]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            raise LinkDown(f"no kiosk answers at {path}; start it with: hotspot kiosk run") from None
        try:
            with sock.makefile("rwb") as stream:
                yield stream
        except (BrokenPipeError, ConnectionResetError):
            raise LinkDown("the kiosk closed the desk") from None


def _told(heard: bytes) -> Told:
    reply = _heard(heard)
    if not isinstance(reply, Told):
        raise LinkDown("the kiosk closed the desk")
    return reply


def _heard(heard: bytes) -> Told | AnyHeard:
    try:
        reply = _reply.decode(heard)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LinkDown("the kiosk closed the desk") from None
    if isinstance(reply, Problem):
        raise (SignInNeeded if reply.sign_in else Refused)(reply.error)
    return reply
