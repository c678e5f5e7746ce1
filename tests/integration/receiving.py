"""A mail server and a web hook on loopback, that keep what they are sent."""

import asyncio
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

PASSWORD = "tiger77&lily"  # noqa: S105 - of the mail server below
QUOTED = "tiger77%26lily"
TOKEN = "hook-t0ken-4711"  # noqa: S105 - of the web hook below


class Mailbox:
    """Mails that came in, as text with their subjects; refuses while `is_closed`."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.is_closed = False

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, _server: object, _session: object, envelope: Envelope
    ) -> str:
        if self.is_closed:
            return "451 4.3.0 Come back later"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain", "html"))
        assert body
        self.mails.append((str(mail["subject"]), body.get_content()))
        return "250 OK"


def _authenticate(*asked: object) -> AuthResult:
    login = asked[-1]
    assert isinstance(login, LoginPassword)
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, Callable[[str], str]]]:
    """A mail server that asks for a password, and the Apprise URL for a password, quoted."""
    box = Mailbox()
    ports: SimpleQueue[int] = SimpleQueue()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    made: list[SMTP] = []

    def connected() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that passwords are asked for without TLS
            made.append(
                SMTP(
                    box,
                    authenticator=_authenticate,
                    auth_required=True,
                    auth_require_tls=False,
                    loop=loop,
                )
            )
        return made[-1]

    async def serve() -> None:
        server = await loop.create_server(connected, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await stop.wait()
        server.close()
        for session in made:
            if session.transport:
                session.transport.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = Thread(target=run)
    thread.start()
    port = ports.get()
    sender = f"@127.0.0.1:{port}?from=pager@news.example&to=team@news.example"
    try:
        yield box, lambda quoted: f"mailto://pager:{quoted}{sender}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


class Hook:
    """What was posted, title and text; answers 500 to what `refuses` says."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, str]] = []
        self.asked = 0
        self.refuses: Callable[[str], bool] = lambda _: False


@contextmanager
def web_hook() -> Iterator[tuple[Hook, str]]:
    """A web hook, and its Apprise URL."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.asked += 1
            posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != f"/{TOKEN}" or hook.refuses(posted["title"]):
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
                return
            hook.posts.append((posted["title"], posted["message"]))
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hook, f"json://127.0.0.1:{server.server_port}/{TOKEN}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
