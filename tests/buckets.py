"""An S3 server of the tests' own, over HTTP, and a bucket of its own for every test."""

import logging
import uuid
from collections.abc import Iterator

import pytest
from django.core.files.storage import storages

KEYS = {"access_key": "tests", "secret_key": "tests", "region_name": "eu-central-1"}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server, settings):
    """The product has a bucket; yields the storage."""
    name = f"tests-{uuid.uuid4().hex[:12]}"
    settings.S3_BUCKET = name
    settings.STORAGES = {
        **settings.STORAGES,
        "s3": {
            "BACKEND": "apps.files.buckets.Bucket",
            "OPTIONS": {"bucket_name": name, "endpoint_url": s3_server, **KEYS},
        },
    }
    place = {"LocationConstraint": KEYS["region_name"]}
    storages["s3"].connection.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    return storages["s3"]
