-- Orders that are stopped: no more is made of them, and what was made is cancelled chunk by chunk.

ALTER TABLE voucher_order
    ADD COLUMN cancellation_id uuid UNIQUE,
    ADD COLUMN cancelled_at timestamptz,
    -- So many of its serial numbers were looked at, and so many of those were cancelled; the row is locked meanwhile.
    ADD COLUMN cancelled_through integer NOT NULL DEFAULT 0,
    ADD COLUMN cancelled integer NOT NULL DEFAULT 0,
    ADD CHECK ((cancellation_id IS NULL) = (cancelled_at IS NULL)),
    ADD CHECK (0 <= cancelled AND cancelled <= cancelled_through AND cancelled_through <= made),
    ADD CHECK (cancellation_id IS NOT NULL OR cancelled_through = 0),
    -- Codes leave, or the order is cancelled.
    ADD CHECK (cancellation_id IS NULL OR collected_at IS NULL);
DROP INDEX voucher_order_producing;
CREATE INDEX voucher_order_producing ON voucher_order (placed_at, order_id)
    WHERE made < ordered AND cancellation_id IS NULL;
CREATE INDEX voucher_order_cancelling ON voucher_order (cancelled_at, order_id)
    WHERE cancellation_id IS NOT NULL AND cancelled_through < made;
