"""Somebody who listens on this machine, notes who comes, and answers as a test says."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


def hang_up(_line: socket.socket) -> None:
    """Answer nothing."""


class Listener:
    """Accepts whoever comes until it is closed; what each sent `first` is kept, where it is to be read here."""

    def __init__(self, reply: Callable[[socket.socket], None] = hang_up, *, first: bool = True) -> None:
        self.came, self.first = list[bytes](), first
        self.over = threading.Event()
        self.reply = reply
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.door.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        """Let everybody in."""
        with suppress(OSError):
            while True:
                line, _ = self.door.accept()
                threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    def serve(self, line: socket.socket) -> None:
        """Note one who came, and answer."""
        with line, suppress(OSError):
            self.came.append(b"")
            if self.first:
                self.came[-1] = line.recv(65_536)
            self.reply(line)

    def drip(self, head: bytes) -> "Listener":
        """Answer one byte at a time, without end, after some that are sent at once."""

        def dripping(line: socket.socket) -> None:
            line.sendall(head)
            while not self.over.wait(0.02):
                line.sendall(b"x")

        self.reply = dripping
        return self

    def close(self) -> None:
        """Stop."""
        self.over.set()
        self.door.close()
