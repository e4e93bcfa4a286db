#!/usr/bin/env python3
"""A language model that says what a file tells it to: the Responses API over SSE, on loopback.

    scripted_model.py TURNS.json [--seconds N]

TURNS.json is a list of turns. A turn is a call, {"tool": …, "arguments": {…}} with
"namespace" for a tool of an MCP server, or {"message": …}, which ends the agent's turn.
The turn to answer with is read from the request itself (how many tool outputs it
carries), so a repeated request gets the same answer, and the server keeps no state.

The first line on stdout is the port. The server ends after N seconds (120 unless
said), or as soon as its stdin closes: it cannot outlive the test that started it.
"""

import argparse
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 100},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 1250,
}


def item_of(turn, index):
    """The output item of the Responses API that says `turn`."""
    if "message" in turn:
        content = [{"type": "output_text", "text": turn["message"], "annotations": []}]
        return {"type": "message", "id": f"msg_{index}", "role": "assistant", "content": content}
    call = {
        "type": "function_call",
        "id": f"fc_{index}",
        "call_id": f"call_{index}",
        "name": turn["tool"],
        "arguments": json.dumps(turn["arguments"]),
    }
    if "namespace" in turn:
        call["namespace"] = turn["namespace"]
    return call


def stream_of(turn, index):
    """The server-sent events that answer one request."""
    response = {"id": f"resp_{index}"}
    events = [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.done", "output_index": 0, "item": item_of(turn, index)},
        {"type": "response.completed", "response": response | {"usage": USAGE, "output": []}},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


class Model(BaseHTTPRequestHandler):
    """Answers POST /v1/responses; everything else is not found."""

    turns = []

    def do_POST(self):  # noqa: N802, the name the base class calls
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path != "/v1/responses":
            self.send_error(404)
            return
        outputs = [i for i in request["input"] if i.get("type") == "function_call_output"]
        index = min(len(outputs), len(self.turns) - 1)
        body = stream_of(self.turns[index], index).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # noqa: N802, the name the base class calls
        self.send_error(404)

    def log_message(self, *_args):
        """Nothing is logged: the agent's own output is what a failed test needs."""


def main():
    parser = argparse.ArgumentParser(description="a scripted model on loopback")
    parser.add_argument("turns", help="the JSON file with the turns")
    parser.add_argument("--seconds", type=float, default=120, help="end after this long")
    options = parser.parse_args()
    with open(options.turns, encoding="utf-8") as file:
        Model.turns = json.load(file)

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


if __name__ == "__main__":
    main()
