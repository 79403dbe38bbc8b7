-- Merchants in full: what is known of them, where their branches are, and what became of imports.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS cube;

ALTER TABLE merchant
    ADD COLUMN category text COLLATE "C",
    ADD COLUMN vat_id text,
    ADD COLUMN contract_from date,
    ADD COLUMN contract_until date,
    ADD COLUMN fee_basis_points integer,
    ADD COLUMN contact_person_id uuid,
    -- Lists as the contract writes them: they are read and replaced as a whole.
    ADD COLUMN branches jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN terminals jsonb NOT NULL DEFAULT '[]',
    -- The account's number under one of the keys of CITIES_BANK_KEY, bound to this row; the mask is what people are shown.
    ADD COLUMN sealed_iban bytea,
    ADD COLUMN iban_mask text,
    ADD COLUMN closed_from date,
    -- Names and towns word by word as they may be typed, computed by the service; and the name as lists are ordered.
    ADD COLUMN search_text text NOT NULL DEFAULT '',
    ADD COLUMN sort_name text COLLATE "C" NOT NULL DEFAULT '';
-- What was registered before gets the closest that the database can do by itself.
UPDATE merchant SET
    search_text = translate(lower(name), 'áàâäčćçđéèëíîñóôöőšśúüűýž', 'aaaacccdeeeiinoooossuuuyz'),
    sort_name = translate(lower(name), 'áàâäčćçđéèëíîñóôöőšśúüűýž', 'aaaacccdeeeiinoooossuuuyz');

CREATE INDEX merchant_search_text ON merchant USING gin (search_text gin_trgm_ops);
CREATE INDEX merchant_sort_name ON merchant (sort_name, merchant_id);
CREATE INDEX merchant_city ON merchant (city_id, sort_name, merchant_id);
CREATE INDEX merchant_category ON merchant (category, sort_name, merchant_id);
CREATE INDEX merchant_contact_person ON merchant (contact_person_id) WHERE contact_person_id IS NOT NULL;

-- Branches that have a position, as points on a globe whose radius is the earth's in metres: the distance of two of them
-- is that of the chord, which orders as the way over the ground does, across every meridian.
CREATE TABLE merchant_branch (
    merchant_id uuid NOT NULL REFERENCES merchant,
    branch_id uuid NOT NULL,
    place cube NOT NULL,
    PRIMARY KEY (merchant_id, branch_id)
);
CREATE INDEX merchant_branch_place ON merchant_branch USING gist (place);

-- What became of the parts of imports, and of their bad lines.
CREATE TABLE merchant_import (
    import_id uuid NOT NULL,
    part integer NOT NULL,
    part_count integer NOT NULL,
    city_id uuid NOT NULL REFERENCES city,
    -- A hash of what the part said: the same part with other content is refused.
    content bytea NOT NULL,
    lines integer NOT NULL,
    registered integer NOT NULL,
    unchanged integer NOT NULL,
    bad integer NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (import_id, part)
);
CREATE TABLE merchant_import_bad_line (
    import_id uuid NOT NULL,
    part integer NOT NULL,
    line integer NOT NULL,
    code text NOT NULL,
    -- By column, what is wrong; never what stands there.
    fields jsonb NOT NULL,
    PRIMARY KEY (import_id, line, part)
);
