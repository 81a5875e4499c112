"""A slow line to a server, that can be cut: real sockets, so that real clients notice."""

import contextlib
import socket
import threading

BLOCK = 64 * 1024  # bytes
PAUSE = 0.015  # seconds a block takes on its way in: about 4 MB a second


class SlowLine:
    """Passes connections on to a port of this machine."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self.sock.getsockname()[1]}"
        self.ends: set[socket.socket] = set()
        self.is_cut = threading.Event()
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections, and let none through."""
        self.is_cut.set()
        for end in list(self.ends):
            self._close(end)

    def mend(self) -> None:
        self.is_cut.clear()

    def close(self) -> None:
        self.over.set()
        self.cut()
        self.sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.sock.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            if self.is_cut.is_set():
                client.close()
                server.close()
                continue
            self.ends |= {client, server}
            for source, target, pause in ((client, server, PAUSE), (server, client, 0.0)):
                threading.Thread(
                    target=self._pass, args=(source, target, pause), daemon=True
                ).start()

    def _pass(self, source: socket.socket, target: socket.socket, pause: float) -> None:
        try:
            while block := source.recv(BLOCK):
                target.sendall(block)
                if pause and len(block) == BLOCK:
                    self.over.wait(pause)
        except OSError:
            return
        finally:
            self._close(source)
            self._close(target)

    def _close(self, end: socket.socket) -> None:
        self.ends.discard(end)
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
