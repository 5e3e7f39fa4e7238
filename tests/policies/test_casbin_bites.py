"""What bites in Casbin, and that our wrapper is not bitten: each first against the library itself (pycasbin 2.8.0),
so that a bite which heals is noticed, then against `policies.engine`.

Of those found on casbin 1.43.0 all still bite in 2.8.0, except that a matcher with `eval()` over no rules at all raises
and that an expression is parsed once for a whole question, no longer once a rule. New in 2.8.0: `FastEnforcer` keyed by
three fields cannot list its own rules (test_keys_of_three_fields_lose_rules).
"""

import ast
import logging
import time
from collections.abc import Iterator

import casbin
import pytest
from casbin.model import FastModel
from casbin.persist.adapters import FileAdapter
from casbin.util import key_match2_func, key_match_func, regex_match_func, time_match_func

from governance.ports.reasons import Code
from governance.ports.role_rules import Asked, Condition, Rule
from policies.engine import FUNCTIONS, MATCHER, SENTINEL, Engine, PolicyError, Question, holds, model_text, parsed
from policies.rules import ALWAYS
from tests.architecture.source import ROOT

PLAIN = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
"""


def plain(*rows: tuple[str, ...], text: str = PLAIN) -> casbin.Enforcer:
    """The library as its own documents show it."""
    model = casbin.Enforcer.new_model(text=text)
    for row in rows:
        section = "g" if row[0] == "g" else "p"
        model.add_policy(section, section, list(row[1:] if section == "g" else row))
    enforcer = casbin.Enforcer(model)
    enforcer.build_role_links()
    return enforcer


def rule(effect: str = "allow", *conditions: str, role: str = "clerk", number: str = "R-1") -> Rule:
    return Rule(number, role, "record", "view", conditions, effect, "a source")


def condition(name: str) -> Condition:
    return Condition(name, lambda _asked: None, Code.CONDITION_UNMET)


def question(*rules: Rule) -> Question:
    names = dict.fromkeys(name for one in rules for name in one.conditions)
    return Question(Engine(rules), ("clerk", "record", "view"), tuple(condition(name) for name in names), rules)


# 1 · C1: no rules, blank fields


def test_without_rules_blanks_are_allowed() -> None:
    assert plain().enforce("", "", "") is True


def test_our_engine_refuses_to_be_without_rules_or_sentinel() -> None:
    with pytest.raises(PolicyError, match="not all there"):
        Engine([])


@pytest.mark.parametrize(
    "triple", [("", "", ""), ("clerk", "", "view"), ("clerk", " ", "view"), ("", "record", "view")]
)
def test_our_engine_refuses_blank_fields(triple: tuple[str, str, str]) -> None:
    with pytest.raises(PolicyError, match="blank"):
        Engine([rule()]).ask(triple, "")
    with pytest.raises(PolicyError, match="blank"):
        Engine([rule(), Rule("R-2", *triple, (), "allow", "x")])


@pytest.mark.parametrize("nothing", [None, 1, b"clerk"])
def test_our_engine_refuses_what_is_no_text(nothing: object) -> None:
    with pytest.raises(PolicyError, match="blank"):
        Engine([rule()]).ask((nothing, "record", "view"), "")  # type: ignore[arg-type]


def test_what_no_rule_is_about_is_denied() -> None:
    engine = Engine([rule()])
    assert engine.ask(("clerk", "record", "view"), "") is True
    for triple in [("clerk", "record", "edit"), ("clerk", "other", "view"), ("nobody", "record", "view"), SENTINEL[:3]]:
        assert engine.ask(triple, "") is False


# 2: reloading in place is in test_race.py

# 3: each question parses the matcher anew


def test_asking_is_slow_and_we_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = question(rule("allow", "a"))
    calls: list[object] = []
    monkeypatch.setattr(asked._engine, "ask", lambda *args: calls.append(args) or True)
    first = asked.answer((True,))
    assert all(asked.answer((True,)) is first for _ in range(100))
    assert len(calls) == 1


def test_the_matcher_is_parsed_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    enforcer, parsed = plain(("a", "b", "c", "allow"), ("d", "b", "c", "allow")), []
    real = ast.parse
    monkeypatch.setattr(
        "casbin.util.expression.ast.parse", lambda text, *rest: parsed.append(text) or real(text, *rest)
    )
    for _ in range(3):
        enforcer.enforce("a", "b", "c")
    assert len(parsed) == 3


def test_our_engine_parses_its_matcher_when_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine([rule()])
    monkeypatch.setattr("casbin.util.expression.ast.parse", lambda _text: pytest.fail("parsed again"))
    assert engine.ask(("clerk", "record", "view"), "") is True


def test_a_parser_disturbed_by_other_threads_is_asked_again() -> None:
    tries = iter([SystemError(), SystemError(), None])

    def parse() -> str:
        error = next(tries)
        if error is not None:
            raise error
        return "parsed"

    assert parsed(parse) == "parsed"


# 4: reasons


def test_the_library_names_no_rule_for_a_denial() -> None:
    enforcer = plain(("a", "b", "c", "allow"))
    assert enforcer.enforce_ex("a", "b", "x") == (False, [])


def test_we_name_every_rule_that_matched() -> None:
    allow, deny, other = rule(number="R-1"), rule("deny", "a", number="R-2"), rule("allow", "a", number="R-3")
    answer = question(allow, deny, other).answer((True,))
    assert (answer.allowed, answer.allows, answer.denies) == (False, (allow, other), (deny,))
    answer = question(allow, deny, other).answer((False,))
    assert (answer.allowed, answer.allows, answer.denies) == (True, (allow,), ())


# 5: adapters, commas


def test_a_stored_comma_moves_the_fields(tmp_path: object) -> None:
    model = casbin.Enforcer.new_model(text=PLAIN)
    file = f"{tmp_path}/policy.csv"
    with open(file, "w", encoding="utf-8") as text:  # noqa: PTH123 - as the library writes it
        text.write("p, a, b,x, c, allow\n")
    model_adapter = FileAdapter(file)
    enforcer = casbin.Enforcer(model, model_adapter)
    with pytest.raises(RuntimeError, match="invalid policy size"):
        enforcer.enforce("a", "b,x", "c")


def test_our_rules_keep_their_fields() -> None:
    odd = Rule("R-1", "clerk", "a,b", "view, edit", (), "allow", "x")
    assert Engine([odd]).ask(("clerk", "a,b", "view, edit"), "") is True


def test_no_file_of_ours_names_an_adapter() -> None:
    text = (ROOT / "policies" / "engine.py").read_text("utf-8")
    for word in ("adapter", "load_policy", "save_policy", "enable_enforce", "eval(", "keyMatch", "timeMatch"):
        assert word not in text, word


# 6 · C2: mistyped effects, unknown functions


def test_a_mistyped_effect_is_ignored() -> None:
    enforcer = plain(("a", "b", "c", "allow"), ("a", "b", "c", "Deny"))
    assert enforcer.enforce("a", "b", "c") is True


@pytest.mark.parametrize("effect", ["Deny", "DENY", "deny ", "", "permit"])
def test_our_engine_refuses_a_mistyped_effect(effect: str) -> None:
    with pytest.raises(PolicyError):
        Engine([rule(), rule(effect, number="R-2")])


def test_an_unknown_function_raises_only_when_it_is_reached() -> None:
    enforcer = plain(("a", "b", "c", "allow"), text=PLAIN.replace("r.act == p.act", "r.act == p.act && nothing(r.sub)"))
    assert enforcer.enforce("x", "b", "c") is False
    with pytest.raises(Exception, match="nothing"):
        enforcer.enforce("a", "b", "c")


def test_an_error_within_is_ours_and_no_answer() -> None:
    with pytest.raises(PolicyError, match="the engine failed: KeyError"):
        Engine([rule("allow", "a")]).ask(("clerk", "record", "view"), "+other")


@pytest.mark.parametrize("state", [(), (True, True), (1,), ("yes",)])
def test_a_state_that_no_question_has_is_refused(state: tuple[bool | None, ...]) -> None:
    with pytest.raises(PolicyError, match="a state that no question has"):
        question(rule("allow", "a")).answer(state)


# 7 · C4, C5, C6, C9: eval, patterns, clocks, the off switch


def test_text_in_eval_opens_everything() -> None:
    text = PLAIN.replace("m = r.sub == p.sub &&", "m = eval(p.sub) &&")
    enforcer = plain(("True) or (True", "b", "c", "allow"), text=text)
    assert enforcer.enforce("anybody", "anything", "anyhow") is True


def test_eval_over_no_rules_raises_in_this_version() -> None:
    with pytest.raises(RuntimeError, match="when using eval"):
        plain(text=PLAIN.replace("r.sub == p.sub", "eval(p.sub)")).enforce("a", "b", "c")


def test_path_patterns_match_what_they_should_not() -> None:
    assert key_match2_func("v1X0", "v1.0")
    assert key_match2_func("/records/../admin", "/records/*")
    assert key_match2_func("/records/1\n", "/records/:id")
    assert key_match_func("/foo/x", "/foo/*/admin")


def test_a_pattern_can_be_slow() -> None:
    start = time.perf_counter()
    assert not regex_match_func("a" * 20 + "!", "(a+)+$")
    assert time.perf_counter() - start > 0.01


def test_times_are_the_machine_s_own() -> None:
    assert time_match_func("2000-01-01 00:00:00", "2999-01-01 00:00:00") is True


def test_switched_off_everything_is_allowed() -> None:
    enforcer = plain(("a", "b", "c", "allow"))
    enforcer.enable_enforce(False)
    assert enforcer.enforce("x", "y", "z") is True


def test_our_engine_notices_that_it_is_switched_off() -> None:
    engine = Engine([rule()])
    engine._enforcer.enable_enforce(False)
    with pytest.raises(PolicyError, match="switched off"):
        engine.ask(("clerk", "record", "edit"), "")


def test_our_matcher_knows_one_function() -> None:
    found = Engine([rule()])._enforcer.fm.get_functions()
    assert found.keys() == FUNCTIONS
    assert found["holds"] is holds


@pytest.mark.parametrize(
    "more", ["|| r.role == 'root'", "&& regexMatch(r.type, p.type)", "|| eval(p.rule)", "&& keyMatch(r.type, p.type)"]
)
def test_our_engine_takes_no_other_matcher(more: str) -> None:
    text = model_text().replace("p.eft)\n", f"p.eft) {more}\n", 1).rstrip() + "\n"
    text = text.replace("holds(r.held, p.condition, p.eft)", f"holds(r.held, p.condition, p.eft) {more}")
    with pytest.raises(PolicyError, match="matcher"):
        Engine([rule()], text)


# 8 · C7, C8: people and chains of roles


GROUPED = PLAIN.replace("[policy_effect]", "[role_definition]\ng = _, _\n[policy_effect]").replace(
    "r.sub == p.sub", "g(r.sub, p.sub)"
)


def test_a_person_named_like_a_role_inherits_it() -> None:
    enforcer = plain(("clerk", "b", "c", "allow"), ("g", "anna", "clerk"), text=GROUPED)
    assert enforcer.enforce("clerk", "b", "c") is True


def test_a_chain_of_ten_roles_is_silently_cut() -> None:
    links = [("g", f"r{number}", f"r{number + 1}") for number in range(11)]
    assert plain(("r9", "b", "c", "allow"), *links, text=GROUPED).enforce("r0", "b", "c") is True
    assert plain(("r11", "b", "c", "allow"), *links, text=GROUPED).enforce("r0", "b", "c") is False


def test_our_model_has_no_groups() -> None:
    with pytest.raises(PolicyError, match="more than it should"):
        Engine([rule()], model_text() + "\n[role_definition]\ng = _, _\n")


# 9 · C3: the effect, and what is logged


@pytest.mark.parametrize(
    "effect",
    [
        "!some(where (p.eft == deny))",
        "some(where (p.eft == allow))",
        "priority(p.eft) || deny",
    ],
)
def test_our_engine_takes_no_other_effect(effect: str) -> None:
    text = model_text().replace("some(where (p.eft == allow)) && !some(where (p.eft == deny))", effect)
    with pytest.raises(PolicyError, match="effect"):
        Engine([rule()], text)


def test_deny_unless_told_otherwise_allows_everything_without_rules() -> None:
    text = PLAIN.replace("some(where (p.eft == allow)) && !some(where (p.eft == deny))", "!some(where (p.eft == deny))")
    assert plain(text=text).enforce("x", "y", "z") is True


@pytest.fixture
def loud() -> Iterator[list[str]]:
    """Casbin's loggers as somebody might configure them, and what they say."""
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda entry: said.append(entry.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("casbin", "casbin.enforcer", "casbin.policy", "casbin.role")]
    before = [(logger, logger.disabled, logger.level) for logger in loggers]
    for logger in loggers:
        logger.disabled = False
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
    yield said
    for logger, disabled, level in before:
        logger.disabled, logger.level = disabled, level
        logger.removeHandler(handler)


