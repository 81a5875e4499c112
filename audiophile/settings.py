"""The settings: one file; deployments differ by environment variables (`.env.example`)."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from audio.stems import ENGINES
from audiophile import env, work

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

# -- where things live ---------------------------------------------------------------------------

DATA = env.folder("AUDIOPHILE_DATA", BASE_DIR / "var")
MEDIA_ROOT = DATA / "media"
SCRATCH = DATA / "scratch"  # uploads on their way in and work in progress
HEADS = DATA / "heads"  # trained heads, unpacked where they are used
BROKER_FOLDER = DATA / "broker"
for folder in (MEDIA_ROOT, SCRATCH, BROKER_FOLDER / "messages", BROKER_FOLDER / "control"):
    folder.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key given, or one drawn at the first start and kept beside the data."""
    if given := env.text("SECRET_KEY"):
        return given
    kept = DATA / "secret_key"
    if not kept.exists():
        drawn = DATA / f"secret_key.{os.getpid()}"
        drawn.touch(mode=0o600)
        drawn.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(drawn)  # of several processes that start at once, one wins
        drawn.unlink()
    return kept.read_text().strip()


# -- who may talk to it --------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = _secret_key()
BASE_URL = env.url("BASE_URL", schemes=env.WEB)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.items("ALLOWED_HOSTS")]
if BASE_URL:
    ALLOWED_HOSTS.append(str(urlsplit(BASE_URL).hostname))
    CSRF_TRUSTED_ORIGINS = [BASE_URL]
HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "audiophile",
    "apps.accounts",
    "apps.jobs",
    "apps.files",
    "apps.predictions",
    "apps.separation",
    "apps.remixes",
    "apps.library",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "audiophile.health.HealthMiddleware",
    "audiophile.requests.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "audiophile.urls"
WSGI_APPLICATION = "audiophile.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.jobs.context.active_jobs",
            ],
        },
    },
]

# -- rows ----------------------------------------------------------------------------------------


def _database() -> dict:
    """DATABASE_URL, or DB_* for PostgreSQL, or the embedded SQLite file."""
    if given := env.url("DATABASE_URL", schemes={"postgres", "postgresql", "sqlite"}):
        return environ.Env.db_url_config(given)
    host = env.text("DB_HOST")
    if not host and (env.text("DB_USER") or env.text("DB_NAME")):
        raise ImproperlyConfigured(
            "DB_HOST is missing; without it the other DB_ variables say nothing."
        )
    if host:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": host,
            "PORT": env.number("DB_PORT", 5432, at_least=1, at_most=65535),
            "NAME": env.text("DB_NAME", "audiophile"),
            "USER": env.text("DB_USER", "audiophile"),
            "PASSWORD": env.text("DB_PASSWORD"),
        }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "audiophile.sqlite3"}


DATABASES = {"default": _database()}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Readers and one writer at once; a writer waits its turn instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- stored bytes --------------------------------------------------------------------------------

S3_BUCKET = env.text("AWS_S3_BUCKET")
S3_ENDPOINT = env.url("AWS_S3_ENDPOINT_URL", schemes=env.WEB) or env.url(
    "S3_BUCKET_URL", schemes=env.WEB
)
if S3_ENDPOINT and not S3_BUCKET:
    raise ImproperlyConfigured("AWS_S3_BUCKET is missing; an address alone is no place to store.")
