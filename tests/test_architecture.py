"""The rules of docs/architecture.md, as far as a machine can check them."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "inspector"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Library: the places under inspector/ that may import it.
HOMES = {
    **dict.fromkeys(("torch", "torchvision", "timm"), ("engine/",)),
    **dict.fromkeys(("PySide6", "pyqtgraph", "qtawesome"), ("gui/", "app.py")),
    "cv2": ("storage/", "devices/", "core/"),
    "PIL": ("storage/",),
    **dict.fromkeys(("sqlalchemy", "alembic", "psycopg"), ("storage/history/",)),
    **dict.fromkeys(("pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"), ()),
}
MAY_CATCH_EVERYTHING = ("gui/threads/jobs.py", "app.py")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
FILE_LINES, MAIN_WINDOW_LINES, FUNCTION_LINES = 450, 300, 40
HELP_MODULES = 200
"""Python and typer make 150 of them; numpy alone would be 90 more."""

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(rb"(?<![\w.])/(?:work|tmp|root|home/\w+|Users/\w+)/")
REGISTRY_HOST = re.compile(
    rb"pypi\.org/simple|pythonhosted[.]org|\bhttps?://[\w.-]+[.](?:internal|local|lan|corp)\b|\bindex-url\s*=",
    re.IGNORECASE,
)


def place(path):
    return path.relative_to(PACKAGE).as_posix()


@cache
def trees():
    return [(path, ast.parse(path.read_text(encoding="utf-8"), str(path))) for path in SOURCES]


@cache
def imported_names(tree):
    return tuple(_imported_names(tree))


def _imported_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and not names_an_error_only(node):
            yield node.lineno, node.module


def names_an_error_only(node):
    # torch.load(weights_only=True) raises pickle's own error; catching it by name loads nothing.
    return node.module == "pickle" and [alias.name for alias in node.names] == ["UnpicklingError"]


def run_python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def libraries_loaded_by(code):
    report = f"{code}\nimport sys\nprint('loaded:', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    finished = run_python("-c", report)
    assert finished.returncode == 0, finished.stderr
    return set(finished.stdout.rsplit("loaded:", 1)[1].split())


RUN_HELP = """
import runpy, sys
sys.argv = ["inspector", "--help"]
try:
    runpy.run_module("inspector", run_name="__main__")
except SystemExit as stopped:
    assert not stopped.code, stopped.code
