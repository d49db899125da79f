-- Which version of its playbook a run is pinned to: versions that open runs need are kept.
ALTER TABLE run ADD COLUMN version TEXT NOT NULL DEFAULT '';
CREATE INDEX run_version ON run (playbook, version) WHERE ended IS NULL;
