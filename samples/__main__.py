"""``python -m samples``: write the sample as files, or create it as a project in a database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from data.errors import PlateauError
from data.store import Store
from samples.generate import SEED, SIZE
from samples.project import create_sample, write_messages, write_truth
from samples.vectors import write_vectors


def arguments() -> argparse.ArgumentParser:
    """What the command understands."""
    parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the messages and their reviews, ready for import (JSONL)")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write the true labels of all messages (JSONL)")
    parser.add_argument("--size", type=int, default=SIZE, help="how many messages the files hold (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed writes other messages (%(default)s)")
    parser.add_argument("--db", type=Path, metavar="FILE", help="create the sample project in this database")
    parser.add_argument("--encode", action="store_true", help="compute the shipped vectors anew with the packaged MiniLM")
    return parser


def encode() -> None:
    """Compute the shipped vectors."""
    from rating.encoders import SentenceEncoder

    encoder = SentenceEncoder()
    write_vectors(encoder.name, encoder.encode)


def main() -> int:
    """Do what the command line asks."""
    parser = arguments()
    chosen = parser.parse_args()
    if not (chosen.out or chosen.truth or chosen.db or chosen.encode):
        parser.error("nothing to do: give --out, --truth or --db")
    if chosen.size < SIZE // 4:
        parser.error(f"--size is at least {SIZE // 4}, so that every label occurs; {chosen.size} was given")
    try:
        if chosen.encode:
            encode()
        if chosen.out:
            write_messages(chosen.out, chosen.size, chosen.seed)
        if chosen.truth:
            write_truth(chosen.truth, chosen.size, chosen.seed)
        if chosen.db:
            project = create_sample(Store(chosen.db))
            print(f"{project.name}: created in {chosen.db}")
    except (PlateauError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
