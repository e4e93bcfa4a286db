-- How did tool calls end, how long did they take, what came back? One row per ended call.
SELECT * FROM events WHERE kind = 'tool_result'
