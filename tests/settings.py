"""The real settings, fast and hermetic."""

import atexit
import os
import shutil
import tempfile

os.environ["AUDIOPHILE_DATA"] = tempfile.mkdtemp(prefix="audiophile-tests-")
atexit.register(shutil.rmtree, os.environ["AUDIOPHILE_DATA"], ignore_errors=True)
os.environ["AUDIOPHILE_FETCH"] = "0"  # no test asks the open internet
for name in ("DATABASE_URL", "DB_HOST", "REDIS_URL", "AWS_S3_BUCKET", "BASE_URL", "DEBUG"):
    os.environ[name] = ""

from audiophile.settings import *  # noqa: E402, F403

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
