"""``python -m recommend``: what to do next, and whether to stop."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from data.errors import InvalidInput
from data.exits import FINE, guarded
from data.opening import add_database, find_project, open_store
from recommend import done_cli, hooks_cli, report_cli, simulate_cli, stop_cli, study_cli, tasks_cli, versions_cli
from recommend.known import focus_named
from recommend.records import ANYTHING, Action
from recommend.sampling import PLATEAU
from recommend.service import Planned, plan_project
from recommend.strategies import STRATEGIES
from recommend.wording import for_json

_MORE = (
    "python -m recommend simulate --help tells how to replay a project's reviews under other strategies, stop --help how to get "
    "the stop answer alone and those given before, report --help how to get all of it as a file to hand over, hooks --help "
    "how to have other programs told of news, tasks --help how to take an action to another tool, study --help how to have "
    "the heavy analyses done that the pages show, and versions --help how to compare versions of the model and return to one."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the plan, or do what the first word says: ``simulate``, ``stop``, ``report``, ``hooks``, ``tasks``, ``study`` or
    ``versions``.

    Exit code 0; 1 when the stop answer is none of those expected; 2 with the error on standard error.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["simulate"]:
        return guarded(lambda: _simulate(words[1:]))
    if words[:1] == ["study"]:
        return guarded(lambda: _study(words[1:]))
    if words[:1] == ["versions"]:
        return guarded(lambda: _versions(words[1:]))
    if words[:1] == ["stop"]:
        return stop_cli.main(words[1:])
    if words[:1] == ["report"]:
        return report_cli.main(words[1:])
    if words[:1] == ["hooks"]:
        return hooks_cli.main(words[1:])
    if words[:1] == ["tasks"]:
        return tasks_cli.main(words[1:])
    arguments = _parser().parse_args(words)
    return guarded(lambda: _plan(arguments))


def _plan(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.db)
    project_id = find_project(store, arguments.project).id
    if arguments.done:
        print(done_cli.told(store, project_id, as_json=arguments.json))
        return FINE
    focus = focus_named(store, project_id, arguments.focus) if arguments.focus else ANYTHING
    sys.stderr.write("Rating and planning ...\n")
    planned = plan_project(store, project_id, sampling=_sampling(arguments), focus=focus, annotator=arguments.annotator)
    print(json.dumps(for_json(as_document(planned)), ensure_ascii=False, allow_nan=False) if arguments.json else as_text(planned))
    hooks_cli.tell(store, project_id)
    return FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recommend", description="What to label next, and whether to stop.", epilog=_MORE
    )
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--focus", metavar="NAME", help="the factor or label to improve; else anything")
    parser.add_argument("--done", action="store_true", help="what the actions done have promised and brought; plans nothing")
    parser.add_argument("--annotator", metavar="WHO", help="whose times to reckon with; else everybody's")
    _sampling_options(parser)
    return parser


def _sampling_options(parser: argparse.ArgumentParser) -> None:
    names = (PLATEAU, *STRATEGIES)
    parser.add_argument("--sampling", choices=names, help="how items are chosen this time; else as the project's settings say")
    for name, kind, meaning in (
        ("random", float, "share of a list that is left to chance, 0 to 1; default 0.2"),
        ("size", int, "items of a list; default 10"),
        ("growth", float, "items of a list as a share of the reviewed ones, where that is more, 0 to 1; default 0"),
    ):
        parser.add_argument(f"--{name}", type=kind, help=f"with --sampling: {meaning}")


def _sampling(arguments: argparse.Namespace) -> dict[str, object] | None:
    """The setting that the options ask for; None where they leave it to the project."""
    given = {name: value for name in ("random", "size", "growth") if (value := getattr(arguments, name)) is not None}
    if arguments.sampling is None and given:
        raise InvalidInput(f"--{next(iter(given))} belongs to a strategy, and none is named. Add --sampling NAME.")
    return None if arguments.sampling is None else {"strategy": arguments.sampling, **given}


def _simulate(words: Sequence[str]) -> int:
    print(simulate_cli.run(words))
    return FINE


def _study(words: Sequence[str]) -> int:
    print(study_cli.run(words))
    return FINE


def _versions(words: Sequence[str]) -> int:
    print(versions_cli.run(words))
    return FINE


def as_document(planned: Planned) -> dict[str, object]:
    """The plan as one JSON document."""
    actions = zip(planned.action_ids, planned.plan.actions, strict=True)
    return {
        "rating": asdict(planned.rated.result.rating.score),
        "revision": planned.plan.revision,
        "model_version": planned.plan.model_version,
        "in_charge": {"model": planned.served.model or None, "note": planned.served.charge},
        "stop": asdict(planned.plan.stop),
        "gates": [{**asdict(gate), "met": gate.met} for gate in planned.served.gates],
        "actions": [{"id": number, **_told(action)} for number, action in actions],
    }


def _told(action: Action) -> dict[str, object]:
    """An action without the workings of its promise."""
    return {key: value for key, value in asdict(action).items() if key != "promise"}


def as_text(planned: Planned) -> str:
    """The plan in words."""
    lines = [*stop_cli.stop_lines(planned.plan.stop), ""]
    lines += [f"{gate.title}: {gate.have:,} of {gate.need:,}. {gate.words}" for gate in planned.served.gates if not gate.met]
    lines += [planned.served.charge] if planned.served.charge else []
    for number, action in zip(planned.action_ids, planned.plan.actions, strict=True):
        lines += [f"[{number}] {action_line(action)}", f"    {action.reason}"]
    if planned.plan.resting:
        lines.append(planned.plan.resting)
    if not planned.plan.actions:
        rated = planned.rated.result.rating.score.value is not None
        lines.append(
            "Nothing is left to do." if rated else "Begin on the Label page of the app: Discover themes, or Shuffle ten."
        )
    return "\n".join(lines)


def action_line(action: Action) -> str:
    """One action in a line: kind, theme, how many items, how long, what it should bring."""
    gain = "gain unknown" if action.gain is None else f"{action.gain:+.2f} points"
    count = f"{len(action.items)} item{'' if len(action.items) == 1 else 's'}"
    return f"{action.title}: {action.theme} ({count}, about {action.seconds:.0f} s, {gain})"


if __name__ == "__main__":
    sys.exit(main())
