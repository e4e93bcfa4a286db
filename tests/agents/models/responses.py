#!/usr/bin/env python3
"""A scripted model with OpenAI's Responses API over SSE: what Codex speaks. See scripted.py."""

import json

from scripted import EVENTS, serve

USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 100},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 1250,
}


def item_of(turn, index):
    """The output item that says `turn`."""
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


def answer(path, request, turn_after):
    if path != "/v1/responses":
        return None
    outputs = [i for i in request["input"] if i.get("type") == "function_call_output"]
    return EVENTS, stream_of(*turn_after(len(outputs)))


if __name__ == "__main__":
    serve(answer, "a scripted model with the Responses API")
