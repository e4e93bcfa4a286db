-- Which commands did the automatic reviewer allow that then tried to reach the network? One row
-- per call; `net_allowed` and `net_denied` count its attempts, `net_hosts` names where to.
SELECT * FROM actions
WHERE decided_by = 'ai_reviewer' AND decision = 'allow' AND (net_allowed > 0 OR net_denied > 0)
