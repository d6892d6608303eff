-- Setting a hold and taking rows away exclude each other. Statements are run one at a time and end at a blank line.

-- Until the transaction ends nobody sets or ends a hold or restriction: who takes rows away asks this first, and in its
-- next statement sees every one that is set. The other side is in privacy/erasure/holds.py.
CREATE FUNCTION telemetry_no_holds_meanwhile() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('privacy_withheld'));
END $$;

-- As before; of the leaves of positions, segments, trips and stops.
CREATE OR REPLACE FUNCTION telemetry_part_leaf(
    dataset text, leaf text, days integer, class text, held text, digest text, bytes text, "each" boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    first date := to_date(right(leaf, 8), 'YYYYMMDD');
    stays boolean;
BEGIN
    PERFORM public.telemetry_no_holds_meanwhile();
    IF NOT EXISTS (SELECT FROM public.telemetry_held(class)) THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I p WHERE %s)', leaf, held) INTO stays;
    IF NOT stays THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'WITH stay AS (SELECT organisation_id, count(*) AS held FROM public.%1$I p WHERE %2$s GROUP BY 1), '
        'gone AS (DELETE FROM public.%1$I p WHERE NOT %2$s RETURNING p.*), '
        'parts AS (SELECT organisation_id, count(*) AS count, %3$s AS bytes, %4$s AS digest FROM gone p GROUP BY 1) '
        'INSERT INTO public.telemetry_certificate '
        '(dataset, leaf, first_day, end_day, reason, count, bytes, digest, organisation_id, held) '
        'SELECT %5$L, %6$L, %7$L::date, %8$L::date, ''retention'', count, bytes, '
        'encode(sha256(convert_to(digest, ''UTF8'')), ''hex''), organisation_id, coalesce(held, 0) '
        'FROM parts LEFT JOIN stay USING (organisation_id) WHERE %9$L '
        'UNION ALL SELECT %5$L, %6$L, %7$L::date, %8$L::date, ''retention'', sum(count), sum(bytes), '
        'encode(sha256(convert_to(string_agg(digest, '','' ORDER BY organisation_id), ''UTF8'')), ''hex''), NULL, '
        '(SELECT sum(held) FROM stay) FROM parts HAVING count(*) > 0',
        leaf, held, bytes, digest, dataset, leaf, first, first + days, "each");
    RETURN true;
END $$;

-- Whether somebody whose data are withheld had a device, is in a trip of it, or in its positions: it is not deleted then.
-- Whoever asks may not see those rows, and learns nothing but this.
CREATE FUNCTION telemetry_device_withheld(device integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    organisation constant integer := current_setting('app.organisation')::integer;
BEGIN
    PERFORM public.telemetry_no_holds_meanwhile();
    RETURN EXISTS (
        SELECT FROM public.privacy_withheld w
        WHERE w.organisation_id = organisation AND w.ended_at IS NULL AND w.person IS NOT NULL AND (
            EXISTS (SELECT FROM public.telemetry_occupancy o
                    WHERE o.organisation_id = organisation AND o.device_id = device AND o.person = w.person)
            OR EXISTS (SELECT FROM public.telemetry_segment s
                       WHERE s.organisation_id = organisation AND s.device_id = device AND s.subject = w.person::text)
            OR EXISTS (SELECT FROM public.trips_trip t
                       WHERE t.organisation_id = organisation AND t.device_id = device AND t.person = w.person)
            OR EXISTS (SELECT FROM public.places_visit v
                       WHERE v.organisation_id = organisation AND v.device_id = device AND v.person = w.person)));
END $$;

-- The same of a place: whether somebody whose data are withheld was there.
CREATE FUNCTION telemetry_place_withheld(place integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    organisation constant integer := current_setting('app.organisation')::integer;
BEGIN
    PERFORM public.telemetry_no_holds_meanwhile();
    RETURN EXISTS (
        SELECT FROM public.privacy_withheld w JOIN public.places_visit v
            ON v.organisation_id = w.organisation_id AND v.person = w.person
        WHERE w.organisation_id = organisation AND w.ended_at IS NULL AND v.place_id = place);
END $$;

REVOKE ALL ON FUNCTION telemetry_no_holds_meanwhile(), telemetry_device_withheld(integer),
    telemetry_place_withheld(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_no_holds_meanwhile() TO allconnects_worker;

GRANT EXECUTE ON FUNCTION telemetry_device_withheld(integer), telemetry_place_withheld(integer) TO allconnects_web
