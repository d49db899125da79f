-- What became of a message stands under the name that metrics and KPIs count it by.
UPDATE fact SET event = 'message.sent' WHERE event IS NULL AND body LIKE '{"kind":"receipt"%"outcome":"sent"%';
