"""A stock y-websocket client on pycrdt, told what to do in lines of JSON on standard input; each line has one answer.

{"cmd":"start","url":"http://...","clientId":n|null}   {"cmd":"edit","ops":[...]}   {"cmd":"look"}

It reconnects by itself, as applications on this stack have to.
"""

import json
import sys

import anyio
import anyio.to_thread
from httpx_ws import aconnect_ws
from pycrdt import Array, Doc, Map, Provider, Text

RECONNECT_AFTER_S = 0.1


class Channel:
    """What pycrdt's provider wants of a WebSocket."""

    def __init__(self, socket):
        self.socket = socket
        self.path = "workspace"

    def __aiter__(self):
        return self

    async def __anext__(self):
        return await self.recv()

    async def send(self, message):
        await self.socket.send_bytes(message)

    async def recv(self):
        return bytes(await self.socket.receive_bytes())


class Document:
    """The document that every stack of the campaign shares."""

    def __init__(self, client_id):
        self.doc = Doc() if client_id is None else Doc(client_id=client_id)
        self.text = self.doc.get("text", type=Text)
        self.map = self.doc.get("map", type=Map)
        self.bag = self.doc.get("bag", type=Array)

    def edit(self, ops):
        with self.doc.transaction():
            for op in ops:
                getattr(self, "do_" + op["op"])(op)

    def do_insert(self, op):
        shown = str(self.text)
        at = place(op["at"], len(shown) + 1)
        self.text.insert(byte_offset(shown, at), op["chars"])

    def do_erase(self, op):
        shown = str(self.text)
        at = place(op["at"], len(shown))
        end = min(at + op["count"], len(shown))
        if end > at:
            del self.text[byte_offset(shown, at) : byte_offset(shown, end)]

    def do_set(self, op):
        self.map[op["key"]] = op["value"]

    def do_unset(self, op):
        self.map.pop(op["key"], None)

    def do_push(self, op):
        self.bag.append(op["value"])

    def do_drop(self, op):
        if len(self.bag) > 0:
            del self.bag[place(op["at"], len(self.bag))]

    def look(self):
        return {
            "text": str(self.text),
            "map": {key: str(value) for key, value in self.map.items()},
            "bag": [str(value) for value in self.bag],
            "state": list(self.doc.get_state()),
            "pending": None,
        }


def place(share, length):
    """A share of 0 to 1 as an index below length."""
    return max(0, min(int(share * length), length - 1))


def byte_offset(shown, at):
    """pycrdt counts a text in bytes of UTF-8."""
    return len(shown[:at].encode())


async def stay_connected(document, url):
    while True:
        try:
            async with aconnect_ws(url) as socket, Provider(document.doc, Channel(socket)):
                await anyio.sleep_forever()
        except Exception as error:
            print(f"connection ended: {error!r}", file=sys.stderr)
        await anyio.sleep(RECONNECT_AFTER_S)


def answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def main():
    read = sys.stdin.readline
    start = json.loads(await anyio.to_thread.run_sync(read))
    document = Document(start["clientId"])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stay_connected, document, start["url"])
        answer({"ok": True})
        while line := await anyio.to_thread.run_sync(read):
            command = json.loads(line)
            if command["cmd"] == "edit":
                document.edit(command["ops"])
                answer({"ok": True})
            else:
                answer(document.look())
        tasks.cancel_scope.cancel()


anyio.run(main)
