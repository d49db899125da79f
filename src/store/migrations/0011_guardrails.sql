-- Complaints, returned mails and opt-outs are found by the same index: guardrails of playbooks count them. The same list stands in said.rs.
DROP INDEX fact_said;
CREATE INDEX fact_said ON fact (event, occurred_at)
  WHERE event IN ('survey.responded', 'meeting.held', 'message.sent', 'task.done', 'note.added', 'message.replied', 'message.complained', 'message.bounced', 'contact.unsubscribed');
