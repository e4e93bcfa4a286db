-- Who decides about calls, how often, and how long do the agents wait for it? One row per tenant
-- and decider, over all that is kept. Calls whose decision shows no wait count in `decisions`
-- and not in the waits.
SELECT
  tenant,
  decided_by,
  count(*) AS decisions,
  count(*) FILTER (WHERE decision = 'allow') AS allowed,
  count(*) FILTER (WHERE decision = 'deny') AS denied,
  CAST(median(wait_ms) AS BIGINT) AS median_wait_ms,
  max(wait_ms) AS longest_wait_ms
FROM actions
WHERE decision IS NOT NULL AND decided_by IS NOT NULL
GROUP BY tenant, decided_by
