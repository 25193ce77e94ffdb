"""The doctor: looks at everything an agent stands on, and says what to do about what is wrong.

Each thing has facts, gathered from the machine, and a judgement, a function from facts to findings:
so every fault can be judged without having it. Nothing is changed, and nothing written. ``devices``
is what ``tapledger devices list`` takes from it as well.
"""

from agent.doctor.finding import Finding, Status

__all__ = ["Finding", "Status"]
