-- What reports and digests ask of a period besides what KPIs count. The same list stands in said.rs.
CREATE INDEX fact_happened ON fact (event, occurred_at)
  WHERE event IN ('phase.entered', 'health.band_changed', 'contract.renewed', 'contract.upgraded');
