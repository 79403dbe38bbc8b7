-- Orders: many vouchers at once, printed stock and its sale, and the files that codes leave in.

CREATE TABLE voucher_order (
    order_id uuid PRIMARY KEY,
    issuer_city_id uuid NOT NULL,
    programme_id uuid NOT NULL REFERENCES programme (programme_id),
    -- Those in force when it was placed.
    terms_id uuid NOT NULL REFERENCES terms (terms_id),
    name text NOT NULL,
    buyer text,
    purpose text COLLATE "C" NOT NULL,
    payment text COLLATE "C",
    is_stock boolean NOT NULL,
    currency text COLLATE "C" NOT NULL,
    line_values bigint[] NOT NULL,
    line_counts integer[] NOT NULL CHECK (cardinality(line_counts) = cardinality(line_values)),
    ordered integer NOT NULL CHECK (ordered > 0),
    total bigint NOT NULL CHECK (total > 0),
    -- So many exist; the row is locked while the next chunk is made.
    made integer NOT NULL DEFAULT 0 CHECK (made >= 0 AND made <= ordered),
    -- SHA-256 of what was ordered, by which the same id with other content is recognised.
    content bytea NOT NULL,
    placed_at timestamptz NOT NULL,
    collected_at timestamptz,
    -- Until then codes that were collected can be printed again.
    codes_until timestamptz,
    CHECK (is_stock OR purpose <> 'counter-sale'),
    CHECK (NOT is_stock OR payment IS NULL)
);
CREATE INDEX voucher_order_producing ON voucher_order (placed_at, order_id) WHERE made < ordered;
CREATE INDEX voucher_order_newest ON voucher_order (placed_at, order_id);
CREATE INDEX voucher_order_city ON voucher_order (issuer_city_id, placed_at, order_id);
CREATE INDEX voucher_order_codes_until ON voucher_order (codes_until) WHERE codes_until IS NOT NULL;

-- What was made in one transaction. Serial numbers go on from the first one, in the order of the vouchers; so a voucher needs
-- no serial number of its own, and the codes of a chunk are one encrypted text.
CREATE TABLE order_chunk (
    -- The cause of its entry in the journal.
    chunk_id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES voucher_order (order_id),
    first_serial integer NOT NULL CHECK (first_serial > 0),
    voucher_ids uuid[] NOT NULL CHECK (cardinality(voucher_ids) > 0),
    -- NULL when they may not be given out any more.
    sealed_codes bytea,
    made_at timestamptz NOT NULL,
    UNIQUE (order_id, first_serial)
);
-- Ids and ciphertext grow smaller by no compression.
ALTER TABLE order_chunk ALTER voucher_ids SET STORAGE EXTERNAL, ALTER sealed_codes SET STORAGE EXTERNAL;

-- The files that codes left in: the first of an order, and others for a reason.
CREATE TABLE code_file (
    file_id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES voucher_order (order_id),
    is_reprint boolean NOT NULL,
    from_serial integer NOT NULL,
    to_serial integer NOT NULL CHECK (to_serial >= from_serial),
    name text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    vouchers integer NOT NULL CHECK (vouchers > 0),
    reason text,
    -- A keyed hash of what was asked for, which may hold a password.
    content_key_id integer NOT NULL,
    content bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CHECK (is_reprint = (reason IS NOT NULL))
);
CREATE UNIQUE INDEX code_file_first ON code_file (order_id) WHERE NOT is_reprint;
CREATE INDEX code_file_order ON code_file (order_id, made_at);

-- Sales of printed stock: one voucher by its code, or serial numbers.
CREATE TABLE stock_sale (
    sale_id uuid PRIMARY KEY,
    issuer_city_id uuid NOT NULL,
    order_id uuid NOT NULL REFERENCES voucher_order (order_id),
    voucher_id uuid,
    from_serial integer,
    to_serial integer CHECK (to_serial >= from_serial),
    vouchers integer NOT NULL CHECK (vouchers > 0),
    total bigint NOT NULL CHECK (total > 0),
    currency text COLLATE "C" NOT NULL,
    payment text COLLATE "C",
    sold_at timestamptz NOT NULL,
    CHECK ((voucher_id IS NULL) = (from_serial IS NOT NULL) AND (from_serial IS NULL) = (to_serial IS NULL))
);
CREATE INDEX stock_sale_order ON stock_sale (order_id);

-- What employees may be given in a year, by the country of the city that issues: data, because it is changed by law.
CREATE TABLE benefit_policy (
    country text COLLATE "C" NOT NULL,
    from_year integer NOT NULL,
    currency text COLLATE "C" NOT NULL,
    cap bigint NOT NULL CHECK (cap > 0),
    PRIMARY KEY (country, from_year)
);
INSERT INTO benefit_policy (country, from_year, currency, cap) VALUES ('AT', 2000, 'EUR', 18600);

-- What an employee was given in a year; who it is, the employer knows.
CREATE TABLE employee_benefit (
    employee_id uuid NOT NULL,
    year integer NOT NULL,
    currency text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (employee_id, year, currency)
);
