"""The Django project's settings, all of them derived from ``kit.config``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from psycopg.conninfo import conninfo_to_dict

from allconnects.accounts.third_party_labels import CACHE_TABLE
from allconnects.kit import config, db, secrets
from allconnects.kit.errors import AllconnectsError

SITE = Path(__file__).resolve().parent
PACKAGE = SITE.parent
env = config.current()

DEBUG = False
SECRET_KEY = secrets.secret_key(env.home)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env.allowed_hosts]
CSRF_TRUSTED_ORIGINS: list[str] = []
if env.public_url:
    ALLOWED_HOSTS.append(urlsplit(env.public_url).hostname or "")
    CSRF_TRUSTED_ORIGINS.append(env.public_url)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "allconnects.accounts",
    "allconnects.privacy",
    "allconnects.privacy.consents",
    "allconnects.privacy.breaches",
    "allconnects.privacy.offboarding",
    "allconnects.privacy.requests",
    "allconnects.privacy.registry",
    "allconnects.privacy.erasure",
    "allconnects.privacy.disclosures",
    "allconnects.privacy.investigations",
    "allconnects.telemetry",
    "allconnects.trips",
    "allconnects.fleet",
    "allconnects.alerts",
    "allconnects.maintenance",
    "allconnects.billing",
    "allconnects.places",
    "allconnects.reports",
    "allconnects.integrations.basemap",
    "allconnects.integrations.forwarding",
    "allconnects.integrations.mollie",
    "allconnects.integrations.traccar_api",
    "allconnects.integrations.scim",
    "allconnects.products.live_connects",
    "allconnects.products.fleet_tracker",
    "allconnects.products.fleet_manager",
    "allconnects.products.fleet_driver",
    "allconnects.site",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "allconnects.site.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "allconnects.site.middleware.ApiConditional",
    "allconnects.site.middleware.ReleaseConnection",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allconnects.accounts.middleware.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allconnects.accounts.middleware.Tenancy",
]

ROOT_URLCONF = "allconnects.site.urls"
ASGI_APPLICATION = "allconnects.site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "allconnects.site.context.page",
            ]
        },
    }
]


def _database(role: db.Role) -> dict[str, object]:
    """A pool serves the web processes: under ASGI every request has its own thread and so its own connection.

    Settings can be read while no database runs (type checks, ``makemigrations``); connecting then fails.
    """
    try:
        given: dict[str, object] = dict(conninfo_to_dict(db.conninfo(role, "allconnects-django")))
    except AllconnectsError:
        given = {"host": str(env.home / "no-database-runs-here")}
    connection: dict[str, object] = {
        "ENGINE": "allconnects.site.database",
        "NAME": given.pop("dbname", db.DATABASE),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": given,
    }
    if role == "web":
        given["pool"] = {"min_size": 1, "max_size": 10, "timeout": 10}
    return connection


DATABASES = {"default": _database(db.process_role())}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": CACHE_TABLE,
        "KEY_FUNCTION": "allconnects.accounts.cache.hashed_key",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("nl", "Nederlands"), ("fr", "Français"), ("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = "allconnects.site.formats"
USE_TZ = True
TIME_ZONE = "Europe/Brussels"

STATIC_URL = "/static/"
STATICFILES_DIRS = [SITE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "allconnects.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if env.public_url.startswith("https://") else "http"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "reset_password": "5/m/ip,3/h/key"}
MFA_ADAPTER = "allconnects.accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "allconnects"
MFA_TOTP_TOLERANCE = 1
SESSION_ENGINE = "allconnects.accounts.sessions"
CSRF_FAILURE_VIEW = "allconnects.site.pages.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.public_url.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if SESSION_COOKIE_SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000

DEFAULT_FROM_EMAIL = env.email_from
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if env.email_url:
    _mail = urlsplit(env.email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 587)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp" and bool(_mail.username)

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

LOGGING_CONFIG = None