"""


@pytest.mark.parametrize("code", ["import inspector.cli", RUN_HELP], ids=["import", "help"])
def test_the_command_line_loads_neither_torch_nor_qt(code):
    loaded = libraries_loaded_by(code)
    assert "inspector" in loaded
    assert not loaded & {"torch", "torchvision", "timm", "PySide6", "shiboken6", "pyqtgraph"}
    assert not loaded & {"sqlalchemy", "alembic", "reportlab", "jinja2"}


def test_help_answers_at_once():
    # Seconds say how busy the computer is; what takes them is loading modules. benchmarks/speed/start_up.py measures
    # both.
    code = f"{RUN_HELP}\nprint('modules:', *(name for name in sys.modules if name not in sys.builtin_module_names))"
    finished = run_python("-c", code)
    assert finished.returncode == 0, finished.stderr
    words, _, modules = finished.stdout.rpartition("modules:")
    assert "train" in words
    loaded = modules.split()
    assert 50 < len(loaded) < HELP_MODULES
    assert not {"numpy", "pydantic", "rich", "cv2", "PIL"} & set(loaded)


def test_the_window_loads_no_torch_before_the_first_job():
    modules = [path for path in SOURCES if place(path).startswith("gui/") or place(path) == "app.py"]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in modules]
    assert "inspector.app" in names
    loaded = libraries_loaded_by("\n".join(f"import {name}" for name in names))
    assert "PySide6" in loaded
    assert not loaded & {"torch", "torchvision", "timm", "sqlalchemy", "alembic", "reportlab"}


def test_the_import_contracts_hold():
    if importlib.util.find_spec("importlinter") is None:
        pytest.skip("import-linter comes with the dev extra; .ci/run always runs it")
    finished = run_python("-c", "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "0 broken" in finished.stdout


@pytest.mark.parametrize("library", HOMES)
def test_each_library_stays_in_its_rooms(library):
    strays = [
        f"{place(path)}:{line}"
        for path, tree in trees()
        for line, name in imported_names(tree)
        if name.split(".")[0] == library and not place(path).startswith(HOMES[library])
    ]
    assert not strays


def test_engine_and_storage_do_not_know_each_other():
    for room, other in (
        ("engine/", "inspector.storage"),
        ("storage/", "inspector.engine"),
        ("devices/", "inspector.engine"),
    ):
        strays = [
            f"{place(path)}:{line}"
            for path, tree in trees()
            for line, name in imported_names(tree)
            if place(path).startswith(room) and name.startswith(other)
        ]
        assert not strays


def test_nothing_that_can_run_code_is_loaded_from_a_file():
    strays = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            unsafe = called == "torch.load" and keywords.get("weights_only") != "True"
            if unsafe or keywords.get("allow_pickle", "False") != "False" or called in {"eval", "exec"}:
                strays.append(f"{place(path)}:{node.lineno} {called}")
        strays += [
            f"{place(path)}:{node.lineno} from torch import load"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "torch" and "load" in {a.name for a in node.names}
        ]
    assert not strays


def catches_everything(handler):
    caught = ["BaseException"] if handler.type is None else re.findall(r"\w+", ast.unparse(handler.type))
    passes_it_on = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return bool({"Exception", "BaseException"} & set(caught)) and not passes_it_on


def test_bugs_are_not_swallowed():
    strays = [
        f"{place(path)}:{node.lineno}"
        for path, tree in trees()
        if place(path) not in MAY_CATCH_EVERYTHING
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    ]
    assert not strays


def test_files_are_short():
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert not {name: length for name, length in lengths.items() if length > FILE_LINES}
    assert lengths.get("gui/window/main_window.py", 0) <= MAIN_WINDOW_LINES


def lines_of_code(function):
    """The lines of a function without its docstring, whose length depends on the explanation."""
    first = function.body[0]
    is_docstring = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    explained = first.end_lineno - first.lineno + 1 if is_docstring else 0
    return function.end_lineno - function.lineno + 1 - explained


def test_functions_are_short():
    strays = [
        f"{place(path)}:{node.lineno} {node.name}: {lines_of_code(node)} lines"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of_code(node) > FUNCTION_LINES
    ]
    assert not strays


def test_modules_are_named_for_what_they_hold():
    names = {part for path in SOURCES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert not names & VAGUE_NAMES


def project_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / name for name in listed.stdout.decode("utf-8").split("\0") if name]
    else:  # unpacked from an archive: everything but hidden folders (a virtual environment, caches)
        paths = [path for path in ROOT.rglob("*") if not any(p.startswith(".") for p in path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY_HOST], ids=["machine path", "registry host"])
def test_no_file_names_the_machine_it_was_made_on(pattern):
    files = project_files()
    assert Path(__file__).resolve() in files or ROOT / "pyproject.toml" in files
    found = [
        (path.relative_to(ROOT).as_posix(), match.group())
        for path in files
        for match in pattern.finditer(path.read_bytes())
    ]
    assert not found


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "see /" + "work/data"),
        (MACHINE_PATH, "'/" + "tmp/x.png'"),
        (MACHINE_PATH, "file:///" + "root/x"),
        (MACHINE_PATH, "/" + "home/anna/goods"),
        (REGISTRY_HOST, "https://pypi" + ".org/simple/torch"),
        (REGISTRY_HOST, "http://wheels.example" + ".internal/x"),
    ],
)
def test_the_search_for_machine_names_finds_them(pattern, text):
    assert pattern.search(text.encode())


MOST_MODULES = 15


def test_no_package_holds_more_modules_than_one_can_read_at_a_glance():
    sizes = Counter(path.parent for path in SOURCES if path.name != "__init__.py")
    assert {place(folder): size for folder, size in sizes.items() if size > MOST_MODULES} == {}


@pytest.mark.parametrize("init", sorted(PACKAGE.rglob("__init__.py")), ids=place)
def test_every_package_states_its_purpose_in_one_sentence(init):
    purpose = (ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    assert re.fullmatch(r"[A-Z][^.!?\n]*\.", purpose)


def imports_at_run_time(node):
    """The import statements of a module, also those in functions, but not those for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from imports_at_run_time(child)


def imported_modules():
    """The modules of the package that each of its modules imports."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES}
    known = set(names.values())
    graph = {}
    for path, tree in trees():
        found = set()
        for statement in imports_at_run_time(tree):
            if isinstance(statement, ast.Import):
                found |= {alias.name for alias in statement.names}
            else:
                whole = {f"{statement.module}.{alias.name}" for alias in statement.names}
                found |= whole & known or {statement.module}
        graph[names[path]] = found & known - {names[path]}
    return graph


def test_no_module_imports_itself_by_way_of_others():
    graph = imported_modules()
    assert len(graph) > 300
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these modules import each other: {error.args[1]}")
