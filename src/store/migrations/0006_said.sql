-- What KPIs count without reading every fact; the same list stands in said.rs.
CREATE INDEX fact_said ON fact (event, occurred_at)
  WHERE event IN ('survey.responded', 'meeting.held', 'message.sent', 'task.done', 'note.added', 'message.replied');
