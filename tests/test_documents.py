"""The documents' claims about files and commands are true."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import inspector

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    {*ROOT.glob("*.md"), *(p for room in ("docs", "packaging", "resources") for p in (ROOT / room).rglob("*.md"))}
)
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEST_COMMAND = (
    "sh packaging/system-libraries.sh; python3 -m venv .venv && "
    ".venv/bin/pip install -e '.[demo,test]' && .venv/bin/pytest"
)


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def links(path):
    for target in re.findall(r"\]\(<?([^)\s>]+)", without_code(path.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(path):
    headings = re.findall(r"^#+ +(.+?) *$", without_code(path.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def identify(path):
    return path.relative_to(ROOT).as_posix()


def opening():
    """The README down to its first heading of the second level."""
    return README.split("\n## ")[0]


def shell_commands(text):
    return re.findall(r"^```sh\n(.*?)\n```$", text, flags=re.DOTALL | re.MULTILINE)


def test_the_readme_opens_with_a_sentence_a_picture_and_two_commands():
    title, first_words, *_ = [part for part in opening().split("\n\n") if part.strip()]
    assert title.startswith("# Inspector")
    assert re.match(r"[A-Z][^`\[]+\.", first_words.split("\n```")[0])
    demo, test = shell_commands(opening())
    assert "inspector demo" in demo
    assert test == TEST_COMMAND
    assert not any("\n" in command for command in (demo, test))


def test_the_readme_shows_one_picture_that_exists():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", opening())
    assert len(pictures) == 1
    ((words, target),) = pictures
    assert words
    assert (ROOT / target).stat().st_size > 1000


def test_the_second_command_is_what_ci_runs():
    # .ci/run takes the second sh block of the whole file.
    assert shell_commands(README)[1] == TEST_COMMAND


def test_every_command_of_the_readme_exists():
    code = "\n".join(re.findall(r"```sh\n.*?```|`[^`\n]+`", README, flags=re.DOTALL))
    named = set(re.findall(r"(?<![\w.-])inspector ([a-z][a-z-]*)", code))
    assert "demo" in named
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    shown = subprocess.run(
        [sys.executable, "-m", "inspector", "--help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    ).stdout
    offered = set(re.findall(r"^\W*([a-z][a-z-]*)\s{2,}", shown, flags=re.MULTILINE))
    assert "train" in offered, shown
    assert not named - offered


@pytest.mark.parametrize("path", DOCUMENTS, ids=identify)
def test_every_relative_link_leads_somewhere(path):
    for target in links(path):
        name, _, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        assert goal.exists(), target
        if anchor:
            assert anchor in anchors(goal), target


def table_figures(text):
    rows = re.findall(r"^\|[^\n]*\|$(?!\n\|---)", without_code(text), flags=re.MULTILINE)  # headings state no figures
    return set(re.findall(r"\d[\d.,]*(?<=\d)", "\n".join(rows)))


def test_the_figures_of_the_benchmarks_page_come_from_the_detail_pages():
    docs = ROOT / "docs"
    details = [*(docs / "benchmarks").glob("*.md"), docs / "threshold.md"]
    found = set().union(*(table_figures(page.read_text(encoding="utf-8")) for page in details))
    shown = table_figures((docs / "benchmarks.md").read_text(encoding="utf-8"))
    assert shown
    assert not shown - found


def test_the_changelog_tells_of_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    (ours,) = [section for section in sections if section.startswith(f"[{inspector.__version__}]")]
    assert re.search(r"^- \S", ours, flags=re.MULTILINE)


def test_decisions_are_numbered_without_gaps():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=identify)
def test_every_decision_has_its_five_parts(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]} ")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == [
        "Status",
        "Context",
        "Options",
        "Decision",
        "Consequences",
    ]
    for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert part.strip()


def test_the_glossary_defines_every_verdict():
    from inspector.core.values import Verdict

    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert all(f"**{verdict}**" in glossary for verdict in Verdict)


def modules_named_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (rooms,) = re.findall(r"^    inspector/\n(?:    .*\n)+", text, flags=re.MULTILINE)
    folder = ""
    for line in rooms.splitlines():
        first, *others = line.split()
        folder = first if first.endswith("/") else folder
        # Names stand before the words that explain them; "python -m inspector" is no name.
        yield from (folder + word for word in (first, *others) if word.endswith(".py") and "inspector" not in word)


def test_the_architecture_names_every_module_and_no_other():
    present = {path.relative_to(ROOT).as_posix() for path in (ROOT / "inspector").rglob("*.py")}
    named = list(modules_named_in_the_architecture())
    assert len(named) == len(set(named))
    gone = sorted(set(named) - present)
    assert not gone
    unnamed = sorted(name for name in present - set(named) if not name.endswith("__init__.py"))
    assert not unnamed


def test_the_architecture_says_of_every_package_what_its_docstring_says():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^    (inspector/[\w/]+)/ +(.+)$", text, flags=re.MULTILINE))
    packages = {path.parent for path in (ROOT / "inspector").glob("*/**/__init__.py")}
    assert said == {
        path.relative_to(ROOT).as_posix(): ast.get_docstring(ast.parse((path / "__init__.py").read_text("utf-8")))
        .split("\n")[0]
        .removesuffix(".")
        for path in packages
    }