STORAGES: dict[str, dict[str, Any]] = {
    "local": {"BACKEND": "apps.files.disk.Disk"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
if S3_BUCKET:
    STORAGES["s3"] = {
        "BACKEND": "apps.files.buckets.Bucket",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "access_key": env.text("AWS_ACCESS_KEY_ID") or None,
            "secret_key": env.text("AWS_SECRET_ACCESS_KEY") or None,
            "region_name": env.text("AWS_REGION") or None,
            "endpoint_url": S3_ENDPOINT or None,
            "querystring_expire": 3600,
        },
    }
AUDIOPHILE_STORAGE = env.choice(
    "AUDIOPHILE_STORAGE", "s3" if S3_BUCKET else "local", {"local", "s3"}
)
if AUDIOPHILE_STORAGE not in STORAGES:
    raise ImproperlyConfigured("AUDIOPHILE_STORAGE is s3, but AWS_S3_BUCKET names no bucket.")
STORAGES["default"] = STORAGES["local"]
# Downloads straight from the bucket need an endpoint that browsers reach too.
S3_DOWNLOADS = env.choice("AUDIOPHILE_S3_DOWNLOADS", "redirect", {"redirect", "stream"})
S3_MISSING = [
    name
    for name in ("AWS_S3_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    if not env.text(name)
]
S3_NOTIFY_SECRET = env.text("AUDIOPHILE_S3_NOTIFY_SECRET")
FILE_UPLOAD_TEMP_DIR = SCRATCH
FILE_UPLOAD_HANDLERS = ["apps.files.uploads.NoFiles"]  # the upload endpoint has its own
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20  # form fields and JSON; files do not count
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # one for each chosen song
MAX_UPLOAD_BYTES = (
    env.number("AUDIOPHILE_MAX_UPLOAD_MB", 2048, at_least=1, at_most=1_000_000) * 2**20
)
CLIP_BYTES = (  # of a clip that is heard and not kept
    env.number("AUDIOPHILE_CLIP_MB", 200, at_least=1, at_most=1_000_000) * 2**20
)
INLINE_BYTES = (  # of a recording within JSON, which is read into memory
    env.number("AUDIOPHILE_INLINE_MB", 32, at_least=1, at_most=1024) * 2**20
)
UNFINISHED_UPLOADS = env.number(
    "AUDIOPHILE_UNFINISHED_UPLOADS", 200, at_least=2, at_most=100_000
)  # per person
UPLOAD_HOURS = env.number("AUDIOPHILE_UPLOAD_HOURS", 24, at_least=1, at_most=48)
# Machines outside of the open internet that files may be fetched from, and that may be told of
# the end of a separation, all the same.
OUTGOING_ALLOW = env.hosts("AUDIOPHILE_OUTGOING_ALLOW")
# Seconds until somebody who could not be told of the end of a separation is told again; each
# further wait is twice as long.
CALLBACK_WAIT = env.number("AUDIOPHILE_CALLBACK_WAIT", 15.0, at_least=0.1, at_most=3600.0)
MAX_MINUTES = env.number("AUDIOPHILE_MAX_MINUTES", 360, at_least=1, at_most=100_000)
MAX_CHANNELS = env.number("AUDIOPHILE_MAX_CHANNELS", 32, at_least=1, at_most=1024)
# Per person, where the person has no quota of their own; 0 is no limit.
QUOTA_BYTES = round(env.number("AUDIOPHILE_QUOTA_GB", 0.0, at_least=0.0, at_most=1e6) * 2**30)
QUOTA_MINUTES = env.number("AUDIOPHILE_QUOTA_MINUTES", 0, at_least=0, at_most=10**9)

# -- long work -----------------------------------------------------------------------------------

REDIS_URL = env.url("REDIS_URL", schemes={"redis", "rediss"})
HEAVY_HARD_LIMIT = 24 * 3600  # seconds; nothing of ours runs longer
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": HEAVY_HARD_LIMIT + 3600}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_FOLDER / "messages"),
        "data_folder_out": str(BROKER_FOLDER / "messages"),
        "control_folder": str(BROKER_FOLDER / "control"),
        "polling_interval": 0.1,
    }
)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "fast"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "apps.jobs.scheduler:Scheduler"
CELERY_BEAT_SCHEDULE = work.BEAT
JOB_KINDS: dict[str, dict[str, Any]] = work.JOB_KINDS
JOB_LEASE = 30  # seconds without a heartbeat after which a worker is given up
JOB_HEARTBEAT = 5
JOB_ATTEMPTS = 3
ON_TRACK_READY = ["apps.predictions.services.request_predictions"]

