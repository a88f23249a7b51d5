import pytest

from zhanggui.app.settings import SETTINGS, load
from zhanggui.core.errors import ConfigError


def test_defaults_then_environment_then_command_line():
    assert load({}).number("port") == 8000
    assert load({"ZHANGGUI_PORT": "9"}).number("port") == 9
    assert load({"ZHANGGUI_PORT": "9"}, port=10).number("port") == 10
    assert load({"ZHANGGUI_PORT": "9"}, port=None).number("port") == 9


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="ZHANGGUI_PROT.*ZHANGGUI_PORT"):
        load({"ZHANGGUI_PROT": "9"})
    with pytest.raises(ConfigError, match="prot"):
        load({}, prot=9)


def test_variables_of_the_test_suite_are_let_pass():
    assert load({"ZHANGGUI_DEV_DATA": "x"}).text("language") == "zh"


def test_a_word_outside_the_allowed_ones_is_refused():
    with pytest.raises(ConfigError, match="ZHANGGUI_LANGUAGE must be one of zh, en. Got 'fr'"):
        load({"ZHANGGUI_LANGUAGE": "fr"})


@pytest.mark.parametrize(("variable", "given"), [("PAGES_AT_ONCE", 0), ("MAX_REQUESTS", -5), ("PORT", -1)])
def test_a_number_that_would_serve_nobody_is_refused(variable, given):
    with pytest.raises(ConfigError, match=rf"ZHANGGUI_{variable} must be at least [01]\. Got {given}\."):
        load({f"ZHANGGUI_{variable}": str(given)})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_each_setting_has_help_and_an_upper_case_variable(setting):
    assert setting.help and setting.variable == f"ZHANGGUI_{setting.name.upper()}"
