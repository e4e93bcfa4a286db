-- Which prompts led to network attempts that were denied? One row per attempt, with the call that
-- made it and the prompt behind that call; one per candidate where several calls may have made it
-- (`confidence` is `ambiguous`), and without either where no signal shows a call.
WITH attempts AS (
  -- A record that was sent again later is one attempt.
  SELECT DISTINCT ON (tenant, session_id, event_id) *
  FROM events
  WHERE kind = 'network' AND net_verdict = 'deny'
  ORDER BY tenant, session_id, event_id, received_at
),
callers AS (
  SELECT
    tenant,
    event_id,
    method,
    confidence,
    unnest(CASE WHEN action_id IS NULL THEN candidates ELSE make_array(action_id) END) AS action_id
  FROM links
  WHERE relation = 'network'
)
SELECT
  attempts.tenant,
  attempts.day,
  attempts.time,
  attempts.session_id,
  actions.intent,
  actions.prompt_origin,
  actions.intent_event_id,
  actions.intent_session_id,
  attempts.net_host,
  attempts.net_port,
  attempts.net_protocol,
  attempts.net_method,
  attempts.net_reason,
  attempts.net_source,
  actions.action_id,
  actions.role,
  actions.tool,
  actions.command,
  actions.url,
  actions.decision,
  actions.decided_by,
  actions.outcome,
  callers.method,
  callers.confidence,
  attempts.agent,
  attempts.principal,
  actions.user_email,
  attempts.host,
  attempts.event_id
FROM attempts
LEFT JOIN callers ON callers.tenant = attempts.tenant AND callers.event_id = attempts.event_id
LEFT JOIN actions ON actions.tenant = callers.tenant AND actions.action_id = callers.action_id
