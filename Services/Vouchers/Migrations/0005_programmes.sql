-- Programmes that are set by message, the law of each country on how long a voucher lives, and what becomes of it at its end.

-- What the law of a country says; data, because laws change. A voucher keeps what its terms said when it was sold.
CREATE TABLE expiry_policy (
    country text COLLATE "C" PRIMARY KEY CHECK (country ~ '^[A-Z]{2}$'),
    -- A printed validity is at least so long; no least where null.
    validity_months_min integer CHECK (validity_months_min > 0),
    -- Every voucher says how long it can be spent.
    validity_required boolean NOT NULL,
    -- The money can be claimed for so long, and from then on to the end of that year; for ever where null.
    limitation_years integer CHECK (limitation_years > 0),
    limitation_to_end_of_year boolean NOT NULL DEFAULT false,
    CHECK (limitation_years IS NOT NULL OR NOT limitation_to_end_of_year)
);
-- Only what was read in a source: where no limitation is known, nothing lapses.
INSERT INTO expiry_policy (country, validity_months_min, validity_required, limitation_years, limitation_to_end_of_year)
VALUES
    ('AT', NULL, false, 30, false),
    ('DE', NULL, false, 3, true),
    ('HU', NULL, true, NULL, false),
    ('SI', 60, false, NULL, false);

ALTER TABLE programme
    -- The last day on which its vouchers are sold.
    ADD COLUMN sold_until date,
    ADD CHECK (terms_number > 0),
    ADD CHECK (version > 0);
-- Programmes of a city, in the order in which they are found.
CREATE INDEX programme_issuer ON programme (issuer_city_id, programme_id);

ALTER TABLE terms
    ADD COLUMN limitation_to_end_of_year boolean NOT NULL DEFAULT false,
    ADD CHECK (number > 0),
    ADD CHECK (vat IN ('single-purpose', 'multi-purpose')),
    ADD CHECK ((open_from IS NULL) = (open_to IS NULL)),
    -- Country and rate of a single-purpose voucher are known when it is issued, and so is who takes it.
    ADD CHECK ((vat = 'single-purpose') = (vat_country IS NOT NULL)),
    ADD CHECK ((vat_country IS NULL) = (vat_basis_points IS NULL)),
    ADD CHECK (vat <> 'single-purpose' OR accepted_in IS NOT NULL);
CREATE FUNCTION refuse_change_of_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'terms are never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER terms_stay BEFORE UPDATE OR DELETE ON terms
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_terms();

-- Whether what was left after the limitation was booked away. What comes back to a voucher later makes it false again.
ALTER TABLE voucher ADD COLUMN lapsed boolean NOT NULL DEFAULT false;
-- What ends next. None of these columns changes when a voucher is spent, so spending touches no index.
CREATE INDEX voucher_valid_until ON voucher (valid_until) WHERE status = 'active' AND valid_until IS NOT NULL;
CREATE INDEX voucher_lapses_after ON voucher (lapses_after) WHERE NOT lapsed AND lapses_after IS NOT NULL;

-- Which voucher was exchanged for which. The code is kept, encrypted, for the ten minutes in which the answer may be repeated.
CREATE TABLE exchange (
    exchange_id uuid PRIMARY KEY,
    voucher_id uuid NOT NULL UNIQUE,
    new_voucher_id uuid NOT NULL UNIQUE,
    amount bigint NOT NULL CHECK (amount > 0),
    sealed_code bytea,
    code_until timestamptz NOT NULL,
    exchanged_at timestamptz NOT NULL
);
CREATE INDEX exchange_code_until ON exchange (code_until) WHERE sealed_code IS NOT NULL;

-- PSD2, limited networks: what an issuer, and all issuers of a country together, may issue within twelve months before the
-- authority of that country must be told.
CREATE TABLE limited_network_limit (
    country text COLLATE "C" PRIMARY KEY CHECK (country ~ '^[A-Z]{2}$'),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text COLLATE "C" NOT NULL,
    warn_percent integer NOT NULL CHECK (warn_percent BETWEEN 1 AND 100)
);
INSERT INTO limited_network_limit (country, amount, currency, warn_percent)
VALUES ('AT', 100000000, 'EUR', 80), ('DE', 100000000, 'EUR', 80), ('HU', 100000000, 'EUR', 80), ('SI', 100000000, 'EUR', 80);
-- The lines that are counted; a redemption leaves none here.
CREATE INDEX posting_issued ON posting (posted_at) INCLUDE (owner_id, currency, amount)
    WHERE cause = 'issue' AND account IN ('issuer-cash', 'promotion-cost');
-- What was issued on a day, counted from the journal.
CREATE TABLE issued_day (
    day date NOT NULL,
    issuer_city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (day, issuer_city_id, currency)
);
-- Until which day it is counted, and when that was; one row. The first count goes a little over a year back.
CREATE TABLE issued_day_progress (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    day date NOT NULL,
    counted_at timestamptz NOT NULL
);
INSERT INTO issued_day_progress (day, counted_at) VALUES ((now() AT TIME ZONE 'UTC')::date - 400, now());
-- How far an issuer is, or where there is none all issuers of the country, so that each crossing is said once.
CREATE TABLE limited_network_state (
    country text COLLATE "C" NOT NULL,
    issuer_city_id uuid,
    level text COLLATE "C" NOT NULL CHECK (level IN ('below', 'warning', 'exceeded')),
    UNIQUE NULLS NOT DISTINCT (country, issuer_city_id)
);
