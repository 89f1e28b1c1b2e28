"""Label Studio's labelling configs: one to go with a project's tasks, and what another one's controls are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as Tree

from data.errors import InvalidInput
from data.store.labels import SEPARATOR

_TEXT = {"Text": "text"}
_ONE: dict[bool, dict[str, str]] = {True: {"maxUsages": "1"}, False: {}}
_KINDS: dict[str, Literal["choices", "taxonomy"]] = {"Choices": "choices", "Taxonomy": "taxonomy"}


@dataclass(frozen=True, slots=True)
class ChoiceControl:
    """A control that chooses labels: its name, the object it speaks of and the key of ``data`` that this shows.

    ``labels`` are its choices, levels joined: ``Parent > Child``. ``single`` says that one of them is chosen at most.
    """

    name: str
    to_name: str
    key: str
    kind: Literal["choices", "taxonomy"]
    labels: tuple[str, ...]
    single: bool


def label_config(
    labels: Sequence[str], question: str = "labels", *, to_name: str = "text", shown: Mapping[str, str] = _TEXT,
    kind: str = "choices", single: bool = False,
) -> str:  # fmt: skip
    """A labelling config for the tasks that Plateau writes: ``question`` chooses labels for the object ``to_name``.

    ``shown`` are the tags that show a key of ``data`` each; the first is that object. ``kind`` is choices or taxonomy.

    >>> print(label_config(["grain", "ship"]))
    <View>
      <Text name="text" value="$text" />
      <Choices name="labels" toName="text" choice="multiple" showInline="true">
        <Choice value="grain" />
        <Choice value="ship" />
      </Choices>
    </View>
    """
    view = Tree.Element("View")
    for place, (tag, key) in enumerate(shown.items()):
        Tree.SubElement(view, tag, name=to_name if place == 0 else f"{to_name}-{tag.lower()}", value=f"${key}")
    if kind == "taxonomy":
        _nested(Tree.SubElement(view, "Taxonomy", {"name": question, "toName": to_name, **_ONE[single]}), labels)
    else:
        choice = "single" if single else "multiple"
        choices = Tree.SubElement(view, "Choices", name=question, toName=to_name, choice=choice, showInline="true")
        for label in labels:
            Tree.SubElement(choices, "Choice", value=label)
    Tree.indent(view)
    return Tree.tostring(view, encoding="unicode")


def _nested(taxonomy: Tree.Element, labels: Sequence[str]) -> None:
    """Put a choice inside the one above it: ``Parent > Child``."""
    made: dict[tuple[str, ...], Tree.Element] = {(): taxonomy}
    for label in labels:
        levels = tuple(level.strip() for level in label.split(SEPARATOR))
        for depth in range(1, len(levels) + 1):
            if (path := levels[:depth]) not in made:
                made[path] = Tree.SubElement(made[path[:-1]], "Choice", value=path[-1])


def read_config(xml: str) -> tuple[ChoiceControl, ...]:
    """The controls of a labelling config whose choices are labels of the whole item; raises InvalidInput.

    >>> read_config(label_config(["grain"], "topic", single=True))
    (ChoiceControl(name='topic', to_name='text', key='text', kind='choices', labels=('grain',), single=True),)
    """
    if "<!" in xml.replace("<!--", ""):
        raise InvalidInput("A labelling config holds no document type or CDATA. Remove what begins with <!, and try again.")
    try:
        root = Tree.fromstring(xml)
    except Tree.ParseError as error:
        raise InvalidInput(f"The labelling config is no XML ({error}). Copy it again from the project's settings.") from error
    keys = {tag.get("name", ""): tag.get("value", "").removeprefix("$") for tag in root.iter() if tag.get("value")}
    return tuple(_control(tag, keys) for tag in root.iter() if tag.tag in _KINDS and tag.get("perRegion") != "true")


def _control(tag: Tree.Element, keys: dict[str, str]) -> ChoiceControl:
    kind, shown = _KINDS[tag.tag], tag.get("toName", "")
    single = tag.get("choice", "single") != "multiple" if kind == "choices" else tag.get("maxUsages") == "1"
    return ChoiceControl(tag.get("name", ""), shown, keys.get(shown, ""), kind, tuple(_labels(tag, ())), single)


def _labels(tag: Tree.Element, above: tuple[str, ...]) -> Iterator[str]:
    for child in tag:
        if child.tag != "Choice":
            continue
        levels = (*above, child.get("alias") or child.get("value") or "")
        yield f" {SEPARATOR} ".join(levels)
        yield from _labels(child, levels)
