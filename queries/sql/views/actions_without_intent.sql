-- Which calls did no person ask for? One row per call without a person's prompt behind it, as far
-- as any signal shows: `prompt_origin` says whose prompt it was, null that there is none. A prompt
-- of a person whose text was not sent is an intent all the same.
SELECT * FROM actions WHERE prompt_origin IS DISTINCT FROM 'human'
