-- Which commits brought positions, in the order in which they became visible. A batch that commits late is as new to
-- who looks as any other, however long ago it was received.

CREATE TABLE telemetry_batch (
    transaction   xid8        NOT NULL DEFAULT pg_current_xact_id() PRIMARY KEY,
    received_at   timestamptz NOT NULL,
    organisations integer[]   NOT NULL
);

-- Times of receipt of what the organisation got by commits that an earlier snapshot did not see.
CREATE FUNCTION telemetry_news(before pg_snapshot) RETURNS SETOF timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT received_at FROM public.telemetry_batch
    WHERE transaction >= pg_snapshot_xmin(before) AND NOT pg_visible_in_snapshot(transaction, before)
      AND current_setting('app.organisation')::integer = ANY(organisations)
$$;

REVOKE ALL ON FUNCTION telemetry_news(pg_snapshot) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_news(pg_snapshot) TO allconnects_web;
