-- What went wrong? Rows that are an error, carry an error's text, are a span with status `error`,
-- or were logged with severity ERROR or above (OpenTelemetry: 17 to 24). A tool that failed
-- without any of these is in `tool_results`, with `outcome`.
SELECT * FROM events
WHERE kind = 'error' OR error IS NOT NULL OR status_code = 'error' OR severity_number >= 17
