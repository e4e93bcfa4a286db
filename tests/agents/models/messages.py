#!/usr/bin/env python3
"""A scripted model with Anthropic's Messages API, streamed or not: what Claude Code speaks.
See scripted.py."""

import json

from scripted import ASIDE, EVENTS, JSON, serve

USAGE = {
    "input_tokens": 1200,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 0,
    "output_tokens": 50,
}


def block_of(turn, index):
    """The content block that says `turn`, and why the message ends there."""
    if "message" in turn:
        return {"type": "text", "text": turn["message"]}, "end_turn"
    call = {
        "type": "tool_use",
        "id": f"toolu_{index}",
        "name": turn["tool"],
        "input": turn["arguments"],
    }
    return call, "tool_use"


def stream_of(message, block, reason):
    """The server-sent events that carry one message with one block."""
    if block["type"] == "text":
        empty, delta = block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        partial = json.dumps(block["input"])
        empty = block | {"input": {}}
        delta = {"type": "input_json_delta", "partial_json": partial}
    events = [
        {"type": "message_start", "message": message | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": USAGE["output_tokens"]},
        },
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def answer(path, request, turn_after):
    if path == "/v1/messages/count_tokens":
        return JSON, json.dumps({"input_tokens": 1200})
    if path != "/v1/messages":
        return None
    contents = [m["content"] for m in request["messages"] if isinstance(m["content"], list)]
    outputs = [b for content in contents for b in content if b.get("type") == "tool_result"]
    turn, index = turn_after(len(outputs)) if request.get("tools") else (ASIDE, 0)
    block, reason = block_of(turn, index)
    message = {
        "id": f"msg_{index}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [block],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": USAGE,
    }
    if request.get("stream"):
        return EVENTS, stream_of(message, block, reason)
    return JSON, json.dumps(message)


if __name__ == "__main__":
    serve(answer, "a scripted model with the Messages API")
