"""Texts are found in every kind of source, go onto a sheet and back, and what is wrong with a translation is seen."""

from pathlib import Path

import pytest
from babel.messages import Catalog
from pytest_django import Settings

from portal.kit.languages import catalogs, sheet
from portal.kit.languages.faults import faults
from portal.kit.languages.pages import unwrapped
from portal.kit.languages.pseudo import strange
from portal.kit.languages.reader import reader_locale
from portal.kit.languages.sources import Text, texts, unreadable_calls

pytestmark = pytest.mark.once


# --- Where texts come from ------------------------------------------------------
@pytest.fixture
def project(tmp_path: Path) -> Path:
    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("shop/views.py", 'x = _("One")\ny = ngettext("%(n)s cat", "%(n)s cats", n)\nz = pgettext("verb", "Open")\n')
    write("shop/tests/test_views.py", 'x = _("Not for people")\n')
    write(
        "templates/shop/page.html",
        '{% translate "Half: 50%" %}{% translate "Open" context "state" %}'
        '{% include "ui/stat.html" with label=_("In an include") %}{{ x|default:_("In a filter") }}'
        "{% if x %}{% blocktranslate count n=x %}{{ n }} dog{% plural %}{{ n }} dogs{% endblocktranslate %}{% endif %}"
        "{% partialdef rows %}{% for y in x %}{% blocktranslate trimmed %}\n  Two\n  lines\n"
        "{% endblocktranslate %}{% endfor %}{% endpartialdef rows %}"
        '{% load allauth %}{% element p %}{% slot actions %}{% translate "In a piece of allauth\'s" %}{% endslot %}{% endelement %}',
    )
    write("rewards/rating/sql/rules/01_long.sql", "-- The clip is $clip_words $min_clip seconds.\nclip_ms > 0\n")
    return tmp_path


def test_texts_are_found_in_python_templates_and_sql(project: Path) -> None:
    page, views = "templates/shop/page.html", "shop/views.py"
    assert sorted(texts(project)) == sorted(
        [
            Text("One", place=views),
            Text("%(n)s cat", "%(n)s cats", place=views),
            Text("Open", context="verb", place=views),
            Text("Half: 50%%", place=page),
            Text("Open", context="state", place=page),
            Text("In an include", place=page),
            Text("In a filter", place=page),
            Text("%(n)s dog", "%(n)s dogs", place=page),
            Text("Two lines", place=page),
            Text("In a piece of allauth's", place=page),
            Text("The clip is $clip_words $min_clip seconds.", place="rewards/rating/sql/rules/01_long.sql"),
        ]
    )


def test_a_text_put_together_on_the_spot_is_noticed(project: Path) -> None:
    (project / "shop/forms.py").write_text('a = _("Fine %s") % 1\nb = _(f"Bad {a}")\nc = _("Bad " + a)\n')
    assert unreadable_calls(project) == ["shop/forms.py:2", "shop/forms.py:3"]


# --- Catalogs and sheets --------------------------------------------------------
CAT = Text("%(n)s cat", "%(n)s cats", place="shop/views.py")
OPEN = Text("Open", place="shop/views.py")


def test_a_catalog_keeps_what_is_translated_and_drops_what_is_gone() -> None:
    old = catalogs.in_step(Catalog(locale="es"), [OPEN, Text("Gone")], "es")
    for message in catalogs.messages(old):
        message.string = "Abrir"
    new = catalogs.in_step(old, [OPEN, CAT], "es")
    assert [(catalogs.key(row), catalogs.forms(row)) for row in catalogs.messages(new)] == [
        (("", "Open"), ["Abrir"]),
        (("", "%(n)s cat"), ["", ""]),
    ]


def test_a_sheet_goes_out_and_comes_back() -> None:
    found = {language: catalogs.in_step(Catalog(locale=language), [OPEN, CAT], language) for language in ("es", "ar")}
    empty = sheet.written(found)
    assert empty.count("en: ") == 2
    assert "en: %(n)s cat || %(n)s cats\nes:\nar:\n" in empty
    filled = empty.replace("es:\n", "es: gato || gatos\n").replace("en: Open\nes: gato || gatos", "en: Open\nes: Abrir")
    assert sheet.fill(found, filled) == (2, [])
    assert "es:" not in sheet.written(found)
    assert sheet.fill(found, "[aaaaaa]\nes: of a text that is gone") == (0, ["aaaaaa"])


