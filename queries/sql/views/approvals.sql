-- Which tool calls were allowed or denied, by whom, and for how long? One row per decision.
SELECT * FROM events WHERE kind = 'approval'
