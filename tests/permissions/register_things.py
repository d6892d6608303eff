"""A vehicle, a material, a person and what belongs to them, for the matrix of permissions."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any


def register_things(run: Callable[..., Any], pk: int) -> dict[str, Any]:
    """A vehicle, a material, a person and what belongs to them."""
    now, token = "now(), now(), 1", secrets.token_urlsafe(16)
    vehicle = run(
        "INSERT INTO fleet_vehicle (organisation_id, name, plate, vin, vehicle_class, fuel, brand, model, groups, "
        "state, note, created_at, changed_at, version) "
        f"VALUES (%s, 'v', '', '', 'van', '', '', '', '{{}}', 'active', '', {now}) "
        "RETURNING id", (pk,),
    )  # fmt: skip
    material = run(
        "INSERT INTO fleet_material (organisation_id, name, category, serial, token, brand, model, groups, note, "
        f"created_at, changed_at, version) VALUES (%s, 'm', 'tool', '', %s, '', '', '{{}}', '', {now}) RETURNING id",
        (pk, token),
    )
    person = run(
        "INSERT INTO fleet_person (id, organisation_id, first_name, last_name, number, joint_committee, languages, "
        "groups, created_at, changed_at, version) "
        f"VALUES (gen_random_uuid(), %s, 'Ann', 'Example', '', '', '{{}}', '{{}}', {now}) RETURNING id", (pk,),
    )  # fmt: skip
    team = run(
        "INSERT INTO fleet_team (organisation_id, name, note, created_at, changed_at, version) "
        f"VALUES (%s, 't', '', {now}) RETURNING id", (pk,),
    )  # fmt: skip
    device = run(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "VALUES (%s, 'd', 'vehicle', %s, '', '', now()) RETURNING id", (pk, secrets.token_hex(8)),
    )  # fmt: skip
    plan = run(
        "INSERT INTO maintenance_plan (organisation_id, kind, name, vehicle_id, vehicle_class, category, every_km, "
        "soon_km, soon_hours, soon_days, period, weekdays, by_minute, only_used, note, created_at, changed_at, "
        "version) VALUES (%s, 'service', 'p', %s, '', '', 30000, 1000, 20, 14, '', '{}', 480, false, '', "
        f"{now}) RETURNING id",
        (pk, vehicle),
    )
    return {
        "$plan": plan,
        "$done": run(
            "INSERT INTO maintenance_done (organisation_id, plan_id, vehicle_id, at, passed, note, made_at) "
            "VALUES (%s, %s, %s, now(), true, '', now()) RETURNING id", (pk, plan, vehicle),
        ),
        "$vehicle": vehicle, "$material": material, "$material_token": token, "$person": str(person), "$team": team,
        "$employer": run(
            "INSERT INTO fleet_employer (organisation_id, name, number, joint_committee, created_at, changed_at, "
            f"version) VALUES (%s, 'e', '', '', {now}) RETURNING id", (pk,),
        ),
        "$installation": run(
            "INSERT INTO fleet_installation (organisation_id, device_id, material_id, main, during) "
            "VALUES (%s, %s, %s, true, '[2026-01-01,)') RETURNING id", (pk, device, material),
        ),
        "$document": run(
            "INSERT INTO fleet_document (organisation_id, vehicle_id, kind, number, note, created_at, changed_at, "
            f"version) VALUES (%s, %s, 'lease', '', '', {now}) RETURNING id", (pk, vehicle),
        ),
        "$badge": run(
            "INSERT INTO fleet_badge (organisation_id, person_id, kind, token_hash, last4, valid_from) "
            "VALUES (%s, %s, 'rfid', %s, 'ABCD', now()) RETURNING id", (pk, person, secrets.token_hex(32)),
        ),
        "$claim": run(
            "INSERT INTO fleet_claim (organisation_id, vehicle_id, person_id, role, during, source, reason, made_at) "
            "VALUES (%s, %s, %s, 'driver', '[2026-01-01,2026-01-02)', 'manual', '', now()) RETURNING id",
            (pk, vehicle, person),
        ),
        "$member": run(
            "INSERT INTO fleet_teammember (organisation_id, team_id, person_id, since, leads) "
            "VALUES (%s, %s, %s, '2026-01-01', false) RETURNING id", (pk, team, person),
        ),
        "$tag": run(
            "INSERT INTO fleet_tag (organisation_id, material_id, identifier) VALUES (%s, %s, 'AABBCC') RETURNING id",
            (pk, material),
        ),
        "$question": run(
            "INSERT INTO fleet_question (organisation_id, kind, key, vehicle_id, during, asked_at, decision) "
            "VALUES (%s, 'two_drivers', 'k', %s, '[2026-01-01,2026-01-02)', now(), '') RETURNING id", (pk, vehicle),
        ),
        "$stay": run(
            "INSERT INTO fleet_question (organisation_id, kind, key, vehicle_id, person_id, during, asked_at, "
            "decision, decided_at) VALUES (%s, 'open_stay', 'k', %s, %s, '[2026-01-01,2026-01-02)', now(), 'absent', "
            "now()) RETURNING id", (pk, vehicle, person),
        ),
    }  # fmt: skip
