-- Which hosts did the agents try to reach, and what did the network policy say? One row per
-- attempt that was allowed or denied.
SELECT * FROM events WHERE kind = 'network' OR net_verdict IS NOT NULL
