#!/usr/bin/env python3
"""A scripted model with the Gemini API, streamed or not: what Gemini CLI speaks. See scripted.py."""

import json

from scripted import ASIDE, EVENTS, JSON, serve, server_sent

USAGE = {
    "promptTokenCount": 1200,
    "candidatesTokenCount": 50,
    "cachedContentTokenCount": 100,
    "totalTokenCount": 1250,
}


def response_of(turn, index):
    """The whole answer that says `turn`."""
    if "message" in turn:
        part = {"text": turn["message"]}
    else:
        call = {"id": f"call_{index}", "name": turn["tool"], "args": turn["arguments"]}
        part = {"functionCall": call}
    candidate = {"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": USAGE, "responseId": f"response_{index}"}


def answer(path, request, turn_after):
    method = path.rpartition(":")[2]
    if method == "countTokens":
        return JSON, json.dumps({"totalTokens": 1200})
    if method not in ("generateContent", "streamGenerateContent"):
        return None
    parts = [part for content in request["contents"] for part in content.get("parts", [])]
    outputs = [part for part in parts if "functionResponse" in part]
    response = response_of(*(turn_after(len(outputs)) if request.get("tools") else (ASIDE, 0)))
    if method == "generateContent":
        return JSON, json.dumps(response)
    return EVENTS, server_sent([response])


if __name__ == "__main__":
    serve(answer, "a scripted model with the Gemini API")
