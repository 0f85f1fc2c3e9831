"""Event patterns of EventBridge, as far as the templates use them: exact values, `prefix`, `exists`. Another one fails."""

MISSING = object()


def one(wanted, value):
    if not isinstance(wanted, dict):
        return value == wanted
    (kind, told), = wanted.items()
    if kind == "prefix":
        return isinstance(value, str) and value.startswith(told)
    if kind == "exists":
        return (value is not MISSING) == told
    raise AssertionError(f"the pattern {wanted} is not known here")


def matches(pattern, event):
    for name, wanted in pattern.items():
        value = event.get(name, MISSING) if isinstance(event, dict) else MISSING
        found = matches(wanted, value) if isinstance(wanted, dict) else any(one(choice, value) for choice in wanted)
        if not found:
            return False
    return True
