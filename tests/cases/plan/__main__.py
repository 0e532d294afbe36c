"""`python -m tests.cases.plan`: show cases by name, or write all expectations anew."""

from __future__ import annotations

import sys

from tests.cases.plan.case import all_cases, shown


def main(arguments: list[str]) -> None:
    chosen = [case for case in all_cases() if not arguments or case.path.stem in arguments]
    if arguments == ["--write"]:
        for case in all_cases():
            case.write()
        return
    for case in chosen:
        plan, steps = shown(case.content)
        sys.stdout.write(f"# {case.path.stem}: {case.content['about']}\n{plan}\n\n{steps}\n\n")


main(sys.argv[1:])
