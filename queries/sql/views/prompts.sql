-- What did people and programs ask the agents to do? One row per prompt; `prompt_origin` says
-- whether a person wrote it.
SELECT * FROM events WHERE kind = 'prompt'
