#!/usr/bin/env python3
"""The smallest MCP server that a client accepts: one tool, `echo`, over stdio.

One JSON-RPC message per line, as the MCP specification's stdio transport has it.
The tool is marked read-only, so that an agent that cannot ask anybody may call it.
The server ends when its stdin closes.
"""

import json
import sys

TOOL = {
    "name": "echo",
    "description": "Gives back the text it was given",
    "inputSchema": {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    },
    "annotations": {"readOnlyHint": True, "destructiveHint": False, "openWorldHint": False},
}


def result_of(method, params):
    """The result of a request, or None for a method that this server does not have."""
    if method == "initialize":
        return {
            "protocolVersion": params.get("protocolVersion", "2025-06-18"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "echo", "version": "1.0.0"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call" and params.get("name") == TOOL["name"]:
        text = params.get("arguments", {}).get("text", "")
        return {"content": [{"type": "text", "text": text}], "isError": False}
    return None


def main():
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message or "method" not in message:
            continue
        reply = {"jsonrpc": "2.0", "id": message["id"]}
        result = result_of(message["method"], message.get("params") or {})
        if result is None:
            reply["error"] = {"code": -32601, "message": f"no such method: {message['method']}"}
        else:
            reply["result"] = result
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
