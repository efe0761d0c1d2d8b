"""How much is kept, as it is written."""

import pytest

from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule, parse_keep_rule


@pytest.mark.parametrize(
    ("text", "rule", "written"),
    [
        ("90d", KeepRule(90 * DAY), "90d"),
        ("36h", KeepRule(DAY * 3 // 2), "36h"),
        ("48h", KeepRule(2 * DAY), "2d"),
        ("2w", KeepRule(14 * DAY), "2w"),
        ("1y", KeepRule(365 * DAY), "1y"),
        ("100000", KeepRule(count=100_000), "100000"),
        ("90d,100000", KeepRule(90 * DAY, 100_000), "90d,100000"),
        (" 5 , 1h ", KeepRule(DAY // 24, 5), "1h,5"),
        ("1000y", KeepRule(365_000 * DAY), "1000y"),
    ],
)
def test_a_rule(text: str, rule: KeepRule, written: str) -> None:
    assert parse_keep_rule(text) == rule
    assert str(rule) == written
    assert parse_keep_rule(written) == rule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0d", "0d keeps nothing; please write an age"),
        ("0", "0 keeps nothing; "),
        ("-1", "'-1' does not say how much is kept; please write an age like 90d (h, d, w, y), a number of"),
        ("1e9y", "'1e9y' does not say how much is kept; "),
        ("x", "'x' does not say how much is kept; "),
        ("", "'' does not say how much is kept; "),
        ("90d,", "'90d,' does not say how much is kept; "),
        ("1.5d", "'1.5d' does not say how much is kept; "),
        ("90m", "'90m' does not say how much is kept; "),
        ("٣d", "'٣d' does not say how much is kept; "),
        ("90D", "'90D' does not say how much is kept; "),
        ("1d,2w", "'1d,2w' says twice how much is kept; "),
        ("5,6", "'5,6' says twice how much is kept; "),
        ("1001y", "1001y is too much; leave it out to keep everything"),
        ("9999999999999", "9999999999999 is too much; "),
        ("99999999999999", "'99999999999999' does not say how much is kept; "),
    ],
)
def test_what_is_no_rule_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_keep_rule(text)
    assert str(error.value).startswith(sentence)


def test_everything() -> None:
    assert not EVERYTHING and str(EVERYTHING) == ""
    assert KeepRule(count=1) and KeepRule(age=1)
