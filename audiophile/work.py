"""Which work there is: how often the beat asks for some, and what each kind of job runs."""

from typing import Any

BEAT = {
    "sweep": {"task": "apps.jobs.tasks.sweep", "schedule": 30.0},
    "bury": {"task": "apps.library.tasks.bury", "schedule": 30.0},
    "repair-tracks": {"task": "apps.files.tasks.repair", "schedule": 120.0},
    "refresh-predictions": {
        "task": "apps.predictions.tasks.refresh_predictions",
        "schedule": 120.0,
        "options": {"expires": 120.0},
    },
    "repair-separations": {"task": "apps.separation.tasks.repair", "schedule": 120.0},
    "tell-of-separations": {
        "task": "apps.separation.tasks.tell",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "forget-unused-stems": {"task": "apps.separation.tasks.forget_unused", "schedule": 3600.0},
    "forget-unused-beats": {"task": "apps.remixes.tasks.forget_unused", "schedule": 3600.0},
    "forget-unused-predictions": {
        "task": "apps.predictions.tasks.forget_unused",
        "schedule": 3600.0,
    },
    "register-models": {"task": "apps.predictions.tasks.register_models", "schedule": 600.0},
    "check-drift": {
        "task": "apps.predictions.tasks.check_drift",
        "schedule": 120.0,
        "options": {"expires": 120.0},
    },
    "measure-false-alarms": {
        "task": "apps.predictions.tasks.measure_false_alarms",
        "schedule": 86_400.0,
        "options": {"queue": "heavy"},
    },
    "forget-trials": {"task": "apps.predictions.tasks.forget_trials", "schedule": 600.0},
    "notice-incoming": {"task": "apps.files.tasks.notice_incoming", "schedule": 300.0},
    "remove-expired-uploads": {
        "task": "apps.files.tasks.remove_expired_uploads",
        "schedule": 3600.0,
    },
    "remove-unused-blobs": {"task": "apps.files.tasks.remove_unused_blobs", "schedule": 3600.0},
}

# What each kind of job runs, by name so that the web never imports it, and on which queue.
# `follow` is told of every end and retry, so that no row waits for a result that will not come.
# What is done `once` cannot be tried again: what it worked on is not kept. What `goes_on` takes up
# what an earlier attempt has done, so it can make room for shorter work. Of work that takes much
# `alike` the last few say how long the next will take.
JOB_KINDS: dict[str, dict[str, Any]] = {
    "probe": {
        "queue": "fast",
        "pipeline": "apps.files.pipeline.probe",
        "follow": "apps.files.services.follow_probe",
    },
    "predict": {
        "queue": "fast",
        "pipeline": "apps.predictions.pipeline.predict",
        "follow": "apps.predictions.services.follow_prediction",
    },
    "refresh": {
        "queue": "fast",
        "pipeline": "apps.predictions.pipeline.predict",
        "follow": "apps.predictions.services.follow_prediction",
    },
    "separate": {
        "queue": "heavy",
        "pipeline": "apps.separation.pipeline.separate",
        "goes_on": True,
        "follow": "apps.separation.services.follow_separation",
    },
    "mix": {"queue": "fast", "pipeline": "apps.separation.mix_pipeline.mix"},
    "draw-stems": {"queue": "fast", "pipeline": "apps.separation.mix_pipeline.draw_stems"},
    "compose": {"queue": "fast", "pipeline": "apps.library.pipeline.compose_demo"},
    "remix": {"queue": "heavy", "pipeline": "apps.remixes.pipeline.remix", "alike": True},
    "listen": {
        "queue": "fast",
        "pipeline": "apps.predictions.pipeline.listen",
        "once": True,
        "follow": "apps.predictions.trials.follow_trial",
    },
    "fetch": {"queue": "fast", "pipeline": "apps.predictions.fetching.fetch"},
    "import": {"queue": "fast", "pipeline": "apps.files.importing.fetch"},
    "collect": {"queue": "fast", "pipeline": "apps.files.collecting.collect"},
    "notify": {"queue": "fast", "pipeline": "apps.predictions.drift_notices.send"},
    "drift-rates": {
        "queue": "heavy",
        "pipeline": "apps.predictions.drift_check.measure",
        "alike": True,
    },
}
