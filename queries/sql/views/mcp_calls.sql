-- What did the agents do through MCP servers? Every row that names an MCP server: decisions,
-- starts, spans and results of calls. For one row per ended call add `kind = 'tool_result'`.
SELECT * FROM events WHERE mcp_server IS NOT NULL
