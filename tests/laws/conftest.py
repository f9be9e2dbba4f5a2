"""Profiles of hypothesis: the same examples on every run of CI, and many more on demand."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("wide", settings.get_profile("ci"), derandomize=False, max_examples=2000)
settings.register_profile(  # to know whether a fault is noticed, not where it is
    "mutation", settings.get_profile("ci"), max_examples=20, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.getenv("HYPOTHESIS_PROFILE", "ci"))