def test_a_plural_with_too_few_forms_is_refused() -> None:
    found = {"ar": catalogs.in_step(Catalog(locale="ar"), [CAT], "ar")}
    code = catalogs.code(catalogs.messages(found["ar"])[0])
    with pytest.raises(sheet.SheetError, match="6 forms are needed, here are 2"):
        sheet.fill(found, f"[{code}]\nar: قطة || قطط")


def test_a_compiled_file_follows_its_catalog(tmp_path: Path, settings: Settings) -> None:
    settings.LOCALE_PATHS, settings.PSEUDO_LOCALE = [tmp_path], False
    catalog = catalogs.in_step(Catalog(locale="es"), [OPEN, CAT], "es")
    catalogs.messages(catalog)[0].string = "Abrir"
    assert catalogs.write(catalog, "es")
    assert not catalogs.write(catalog, "es"), "written twice, it is the same"
    assert catalogs.compile_stale() == ["es"]
    assert catalogs.compile_stale() == []
    compiled = catalogs.path("es", ".mo").read_bytes()
    assert b"Abrir" in compiled
    assert b"cats" not in compiled, "a plural without its forms would be shown as nothing"


# --- What is wrong --------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "translation", "what"),
    [
        ("Save %(name)s", "Guardar %(nombre)s", "lacks %(name)s"),
        ("Save %(name)s", "Guardar %(nombre)s", "has a place that the source lacks: %(nombre)s"),
        ("The clip lasts $min_clip", "El clip dura", "lacks $min_clip"),
        ("At <b>once</b>", "En <b>seguida", "has other tags"),
        ("It is done.", "Hecho", "does not end with “.”"),
        ("%(n)s%% more", "%(n)s más", "lacks %%"),
        ("Settings", "Settings", "reads as in English"),
        ("Settings", "", "is not translated"),
    ],
)
def test_a_fault_is_seen(source: str, translation: str, what: str) -> None:
    catalog = Catalog(locale="es")
    catalog.add(source, translation)
    assert f"es: {source!r}: {what}" in faults(catalog, "es")


def test_a_plural_may_leave_out_the_number_but_not_in_the_form_for_any() -> None:
    catalog = Catalog(locale="es")
    catalog.add(("%(n)s cat", "%(n)s cats"), ("Un gato", "%(n)s gatos"))
    assert faults(catalog, "es") == []
    catalog.add(("%(n)s dog", "%(n)s dogs"), ("Un perro", "Perros"))
    assert faults(catalog, "es") == ["es: '%(n)s dog': lacks %(n)s (form 1)"]


# --- The pseudo-locale ----------------------------------------------------------
def test_the_pseudo_locale_is_longer_and_keeps_what_must_arrive() -> None:
    made = strange("Save <b>%(name)s</b> for $4")
    assert "<b>%(name)s</b>" in made
    assert made.startswith("⟦Šåṽé ") and made.endswith("·⟧")
    assert len(made) > len("Save <b>%(name)s</b> for $4") + 5


def test_bare_words_on_a_page_are_found() -> None:
    page = """<html lang="en-xa"><head><title>⟦Ĥöɱé⟧ · Glasshouse</title></head><body>
      <p>⟦Ŕéåđ <a href="#">ţĥé ŕûļéš</a> ƒîŕšţ ···⟧</p><p>Bare words</p><p title="Bare title">12 · 3.5</p>
      <p><bdi>Mika Tan</bdi>, <span dir="auto">her own words</span>, <code>GET /</code></p>
      <p>Mika Tan ⟦šåîđ⟧</p><p>⟦çûţ öƒƒ…</p><p>After it</p><script>let it = "be";</script></body></html>"""
    assert unwrapped(page, ["Glasshouse", "Mika Tan", "Mika"]) == ["Bare words", "title=Bare title", "After it"]


def test_an_allowed_word_stands_for_itself_only() -> None:
    assert unwrapped("<p>January</p>", ["an", "Jan"]) == ["January"]


def test_the_pseudo_locale_counts_as_english_for_numbers() -> None:
    assert [reader_locale("en-xa"), reader_locale("pt-br"), reader_locale("ar")] == ["en", "pt_br", "ar"]
