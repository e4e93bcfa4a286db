-- What do the agents' own sums and histograms add up to? One row per series: `value_int` is exact,
-- where the points were sent as integers; `value` is the same as a double. Points of delta
-- temporality are added up, each event_id once; of cumulative ones the last of each start counts,
-- so a process that starts anew adds to what was before. Histograms give `count` and `sum`.
WITH numbered AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY
        series_id,
        CASE WHEN temporality = 'cumulative' THEN start_time END,
        CASE WHEN temporality = 'cumulative' THEN NULL ELSE event_id END
      ORDER BY time DESC, offset_sequence DESC, offset_index DESC
    ) AS newest
  FROM metrics
  WHERE type IN ('sum', 'histogram', 'exponential_histogram')
)
SELECT
  tenant,
  principal,
  agent,
  name,
  unit,
  type,
  temporality,
  series_id,
  first_value(attributes) AS attributes,
  first_value(resource) AS resource,
  min(coalesce(start_time, time)) AS first_time,
  max(time) AS last_time,
  count(*) AS points,
  sum(value_int) AS value_int,
  sum(value) AS value,
  sum("count") AS "count",
  sum("sum") AS "sum"
FROM numbered
WHERE newest = 1
GROUP BY tenant, principal, agent, name, unit, type, temporality, series_id
