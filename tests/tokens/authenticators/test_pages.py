"""The pages: second step, adding in four screens, my authenticators; as a browser sees them."""

from governance.people.signin.views import COOKIE
from tests.tokens.authenticators.desks import MINE, SECOND, desk, number_of, secret_of
from tokens.authenticators import totp

__all__ = ["desk"]


# --- adding


def test_an_app_is_added_in_four_screens(desk):
    browser, reference = desk.person()
    assert browser.get(SECOND).location.endswith(f"{MINE}/add")
    choose = browser.get(f"{MINE}/add")
    picture = choose.send(kind="totp").follow()
    assert picture.tree.one("svg")["role"] == "img"
    seed = totp.read_seed(picture.tree.one("p", id="key").text)
    assert len(seed) == 20
    done = picture.send(code=desk.code(seed), label="Work phone").follow()
    assert done.link("Go on without recovery codes and a second one") == "/account"
    codes = done.send()
    assert browser.get(f"{MINE}/added").link("Go on without a second one") == "/account"
    assert [page.heading for page in (choose, picture, done, codes)] == [
        "Add a way to prove who you are", "Set up your authenticator app", "It is set up", "Your recovery codes",
    ]  # fmt: skip
    assert len(codes.tree.all("code")) == 10
    mine = browser.get(MINE)
    assert {"Work phone", "Recovery codes"} <= {one.text for one in mine.tree.all("h2")}
    assert desk.mail(reference, "authenticator-added") == {"kind": "Authenticator app"}


def test_a_page_of_recovery_codes_that_is_sent_once_more_makes_no_others(desk):
    browser, _ = desk.person()
    picture = browser.get(f"{MINE}/add").send(kind="totp").follow()
    picture.send(code=desk.code(totp.read_seed(picture.tree.one("p", id="key").text)), label="Phone")
    asked = browser.get(f"{MINE}/add/recovery")
    first = {one.text for one in asked.send().tree.all("code")}
    again = asked.send()
    assert (len(first), again.status, again.tree.all("code")) == (10, 403, [])
    assert "shown only once" in again.words
    anew = browser.get(f"{MINE}/add/recovery").send()
    assert len(first | {one.text for one in anew.tree.all("code")}) == 20


def test_the_picture_says_what_the_typed_key_says(desk):
    """The picture is drawn of the very address that holds the key, without any style of its own."""
    from tokens.authenticators.drawing import draw_qr

    browser, reference = desk.person()
    page = browser.get(f"{MINE}/add").send(kind="totp").follow()
    seed = totp.read_seed(page.tree.one("p", id="key").text)
    drawn = draw_qr(totp.enrolment_uri(seed, reference, "Postern"), "QR code for your authenticator app")
    assert drawn in page.text
    assert "style" not in drawn


def test_wrong_first_codes_are_told_plainly(desk):
    browser, _ = desk.person()
    page = browser.get(f"{MINE}/add").send(kind="totp").follow()
    seed = totp.read_seed(page.tree.one("p", id="key").text)
    short = page.send(code="12345")
    assert (short.status, short.errors["#code"]) == (422, "Type the 6 digits that are shown, without anything else.")
    slow = page.send(code=desk.code(seed, -6))
    assert slow.errors["#code"].startswith("Your phone’s clock is about 3 minutes slow.")
    assert slow.send(code=desk.code(seed, -7), after=desk.code(seed, -6)).status == 303


def test_the_key_is_shown_to_nobody_afterwards(desk):
    browser, _ = desk.person()
    page = browser.get(f"{MINE}/add").send(kind="totp").follow()
    path = page.form()["action"]
    key = page.tree.one("p", id="key").text
    seed = totp.read_seed(key)
    page.send(code=desk.code(seed))
    assert browser.get(path).status == 404
    assert key not in browser.get(MINE).text


def test_the_next_app_has_a_name_of_its_own(desk):
    browser, _, _ = desk.enrolled()
    for name in ("My phone 2", "My phone 3"):
        page = browser.get(f"{MINE}/add").send(kind="totp").follow()
        assert page.tree.one("input", id="label")["value"] == name
        page.send(code=desk.code(totp.read_seed(page.tree.one("p", id="key").text)))
    assert {one.text for one in browser.get(MINE).tree.all("h2")} >= {"My phone", "My phone 2", "My phone 3"}


def test_a_hardware_token_is_added(desk):
    browser, reference, _ = desk.enrolled()
    page = browser.get(f"{MINE}/add").send(kind="hotp").follow()
    wrong = page.send(serial="", secret="abc", label="Blue")
    assert set(wrong.errors) == {"#serial"}
    seed = bytes(range(20))
    bad = wrong.send(serial=f"P-{reference}", secret="abc", label="Blue")
    assert set(bad.errors) == {"#secret"}
    assert "abc" not in bad.text
    trial = bad.send(serial=f"P-{reference}", secret=seed.hex(), label="Blue").follow()
    done = trial.send(code=totp.code_of(seed, 0)).follow()
    assert done.heading == "It is set up"
    assert "If you lose what you have set up, a recovery code lets you in." in done.words
    assert (done.link("Go on without recovery codes"), "Add a second one" in done.words) == ("/account", False)
    done.send()
    assert browser.get(f"{MINE}/added").link("Go on to your account") == "/account"


