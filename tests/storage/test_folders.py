from pathlib import Path

import pytest

from inspector.storage.folders import data_folder, log_folder, settings_file, weights_folder


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "stick"
    monkeypatch.setenv("INSPECTOR_HOME", str(home))
    assert weights_folder() == data_folder() / "weights"
    assert all(home in path.parents for path in (data_folder(), weights_folder(), settings_file(), log_folder()))
    assert not home.exists()


def test_without_the_variable_the_system_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_HOME", "")
    for path in (data_folder(), settings_file(), log_folder()):
        assert path.is_absolute()
        assert "Inspector" in path.parts