def test_the_library_logs_what_it_is_asked(loud: list[str]) -> None:
    enforcer = plain(("a", "b", "c", "allow"))
    logging.getLogger("casbin.enforcer").disabled = False
    enforcer.enforce("amira.khan", "LCS-100234", "view")
    assert any("amira.khan" in line for line in loud)


def test_our_engine_logs_nothing(loud: list[str]) -> None:
    engine = Engine([rule()])
    logging.getLogger("casbin.enforcer").disabled = False
    engine.ask(("clerk", "record", "view"), "+planted")
    engine.ask(("clerk", "record", "edit"), "-planted")
    assert loud == []


# new in 2.8.0


def test_keys_of_three_fields_lose_rules() -> None:
    model = FastModel((0, 1, 2))
    model.load_model_from_text(model_text())
    model.add_policy("p", "p", ["clerk", "record", "view", ALWAYS, "allow", "R-1"])
    assert ["clerk", "record", "view", ALWAYS, "allow", "R-1"] not in list(model["p"]["p"].policy)


def test_our_engine_counts_its_rules() -> None:
    rules = [rule(number=f"R-{number}", role=f"role{number % 7}") for number in range(100)]
    engine = Engine(rules)
    assert len(list(engine._enforcer.model["p"]["p"].policy)) == 101
    engine._enforcer.model["p"]["p"].policy.remove(list(SENTINEL))
    with pytest.raises(PolicyError, match="not all there"):
        engine.verify()


# ours: where the library and our table disagree, nobody is let in


@pytest.mark.parametrize("verdict", [True, False])
def test_a_disagreement_is_an_error(monkeypatch: pytest.MonkeyPatch, verdict: bool) -> None:
    asked = question(rule("allow", "a"))
    monkeypatch.setattr(asked._engine._enforcer, "enforce", lambda *_fields: verdict)
    with pytest.raises(PolicyError, match="disagree"):
        asked.answer((not verdict,))


@pytest.mark.parametrize("verdict", [None, 1, "yes"])
def test_an_answer_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch, verdict: object) -> None:
    asked = question(rule("allow", "a"))
    monkeypatch.setattr(asked._engine._enforcer, "enforce", lambda *_fields: verdict)
    with pytest.raises(PolicyError, match="no answer"):
        asked.answer((True,))


def test_the_matcher_is_the_one_in_the_file() -> None:
    assert MATCHER.replace("r_", "r.").replace("p_", "p.") in model_text()
    assert Asked({}, {}, None, None).properties == {}
