"""A node in the middle: hands requests of wallets and lamps to a real node, and its replies back, and lies when told.

NNG over TCP, as far as this needs it: 8 bytes of greeting each way, then frames of length 8 (big-endian) | id 4 |
body. The body is what spv/service.h describes: version 1 | op or status 1 | fields.
"""
import socket
import threading

OP_SUBMIT, OP_ACCOUNT, OP_PROOF, OP_PAYMENTS = 2, 4, 6, 7
GREETING, ID = 8, 4


def receive(sock, count):
    """Exactly `count` bytes, or None at the end."""
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def receive_frame(sock):
    head = receive(sock, 8)
    return receive(sock, int.from_bytes(head, "big")) if head else None


def send_frame(sock, frame):
    sock.sendall(len(frame).to_bytes(8, "big") + frame)


class Proxy:
    """change_request(op, body) and change_reply(op, body) return what is passed on instead; None swallows it.
    The clients here ask one thing at a time, so the last request tells what a reply answers."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.change_request = self.change_reply = lambda op, body: body
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def honest(self):
        self.change_request = self.change_reply = lambda op, body: body

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.target_port)) as node:
                greeting = receive(client, GREETING)
                if greeting is None:
                    return
                node.sendall(greeting)
                client.sendall(receive(node, GREETING))
                self._exchange(client, node)
        except (OSError, TypeError):
            pass  # one side went away

    def _exchange(self, client, node):
        while True:
            request = receive_frame(client)
            if request is None:
                return
            op = request[ID + 1]
            body = self.change_request(op, request[ID:])
            if body is None:
                continue
            send_frame(node, request[:ID] + body)
            reply = receive_frame(node)
            body = self.change_reply(op, reply[ID:])
            if body is not None:
                send_frame(client, reply[:ID] + body)
