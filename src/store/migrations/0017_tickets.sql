-- Tickets are found by when they were opened and closed: KPIs and guardrails of playbooks count them. The same list stands in said.rs.
CREATE INDEX fact_ticket ON fact (event, occurred_at) WHERE event IN ('ticket.opened', 'ticket.closed');
