"""Tasks become steps: numbered in their order, each after the gate and what it needs."""

from __future__ import annotations

import pytest

from reconciler.desired.impact import Impact
from reconciler.plan.actions import PullImage, StartContainer, Target
from reconciler.plan.plan import Step
from reconciler.plan.steps.task import Task, number_tasks

PULL = PullImage("nginx")
START = StartContainer(Target("web"))


def test_numbers_are_given_in_order() -> None:
    first = Task(PULL, (), "one")
    second = Task(START, (first,), "two", Impact.RUNTIME)
    assert number_tasks((), (first, second)) == (
        Step(1, PULL, (), "one"),
        Step(2, START, (1,), "two", Impact.RUNTIME),
    )


def test_needs_are_sorted_and_each_is_said_once() -> None:
    first, second = Task(PULL, (), ""), Task(PULL, (), "")
    steps = number_tasks((), (first, second, Task(START, (second, first, second), "")))
    assert steps[2].needs == (1, 2)


def test_everything_waits_for_the_gate() -> None:
    pulled = Task(PULL, (), "")
    checked = Task(PULL, (pulled,), "")
    steps = number_tasks((pulled, checked), (Task(START, (), ""), Task(START, (checked,), "")))
    assert [step.needs for step in steps] == [(), (1,), (1, 2), (1, 2)]


def test_a_rescue_waits_for_nothing_but_what_it_needs() -> None:
    pulled, watched = Task(PULL, (), ""), Task(START, (), "")
    rescue = Task(START, (), "", rescues=(watched,))
    again = Task(START, (rescue,), "", rescues=(watched,))
    steps = number_tasks((pulled,), (watched, rescue, again))
    assert [(step.needs, step.rescues) for step in steps[2:]] == [((), (2,)), ((3,), (2,))]


def test_two_that_do_the_same_are_two() -> None:
    one, other = Task(START, (), ""), Task(START, (), "")
    assert [step.id for step in number_tasks((), (one, other))] == [1, 2]


def test_a_need_that_is_no_part_of_the_plan_is_an_error() -> None:
    lost = Task(PULL, (), "")
    with pytest.raises(KeyError):
        number_tasks((), (Task(START, (lost,), ""),))
