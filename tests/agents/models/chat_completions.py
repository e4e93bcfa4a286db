#!/usr/bin/env python3
"""A scripted model with OpenAI's chat completions, streamed or not: what Qwen Code and Copilot
CLI speak. See scripted.py."""

import json

from scripted import ASIDE, EVENTS, JSON, serve, server_sent

USAGE = {
    "prompt_tokens": 1200,
    "completion_tokens": 50,
    "total_tokens": 1250,
    "prompt_tokens_details": {"cached_tokens": 100},
}


def message_of(turn, index):
    """The assistant's message that says `turn`, and why it ends there."""
    if "message" in turn:
        return {"role": "assistant", "content": turn["message"]}, "stop"
    call = {
        "index": 0,
        "id": f"call_{index}",
        "type": "function",
        "function": {"name": turn["tool"], "arguments": json.dumps(turn["arguments"])},
    }
    return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"


def answer(path, request, turn_after):
    if not path.endswith("/chat/completions"):
        return None
    outputs = [m for m in request["messages"] if m.get("role") == "tool"]
    turn, index = turn_after(len(outputs)) if request.get("tools") else (ASIDE, 0)
    message, reason = message_of(turn, index)
    about = {"id": f"chatcmpl_{index}", "created": 0, "model": request["model"]}
    if not request.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": reason}
        whole = about | {"object": "chat.completion", "choices": [choice], "usage": USAGE}
        return JSON, json.dumps(whole)
    about["object"] = "chat.completion.chunk"
    chunks = [
        about | {"choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        about | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        about | {"choices": [], "usage": USAGE},
    ]
    return EVENTS, server_sent(chunks) + "data: [DONE]\n\n"


if __name__ == "__main__":
    serve(answer, "a scripted model with chat completions")
