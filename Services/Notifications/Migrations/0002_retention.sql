-- Texts that are sent and old: the retention takes what stands in them, the row stays, so that nobody is told twice.
CREATE INDEX notification_text_kept ON notification (rendered_at)
    WHERE state IN ('delivered', 'undeliverable') AND body <> '';
