-- Amounts that are set aside for shops, and redemptions that are taken back. Rows of both tables, and what a redemption says of
-- its reversals, change under the lock of their voucher, which never changes; so they need none of their own.

CREATE TABLE hold (
    hold_id uuid PRIMARY KEY,
    voucher_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    city_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    captured bigint NOT NULL CHECK (captured >= 0),
    released bigint NOT NULL CHECK (released >= 0),
    state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'captured', 'released', 'expired')),
    -- What could be spent besides.
    balance bigint NOT NULL CHECK (balance >= 0),
    -- A keyed hash of what the till said, as of a redemption.
    content_key_id integer NOT NULL,
    content bytea NOT NULL,
    held_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > held_at),
    closed_at timestamptz,
    CHECK (captured + released <= amount),
    -- Capture and release are the hold, once nothing is held any more.
    CHECK ((state = 'open') = (captured + released < amount)),
    CHECK ((state = 'open') = (closed_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX hold_due ON hold (expires_at) WHERE state = 'open';
CREATE INDEX hold_voucher ON hold (voucher_id);

-- What a hold id was refused for, for ever.
CREATE TABLE hold_refusal (
    hold_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    voucher_id uuid,
    -- For operators; the outside hears the public code of it.
    reason text COLLATE "C" NOT NULL,
    content_key_id integer NOT NULL,
    content bytea NOT NULL,
    refused_at timestamptz NOT NULL
);
CREATE INDEX hold_refusal_voucher ON hold_refusal (voucher_id) WHERE voucher_id IS NOT NULL;

-- Never changed. Merchant and city are those of the redemption.
CREATE TABLE reversal (
    reversal_id uuid PRIMARY KEY,
    redemption_id uuid NOT NULL REFERENCES redemption (redemption_id),
    voucher_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    city_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    -- What was left of the redemption after it.
    remaining bigint NOT NULL CHECK (remaining >= 0),
    reversed_at timestamptz NOT NULL
);
CREATE INDEX reversal_redemption ON reversal (redemption_id);
CREATE INDEX reversal_voucher ON reversal (voucher_id);
