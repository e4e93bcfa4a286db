"""What the scripted models share: the turns, and a server on loopback that lives as long as its test.

    <model>.py TURNS.json [--seconds N]

TURNS.json is a list of turns. A turn is a call, {"tool": …, "arguments": {…}} with "namespace"
for a tool of an MCP server where the API has one, or {"message": …}, which ends the agent's turn.
The turn to answer with is read from the request itself (how many tool outputs it carries), so a
repeated request gets the same answer, and the server keeps no state.

The first line on stdout is the port. The server ends after N seconds (120 unless said), or as
soon as its stdin closes: it cannot outlive the test that started it.
"""

import argparse
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What a model says that was offered no tools: the agent wants a title or a summary, not the script.
ASIDE = {"message": "A short note"}
EVENTS = "text/event-stream"
JSON = "application/json"


def server_sent(events):
    """Server-sent events without names, one JSON text each."""
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events)


def serve(answer, description):
    """Runs a model. `answer(path, request, turn_after)` gives a content type and a text, or None
    for a path that the API does not have; `turn_after(n)` is the turn after n tool outputs, with
    its index."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("turns", help="the JSON file with the turns")
    parser.add_argument("--seconds", type=float, default=120, help="end after this long")
    options = parser.parse_args()
    with open(options.turns, encoding="utf-8") as file:
        turns = json.load(file)

    def turn_after(outputs):
        index = min(outputs, len(turns) - 1)
        return turns[index], index

    class Model(BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802, the name the base class calls
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            answered = answer(self.path.partition("?")[0], request, turn_after)
            if answered is None:
                self.send_error(404)
                return
            content_type, text = answered
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):  # noqa: N802, the name the base class calls
            self.send_error(404)

        def log_message(self, *_args):
            """Nothing is logged: the agent's own output is what a failed test needs."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)

    closed = threading.Event()

    def wait_for_stdin():
        sys.stdin.buffer.read()
        closed.set()

    threading.Thread(target=wait_for_stdin, daemon=True).start()
    closed.wait(options.seconds)
    server.shutdown()
