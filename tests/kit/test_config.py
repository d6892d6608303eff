"""Settings: what is unknown, malformed or contradictory is refused in one line that repeats no value."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.kit import config
from allconnects.kit.errors import ConfigError

SECRET = "hunter2-hunter2"


def refusal(**environ: str) -> str:
    """What is said about these settings, one line that ends in no value."""
    with pytest.raises(ConfigError) as caught:
        config.load(environ)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200
    return caught.value.message


def test_nothing_set_gives_the_defaults() -> None:
    settings = config.load({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.gateway_ports == {"teltonika": 5027, "gt06": 5023, "osmand": 5055, "owntracks": 5144}
    assert settings.database_url == ""


def test_each_setting_is_read_from_its_own_name(tmp_path: Path) -> None:
    certificate = tmp_path / "c.pem"
    certificate.touch()
    settings = config.load(
        {
            "ALLCONNECTS_HOME": str(tmp_path),
            "ALLCONNECTS_PORT": "9000",
            "ALLCONNECTS_GATEWAY_PORTS": "gt06=6000, osmand-tls:6001,",
            "ALLCONNECTS_GATEWAY_PLAIN_FROM": "10.20.0.0/16, 2001:db8:7::/48,",
            "ALLCONNECTS_GATEWAY_TLS_CERT": str(certificate),
            "ALLCONNECTS_GATEWAY_TLS_KEY": str(certificate),
            "ALLCONNECTS_ALLOWED_HOSTS": "a.example, b.example",
            "ALLCONNECTS_PUBLIC_URL": "https://map.example/",
            "ALLCONNECTS_LOG_FORMAT": "json",
        }
    )
    assert (settings.home, settings.port, settings.log_format) == (tmp_path, 9000, "json")
    assert settings.gateway_ports == {"gt06": 6000, "osmand-tls": 6001}
    assert str(settings.gateway_plain_from) == "10.20.0.0/16,2001:db8:7::/48"
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.public_url == "https://map.example"


def test_an_unknown_name_is_refused_without_its_value() -> None:
    said = refusal(ALLCONNECTS_PROT=SECRET)
    assert "ALLCONNECTS_PROT is not a setting" in said
    assert SECRET not in said


def test_lower_case_is_not_another_spelling() -> None:
    assert config.load({"allconnects_port": "9000"}).port == 8000


def test_the_name_that_only_tests_read_is_allowed() -> None:
    assert config.load({"ALLCONNECTS_TEST_DATABASE_URL": "postgresql://x"}) == config.load({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", ""),
        ("PORT", ""),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "80a"),
        ("PORT", " 80"),
        ("PORT", "٣"),
        ("METRICS_PORT", "http"),
        ("GATEWAY_PORTS", "teltonika"),
        ("GATEWAY_PORTS", "teltonika="),
        ("GATEWAY_PORTS", "teltonika=99999"),
        ("GATEWAY_PORTS", "telnet=23"),
        ("GATEWAY_PORTS", "teltonika=5027,teltonika=5028"),
        ("GATEWAY_PORTS", "teltonika=5027,gt06=5027"),
        ("GATEWAY_PORTS", "teltonika-tls-tls=5027"),
        ("GATEWAY_PORTS", "5027"),
        ("GATEWAY_PLAIN_FROM", ""),
        ("GATEWAY_PLAIN_FROM", "apn.example"),
        ("GATEWAY_PLAIN_FROM", "10.20.0.1/16"),
        ("GATEWAY_PLAIN_FROM", "10.20.0.0/33"),
        ("MAX_CONNECTIONS", "0"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "many"),
        ("MAX_CONNECTIONS_PER_ORGANISATION", "1.5"),
        ("IDLE_TIMEOUT_S", "-5"),
        ("FRAME_TIMEOUT_S", "soon"),
        ("POSITION_DAYS", "1"),
        ("POSITION_DAYS", "61"),
        ("HOME", "~no-such-user-here/x"),
        ("PORT", "9" * 5000),
        ("DATABASE_URL", f"postgresql://user:{SECRET}@db.example/x?sslmod=require"),
        ("DATABASE_URL", f"postgresql://user:%zz{SECRET}@db.example/x"),
        ("EMAIL_URL", f"smtp://user:{SECRET}\N{ACCOUNT OF}@mail.example"),
        ("EMAIL_URL", f"smtp://user:{SECRET}@mail.example:port"),
        ("EMAIL_URL", f"smtp://user:{SECRET}@"),
        ("PUBLIC_URL", "https://[map"),
        ("DATABASE_URL", f"mysql://user:{SECRET}@db.example/x"),
        ("EMAIL_URL", f"http://user:{SECRET}@mail.example"),
        ("PUBLIC_URL", "map.example"),
        ("BASEMAP", "http://tiles.example/style.json"),
        ("BASEMAP", "google"),
        ("GATEWAY_TLS_CERT", "no-such-file.pem"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_malformed_value_is_refused_by_its_name(name: str, value: str) -> None:
    said = refusal(**{f"ALLCONNECTS_{name}": value})
    assert said.startswith(f"ALLCONNECTS_{name} must be ")
    assert SECRET not in said


def test_database_url_of_the_platform_is_read_and_ours_wins() -> None:
    theirs, ours = "postgresql://a@one/x", "postgresql://b@two/y"
    assert config.load({"DATABASE_URL": theirs}).database_url == theirs
    assert config.load({"DATABASE_URL": theirs, "ALLCONNECTS_DATABASE_URL": ours}).database_url == ours
    assert refusal(DATABASE_URL="sqlite:///x").startswith("DATABASE_URL must be ")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ALLCONNECTS_GATEWAY_TLS_CERT": __file__}, "go together"),
        ({"ALLCONNECTS_GATEWAY_TLS_KEY": __file__}, "go together"),
        ({"ALLCONNECTS_GATEWAY_PORTS": "teltonika-tls=5028"}, "ALLCONNECTS_GATEWAY_TLS_CERT is missing"),
        ({"ALLCONNECTS_PORT": "5027"}, "also a port of ALLCONNECTS_GATEWAY_PORTS"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environ: dict[str, str], said: str) -> None:
    assert said in refusal(**environ)


NAMES = st.sampled_from([f"ALLCONNECTS_{name.upper()}" for name in config.Settings.__annotations__])


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=6))
def test_any_text_is_read_or_refused_in_one_line(environ: dict[str, str]) -> None:
    try:
        settings = config.load(environ)
    except ConfigError as error:
        said = error.message
    else:
        said = ""
        assert all(0 < port < 65536 for port in [settings.port, *settings.gateway_ports.values()])
    assert "\n" not in said


def _command(home: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLCONNECTS_")}
    kept.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "allconnects", *(command or ["settings"])],
        env={**kept, "ALLCONNECTS_HOME": str(home), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    done = _command(tmp_path, ALLCONNECTS_PORT="eighty")
    assert done.returncode == 1
    assert done.stderr == "allconnects: ALLCONNECTS_PORT must be a port number from 1 to 65535\n"
    assert done.stdout == ""


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "demo",
        "gateway",
        "roles",
        "decode gt06 --jsonl",
        "device list",
        "trips detect none.csv",
        "bench trips --json",
    ],
)
def test_every_command_refuses_a_misspelt_setting(command: str, tmp_path: Path) -> None:
    done = _command(tmp_path, *command.split(), ALLCONNECTS_PROT="80")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "allconnects: ALLCONNECTS_PROT is not a setting of allconnects; 'allconnects settings' lists them\n"
    )


def test_a_user_without_a_folder_is_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("getuid", "geteuid"):
        monkeypatch.setattr(os, name, lambda: 2_000_000_321)
    assert "ALLCONNECTS_HOME must name the data folder" in refusal()


def test_the_list_of_settings_shows_no_password(tmp_path: Path) -> None:
    done = _command(
        tmp_path,
        DATABASE_URL=f"postgresql://user:{SECRET}@db.example/x",
        ALLCONNECTS_EMAIL_URL=f"smtp://user:{SECRET}@mail.example",
    )
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert all(f"ALLCONNECTS_{name.upper()}=" in done.stdout for name in config.Settings.__annotations__)