# --- the second step


def test_a_code_signs_in_and_the_session_has_another_secret(desk):
    browser, reference, seed = desk.enrolled()
    browser.sign_in(reference, "")
    before = secret_of(browser)
    page = browser.get(f"{SECOND}?next={MINE}")
    field = page.tree.one("input", id="code")
    assert (field["inputmode"], field["autocomplete"]) == ("numeric", "one-time-code")
    answer = page.send(code=desk.code(seed))
    assert answer.location == MINE
    assert secret_of(browser) != before
    assert browser.get(MINE).status == 200
    browser.client.set_cookie(COOKIE, before, domain=browser._host, secure=True)
    assert browser.get(MINE).status == 303


def test_wrong_and_used_codes_are_told_and_another_way_is_offered(desk):
    browser, reference, seed = desk.enrolled()
    browser.get(f"{MINE}/added").send()
    browser.sign_in(reference, "")
    page = browser.get(SECOND)
    assert "Recovery codes" in [one.text for one in page.tree.one("main").all("a")]
    code = desk.code(seed)
    assert page.send(code=code).status == 303
    browser.sign_in(reference, "")
    used = browser.get(SECOND).send(code=code)
    assert used.errors["#code"] == "That code was used already. Wait for the next one and type that."
    assert used.tree.one("input", id="code")["value"] == ""
    waiting = used.send(code=desk.code(seed, 1))
    assert waiting.errors["#code"] == "Wait 1 second and try again."
    assert (
        browser.get(browser.get(SECOND).link("Recovery codes")).tree.one("label", **{"for": "code"}).text
        == "Recovery code"
    )


def test_two_codes_help_a_phone_with_a_slow_clock(desk):
    browser, reference, seed = desk.enrolled()
    desk.later(hours=1)
    browser.sign_in(reference, "")
    slow = browser.get(SECOND).send(code=desk.code(seed, -6))
    page = browser.get(slow.link("Type two codes in a row instead"))
    desk.later(seconds=2)
    assert page.send(first=desk.code(seed, -5), second=desk.code(seed, -4)).status == 303


def test_ten_wrong_codes_end_the_half_session(desk):
    browser, reference, _ = desk.enrolled()
    browser.sign_in(reference, "")
    page = browser.get(SECOND)
    for _ in range(10):
        page = page.send(code="000000")
        desk.later(seconds=31)
    assert page.errors["#code"].startswith("There were too many wrong codes. Wait 15 minutes")
    assert browser.get(SECOND).location.startswith("/sign-in")
    assert desk.mail(reference, "authenticator-locked") == {"time": "15 minutes"}


def test_half_signed_in_reaches_nothing_else(desk):
    browser, reference, _ = desk.enrolled()
    browser.sign_in(reference, "")
    number = 1
    for path in (
        MINE,
        f"{MINE}/added",
        f"{MINE}/add/recovery",
        f"{MINE}/{number}/lost",
        f"/people/{reference}/authenticators",
    ):
        page = browser.get(path)
        assert (page.status, page.location.split("?")[0]) == (303, SECOND), path
    refused = browser.get(f"{MINE}/add")
    assert (refused.status, refused.codes) == (403, ["needs_replacement"])


# --- my authenticators


def test_what_needs_a_fresh_factor_leads_to_the_second_step_and_back(desk):
    browser, _, seed = desk.enrolled()
    path = f"{MINE}/{number_of(browser.get(MINE))}/rename"
    desk.later(minutes=10)
    away = browser.get(path)
    assert away.location == f"{SECOND}?next={path}"
    again = browser.get(away.location)
    assert again.heading == "Prove again who you are"
    back = again.send(code=desk.code(seed))
    assert back.location == path
    saved = back.follow().send(label="Old phone").follow()
    assert saved.told == ["The name is changed."]
    assert "Old phone" in saved.words


def test_a_lost_one_signs_its_own_session_out(desk):
    browser, reference, seed = desk.enrolled()
    page = browser.get(f"{MINE}/{number_of(browser.get(MINE))}/lost")
    gone = page.send()
    assert gone.location.endswith("/sign-in")
    browser.sign_in(reference, "")
    left = browser.get(SECOND)
    assert "You have nothing left" in left.words
    assert desk.mail(reference, "authenticator-lost")
    assert seed


def test_the_last_one_is_not_removed(desk):
    browser, _, _ = desk.enrolled()
    page = browser.get(f"{MINE}/{number_of(browser.get(MINE))}/remove").send()
    assert (page.status, page.codes) == (403, ["last_one"])


def test_nobody_reaches_somebody_elses_by_number(desk):
    browser, _, _ = desk.enrolled()
    other, _, _ = desk.enrolled()
    number = number_of(browser.get(MINE))
    for act in ("lost", "rename", "remove"):
        assert other.get(f"{MINE}/{number}/{act}").status == 404
        assert other.post(f"{MINE}/{number}/{act}", {"label": "x"} if act == "rename" else {}).status == 404
