-- The instrument: vouchers, what became of them, and the journal.

-- Copies of the registry, filled by its events; a row is replaced by a newer version only.
CREATE TABLE city (
    city_id uuid PRIMARY KEY,
    slug text NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE merchant (
    merchant_id uuid PRIMARY KEY,
    city_id uuid NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL
);

-- The balance row of a voucher is the only money that is updated; everything else is inserted. A third of each page stays
-- free, so that an update finds room beside its row and touches no index.
CREATE TABLE voucher (
    voucher_id uuid PRIMARY KEY,
    issuer_city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    value bigint NOT NULL CHECK (value > 0),
    balance bigint NOT NULL CHECK (balance >= 0 AND balance <= value),
    status text COLLATE "C" NOT NULL,
    person_id uuid,
    -- HMAC-SHA-256 of the code under the key with this id; the code itself is stored nowhere.
    key_id integer NOT NULL,
    lookup bytea NOT NULL,
    last_four text NOT NULL,
    issued_at timestamptz NOT NULL
) WITH (fillfactor = 65);
CREATE UNIQUE INDEX voucher_lookup ON voucher (lookup);

-- What was issued under which id. The code is kept, encrypted, for the ten minutes in which the answer may be repeated.
CREATE TABLE issue (
    issue_id uuid PRIMARY KEY,
    voucher_id uuid NOT NULL REFERENCES voucher (voucher_id),
    sealed_code bytea,
    code_until timestamptz NOT NULL
);
CREATE INDEX issue_code_until ON issue (code_until) WHERE sealed_code IS NOT NULL;

-- How a redemption id ended: here, or in redemption_refusal. The content is a keyed hash of what the till said, so that the
-- same id with other content is recognised.
CREATE TABLE redemption (
    redemption_id uuid PRIMARY KEY,
    voucher_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    city_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    balance bigint NOT NULL CHECK (balance >= 0),
    content_key_id integer NOT NULL,
    content bytea NOT NULL,
    redeemed_at timestamptz NOT NULL
);
CREATE TABLE redemption_refusal (
    redemption_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    voucher_id uuid,
    -- For operators; the outside hears the public code of it.
    reason text NOT NULL,
    content_key_id integer NOT NULL,
    content bytea NOT NULL,
    refused_at timestamptz NOT NULL
);

-- The journal: double entry, append-only, in minor units; debits are positive. The lines of one cause sum to zero in every
-- currency. Accounts of cities and merchants have no balance row: it would serialise every till.
CREATE TABLE posting (
    posting_id bigint GENERATED ALWAYS AS IDENTITY,
    cause text COLLATE "C" NOT NULL,
    cause_id uuid NOT NULL,
    account text COLLATE "C" NOT NULL,
    owner_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    currency text COLLATE "C" NOT NULL,
    posted_at timestamptz NOT NULL,
    PRIMARY KEY (posted_at, posting_id)
) PARTITION BY RANGE (posted_at);
CREATE TABLE posting_before PARTITION OF posting DEFAULT;
DO $$
DECLARE
    month timestamptz := date_trunc('month', now(), 'UTC');
BEGIN
    FOR number IN 0..35 LOOP
        EXECUTE format(
            'CREATE TABLE posting_%s PARTITION OF posting FOR VALUES FROM (%L) TO (%L)',
            to_char(month AT TIME ZONE 'UTC', 'YYYY_MM'), month, month + interval '1 month');
        month := date_trunc('month', month + interval '32 days', 'UTC');
    END LOOP;
END $$;
