"""How long a state machine looks: seconds as a rule, minutes with `--hypothesis-profile deep`."""

from hypothesis import HealthCheck, settings


def pace(*, examples: int, steps: int) -> settings:
    """Return settings for so many lives of so many steps; the profile `deep` lives 50 times as many, twice as long."""
    deep = settings.default.max_examples // 100 > 1
    return settings(
        max_examples=examples * 50 if deep else examples,
        stateful_step_count=steps * 2 if deep else steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
