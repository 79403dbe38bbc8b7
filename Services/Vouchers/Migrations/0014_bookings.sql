-- The sums of the ledger by day, so that telling them costs nothing whatever the size of the journal.

-- What was booked on a day, by what and into which accounts.
CREATE TABLE booked_day (
    day date NOT NULL,
    cause text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    -- Debits less credits.
    amount bigint NOT NULL,
    lines bigint NOT NULL,
    PRIMARY KEY (day, cause, account, currency)
);

-- As much of the journal as is in the other figures; the turn of keeping them is taken first, and from there the job goes on. An
-- instance of an older version that goes on instead leaves days with too few lines, which are summed up anew.
SELECT pg_advisory_xact_lock(hashtext('vouchers'), hashtext('daily-figures'));
INSERT INTO booked_day (day, cause, account, currency, amount, lines)
SELECT (posted_at AT TIME ZONE 'UTC')::date, cause, account, currency, sum(amount), count(*)
FROM posting WHERE posted_at < (SELECT posted_until FROM report_progress)
GROUP BY 1, 2, 3, 4;
