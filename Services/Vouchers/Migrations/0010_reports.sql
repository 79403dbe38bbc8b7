-- What reports are made of: the movements of each day, kept by a job that reads the journal once, and partitions of the
-- journal that are made ahead.

-- What cities owe for the vouchers of one month of issue, at the end of each day on which something moved. What is owed is
-- that of the day before, and issued - redeemed + reversed - expired - refunded + moved.
CREATE TABLE liability_day (
    day date NOT NULL,
    issuer_city_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    -- The first day of the month of issue.
    cohort date NOT NULL CHECK (extract(day FROM cohort) = 1),
    issued bigint NOT NULL,
    redeemed bigint NOT NULL,
    redemptions bigint NOT NULL,
    -- Each amount times the days since its voucher was issued.
    redeemed_days bigint NOT NULL,
    reversed bigint NOT NULL,
    expired bigint NOT NULL,
    refunded bigint NOT NULL,
    -- Between vouchers: replaced and exchanged.
    moved bigint NOT NULL,
    newly_held bigint NOT NULL,
    owed bigint NOT NULL,
    held bigint NOT NULL,
    PRIMARY KEY (issuer_city_id, currency, cohort, day)
);
CREATE INDEX liability_day_day ON liability_day (day);

-- Whose vouchers were spent where.
CREATE TABLE redemption_day (
    day date NOT NULL,
    issuer_city_id uuid NOT NULL,
    city_id uuid NOT NULL,
    -- Of the shop, when it was counted; empty if it has none.
    category text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    redeemed bigint NOT NULL,
    redemptions bigint NOT NULL,
    reversed bigint NOT NULL,
    PRIMARY KEY (day, issuer_city_id, city_id, category, currency)
);

-- How many lines of the journal are in the figures of a day, and when that was compared with the journal the last time: a
-- line that comes late is found by its count.
CREATE TABLE report_day (
    day date PRIMARY KEY,
    postings bigint NOT NULL,
    checked_at timestamptz NOT NULL
);
CREATE INDEX report_day_checked_at ON report_day (checked_at);

-- Up to which time the journal is in the figures.
CREATE TABLE report_progress (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    posted_until timestamptz NOT NULL
);
INSERT INTO report_progress (posted_until) VALUES ('1970-01-01T00:00:00Z');

-- Makes the partition of a month, if there is none; returns whether it did.
--
-- Made by itself and attached: CREATE TABLE … PARTITION OF would lock the whole journal, this locks its empty default
-- partition, which no till touches. Whoever reads that just now is waited for a moment only, or everybody behind would wait.
CREATE FUNCTION make_journal_partition(first_day date) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
DECLARE
    name text := to_char(first_day, '"posting_"YYYY"_"MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('vouchers'), hashtext('journal-partitions'));
    IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE posting INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', name);
    EXECUTE format(
        'ALTER TABLE posting ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
        first_day::timestamp AT TIME ZONE 'UTC', (first_day + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    RETURN true;
END $$;
