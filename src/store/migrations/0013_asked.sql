-- How many of those asked answer a survey: found by when they were asked.
CREATE INDEX fact_asked ON fact (occurred_at) WHERE event = 'survey.asked';
