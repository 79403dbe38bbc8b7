-- What operators do with vouchers, how they find them, and who has tried too many wrong codes.

-- Vouchers that are blocked, and what they were before.
CREATE TABLE block (
    voucher_id uuid PRIMARY KEY REFERENCES voucher (voucher_id),
    status text COLLATE "C" NOT NULL,
    blocked_at timestamptz NOT NULL
);

-- Replacements, refunds and cancellations under the ids that their senders chose; the code of a replacement stands in issue,
-- under the same id, for as long as it may be shown.
CREATE TABLE voucher_change (
    change_id uuid PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('replacement', 'refund', 'cancellation')),
    voucher_id uuid NOT NULL REFERENCES voucher (voucher_id),
    new_voucher_id uuid REFERENCES voucher (voucher_id),
    currency text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    changed_at timestamptz NOT NULL,
    CHECK ((kind = 'replacement') = (new_voucher_id IS NOT NULL))
);
CREATE INDEX voucher_change_voucher ON voucher_change (voucher_id);
CREATE UNIQUE INDEX voucher_change_new_voucher ON voucher_change (new_voucher_id) WHERE new_voucher_id IS NOT NULL;

-- By what operators find vouchers, in the order of their sale.
CREATE INDEX voucher_last_four ON voucher (last_four);
CREATE INDEX voucher_order_id ON voucher (order_id, issued_at, voucher_id) WHERE order_id IS NOT NULL;
CREATE INDEX voucher_person ON voucher (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX voucher_issued ON voucher (issued_at, voucher_id);
-- The history of a voucher.
CREATE INDEX posting_voucher ON posting (owner_id) WHERE account IN ('voucher', 'voucher-held');
CREATE INDEX redemption_refusal_voucher ON redemption_refusal (voucher_id) WHERE voucher_id IS NOT NULL;

-- Who has tried wrong codes: a row for each broker user, each merchant, and one for all; as many as there are of those, so none
-- is ever deleted. A wrong code moves forgotten_at on by its share of the time in which so many are allowed; a lockout moves it
-- to its own end.
CREATE TABLE throttle (
    scope text COLLATE "C" NOT NULL CHECK (scope IN ('principal', 'merchant', 'everyone')),
    subject text COLLATE "C" NOT NULL,
    forgotten_at timestamptz NOT NULL,
    -- The last lockout, which may be over.
    lockout_id uuid UNIQUE,
    wrong_codes integer,
    locked_at timestamptz,
    locked_until timestamptz,
    -- Whether it was said.
    is_told boolean NOT NULL DEFAULT true,
    PRIMARY KEY (scope, subject),
    CHECK (num_nulls(lockout_id, wrong_codes, locked_at, locked_until) IN (0, 4)),
    CHECK (locked_until IS NULL OR forgotten_at >= locked_until)
);
CREATE INDEX throttle_forgotten ON throttle (forgotten_at);
CREATE INDEX throttle_untold ON throttle (lockout_id) WHERE NOT is_told;
