-- When an account is due of itself, whatever facts made it due meanwhile: the next decision need not find that again.
ALTER TABLE hot ADD COLUMN own_due BIGINT;
