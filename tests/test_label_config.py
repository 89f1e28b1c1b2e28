"""Labelling configs of Label Studio: what is written can be read, and so can what others write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidInput
from data.formats.label_config import ChoiceControl, label_config, read_config

NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1), min_size=1, unique=True)


@given(NAMES, st.booleans(), st.booleans())
def test_a_config_says_what_it_was_made_of(labels: list[str], single: bool, media: bool) -> None:
    shown = {"Image": "photo"} if media else {"Text": "body", "Image": "photo"}
    (control,) = read_config(label_config(labels, "topic", to_name="t", shown=shown, single=single))
    assert control == ChoiceControl("topic", "t", "photo" if media else "body", "choices", tuple(labels), single)


@pytest.mark.parametrize("single", [True, False])
def test_labels_of_a_taxonomy_stand_inside_each_other(single: bool) -> None:
    labels = ("Billing", "Billing > Refund", "Billing > Late", "Praise")
    (control,) = read_config(label_config(labels, "topic", kind="taxonomy", single=single))
    assert control == ChoiceControl("topic", "text", "text", "taxonomy", labels, single)


def test_nested_choices_aliases_and_other_controls_are_understood() -> None:
    config = """<View><!-- ours --><Header value="Topic"/><Text name="t" value="$message"/>
    <Choices name="mood" toName="t"><Choice value="Angry" alias="angry"/><View/></Choices>
    <Taxonomy name="topic" toName="t"><Choice value="Billing"><Choice value="Refund"/></Choice></Taxonomy>
    <Choices name="part" toName="t" perRegion="true"><Choice value="x"/></Choices><TextArea name="note" toName="t"/></View>"""
    assert read_config(config) == (
        ChoiceControl("mood", "t", "message", "choices", ("angry",), True),
        ChoiceControl("topic", "t", "message", "taxonomy", ("Billing", "Billing > Refund"), False),
    )


@pytest.mark.parametrize("wrong", ["<View>", "", '<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>'])
def test_what_is_no_config_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        read_config(wrong)
