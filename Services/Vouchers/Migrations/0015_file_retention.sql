-- Files of codes that nobody needs any more are removed from their folder; that there was one stays.
ALTER TABLE code_file ADD COLUMN removed_at timestamptz;
CREATE INDEX code_file_there ON code_file (made_at) WHERE removed_at IS NULL;