# -- sound ---------------------------------------------------------------------------------------

# What separates unless somebody chooses: an engine, or the first of a tier.
UNMIX_ENGINE = env.choice(
    "AUDIOPHILE_UNMIX_ENGINE", "hpss", {*ENGINES, *(engine.tier for engine in ENGINES.values())}
)
CONFIDENCE = env.number("AUDIOPHILE_CONFIDENCE", 0.9, at_least=0.0, at_most=1.0)
REFRESH_PER_TICK = env.number("AUDIOPHILE_REFRESH_PER_TICK", 50, at_least=1, at_most=10_000)
REFERENCES_KEPT = env.number("AUDIOPHILE_REFERENCES_KEPT", 20, at_least=2, at_most=10_000)
TICKS_KEPT_DAYS = env.number("AUDIOPHILE_TICKS_KEPT_DAYS", 7, at_least=1, at_most=3650)
# What arrives is watched for drift: what counts as one of it, how many new ones are compared with
# what came before, and how many songs are wanted at least (0: as many as it takes).
DRIFT_STREAMS = {
    "songs": "apps.predictions.drift_streams.Songs",
    "stems": "apps.library.stem_stream.Stems",
}
DRIFT_UNIT = env.choice("AUDIOPHILE_DRIFT_UNIT", "artist", {"artist", "album", "batch"})
DRIFT_WINDOW = env.number("AUDIOPHILE_DRIFT_WINDOW", 40, at_least=15, at_most=500)
DRIFT_MINIMUM = env.number("AUDIOPHILE_DRIFT_MINIMUM", 0, at_least=0, at_most=10**9)
DRIFT_WEBHOOK = env.url("AUDIOPHILE_DRIFT_WEBHOOK", schemes=env.WEB) and env.text(
    "AUDIOPHILE_DRIFT_WEBHOOK"
)  # as it was given: some addresses end with a slash
DRIFT_SECRET = env.text("AUDIOPHILE_DRIFT_SECRET")
if DRIFT_WEBHOOK and not DRIFT_SECRET:
    raise ImproperlyConfigured("AUDIOPHILE_DRIFT_SECRET is missing; notices must be signed.")
PREDICT_PATIENCE = 10.0  # seconds that somebody waits for an answer before it comes later
# `audio` reads the environment itself: pretrained weights lie with the rest of the data.
os.environ["AUDIOPHILE_WEIGHTS"] = str(env.folder("AUDIOPHILE_WEIGHTS", DATA / "weights"))

HOST = env.text("AUDIOPHILE_HOST", "127.0.0.1")  # 0.0.0.0 lets other machines in
PORT = env.number("PORT", 8000, at_least=1, at_most=65535)
LOCAL_URL = f"http://localhost:{PORT}"

# -- e-mail, which only notices of drift are sent by; without a host nothing is sent --------------

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587, at_least=1, at_most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "audiophile@localhost")

# -- people --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:signin"
LOGIN_REDIRECT_URL = "library:songs"
LOGOUT_REDIRECT_URL = "accounts:signin"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# -- the API -------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "audiophile.parsers.BoundedJSONParser",
        "rest_framework.parsers.MultiPartParser",
        "rest_framework.parsers.FormParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "audiophile.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "audiophile.errors.api_error",
    "PAGE_SIZE": 50,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is the format of the sound
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Audiophile",
    "DESCRIPTION": "Your songs: tagged, unmixed, remixed.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "audiophile.schema.document_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "FileState": "apps.files.models.Track.State",
        "JobState": "apps.jobs.models.Job.State",
        "StemFormat": "apps.separation.copies.OFFERED",
    },
}

# -- pages ---------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT") or None  # only containers collect static files
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/htmx", NODE_MODULES / "htmx.org" / "dist"),
    ("vendor/tus", NODE_MODULES / "tus-js-client" / "dist"),
]
WHITENOISE_USE_FINDERS = True  # so that `make run` needs no collectstatic
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},
        "faiss.loader": {"level": "WARNING"},
    },
}
