"""Prompts: templates that cannot do harm, kept in folders with versions and partials."""

from __future__ import annotations

from pathlib import Path

import pytest
from polyspell.errors import NotFoundError, PolyspellError, ValidationError
from polyspell.prompts import PromptLibrary, Template


def test_variables_are_found_and_filled_in() -> None:
    template = Template("Hello {{ name|upper }}{% for i in items %}, {{ i }}{% endfor %}")
    assert template.variables == ["items", "name"]
    assert template.render(name="ada", items=[1, 2]) == "Hello ADA, 1, 2"


def test_a_missing_variable_is_an_error_that_lists_them() -> None:
    with pytest.raises(ValidationError, match="Its variables are name"):
        Template("Hello {{ name }}").render()


def test_defaults_need_not_be_given() -> None:
    assert Template("{{ a }}{{ b }}", defaults={"a": 1}).render(b=2) == "12"


def test_a_syntax_error_names_the_line() -> None:
    with pytest.raises(ValidationError, match="line 2"):
        Template("a\n{% if %}", name="x")


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 1000000000 }}",
        "{{ [0] * 1000000000 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ '%01000000000d' % 1 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% for i in a %}{% for j in a %}{% for k in a %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for i in a %}{% for j in a %}{{ text }}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ range(1000000000)|list }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ a|map('upper') }}",
        "{{ text|center(1000000000) }}",
        "{{ text|format(1) }}",
        "{{ self.__init__ }}",
    ],
)
def test_a_hostile_template_is_refused(text: str) -> None:
    with pytest.raises(PolyspellError):
        Template(text).render(a=list(range(1000)), text="x" * 1000)


def test_prompts_are_kept_with_versions_and_partials(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path)
    assert library.save("rules", " Be kind.") == 1
    assert library.save("greet", "Hi {{ name }}.{% include 'rules' %}") == 1
    assert library.save("greet", "Hello {{ name }}.{% include 'rules' %}", "Greets") == 2
    assert library.save("greet", "Hello {{ name }}.{% include 'rules' %}") == 2
    assert library.names() == ["greet", "rules"]
    assert library.template("greet").render(name="Ada") == "Hello Ada. Be kind."
    assert library.template("greet@1").render(name="Ada") == "Hi Ada. Be kind."
    assert library.get("greet").description == "Greets"


def test_front_matter_has_defaults(tmp_path: Path) -> None:
    text = '+++\ndescription = "x"\ndefaults = {language = "English"}\n+++\nIn {{ language }}.'
    (tmp_path / "speak.md").write_text(text)
    assert PromptLibrary(tmp_path).template("speak").render() == "In English."


def test_a_missing_prompt_says_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    with pytest.raises(NotFoundError, match="There is a"):
        PromptLibrary(tmp_path).get("b")


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "a b", "", "a/../b", "."])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError):
        PromptLibrary(tmp_path).get(name)


def test_a_partial_that_includes_itself_is_an_error(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path)
    (tmp_path / "a.md").write_text("{% include 'a' %}")
    with pytest.raises(ValidationError):
        library.template("a").render()
