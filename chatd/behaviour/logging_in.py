"""How the owner of an account comes by its name: with a password, or with the token of a device. (Guests see
joining.py.)"""

from collections.abc import Callable

from msgspec.structs import replace

from chatd.behaviour.asking import ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.holders import owner_here, person_of
from chatd.behaviour.joining import announce_earlier, join_as_guest, proves, take_name
from chatd.behaviour.moderation.entering import check_not_banned
from chatd.behaviour.presence import end
from chatd.behaviour.resuming import resume
from chatd.protocol.errors import ChatError, Code, Refused
from chatd.protocol.events import TAKEN_OVER, Error, Greeting
from chatd.protocol.names import check_name
from chatd.protocol.people_events import PasswordWanted
from chatd.protocol.people_requests import Password
from chatd.protocol.requests import Hello
from chatd.protocol.version import SERVER
from chatd.state.accounts import Account
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session, SessionState
from chatd.state.stored_accounts import AccountChange, StoredDevice

_WRONG = "the name or the password is wrong; please try again"


def join(state: ServerState, session: Session, hello: Hello) -> None:
    """Give `session` the name that it asks for, now or when the password was checked; raises ChatError for
    one that it cannot have. A device comes as who owns it, whatever name it asks for."""
    nick = check_name(hello.nick)
    if hello.password is not None:
        _log_in(state, session, nick, hello)
        return
    token = "" if hello.token is None else state.hash_token(hello.token)
    account = state.accounts.with_token(token)
    if account is not None and _use_device(state, account, token):
        session.token = hello.token or ""
        _come(state, session, account, hello.seen)
    elif (account := state.accounts.named(nick)) is None:
        join_as_guest(state, session, nick, hello)
    elif session.dialect.typed:
        session.password_of = account.name
        tell(state, session, PasswordWanted(account.name))
    else:
        raise ChatError(
            Code.PASSWORD_NEEDED, f"{account.name} is registered; please give its password, or another name"
        )


def take_password(state: ServerState, session: Session, request: Password) -> None:
    """What somebody typed who was asked for it."""
    _log_in(state, session, session.password_of, Hello(session.password_of, password=request.secret))


def ask_again(state: ServerState, session: Session) -> None:
    """Who types is asked once more after a password that was refused: else it would type it where a name is
    asked for, and everyone would read it."""
    if session.password_of and session.state is SessionState.NAMELESS:
        tell(state, session, PasswordWanted(session.password_of))


def skip_password(state: ServerState, session: Session) -> None:
    """An empty line in place of a password: another name is asked for."""
    if session.password_of:
        session.password_of = ""
        tell(state, session, Greeting(server=SERVER))


def may_give_password(state: ServerState, session: Session) -> bool:
    """Whether nobody else can read it."""
    return session.private or state.plaintext_passwords


def check_private(state: ServerState, session: Session) -> None:
    """Raises ChatError where others may read what the session sends."""
    if not may_give_password(state, session):
        raise ChatError(
            Code.NOT_PRIVATE,
            "passwords are not taken over a connection that others may read; please connect on the "
            "server's own machine, or encrypted",
        )


def _log_in(state: ServerState, session: Session, nick: str, hello: Hello) -> None:
    """A name that nobody owns takes as long, and the same words, as a wrong password."""
    check_private(state, session)
    account, address, now = state.accounts.named(nick), session.address, state.now()
    number = None if account is None else account.person
    verifier = None if account is None else account.verifier

    def answer(right: bool) -> None:
        if right:
            state.logins.give_back(address, number, now)
        else:
            state.admission.failed(address, state.limits.login_cost, state.now())
        if session.state is not SessionState.NAMELESS:
            return
        try:
            if not (right and account is not None and _is_still_so(state, account, verifier)):
                raise ChatError(Code.WRONG_PASSWORD, _WRONG)
            if account.person in state.accounts.changing:  # the password may just become another
                raise ChatError(Code.BUSY, "the account is just being changed; please try again")
            person = owner_here(state, account) or person_of(account)
            check_not_banned(state, session, person)
            if not session.dialect.typed:
                _check_sessions(state, person, "")
                session.token = _new_device(state, account, hello.device)
            _come(state, session, account, hello.seen)
        except ChatError as error:
            refused = isinstance(error, Refused)
            if not (refused and session.dialect.typed):  # it would read the same sentence twice
                tell(state, session, Error(code=error.code, text=error.text))
            if refused:
                session.password_of = ""
                end(state, session, error.text)
            ask_again(state, session)

    def verify(answered: Callable[[bool], None]) -> bool:
        return state.passwords.verify(verifier, hello.password or "", answered)

    state.logins.take(address, number, now)
    if not ask(state, session, verify, answer):
        state.logins.give_back(address, number, now)
        raise ChatError(Code.BUSY, "too many give their password now; please try again later")


def _is_still_so(state: ServerState, account: Account, verifier: str | None) -> bool:
    """Whether the password that was checked meanwhile is its own still, and it was not given up."""
    return state.accounts.of_person(account.person) is account and account.verifier == verifier


def oldest_use(state: ServerState) -> float:
    """A device that was used last before this time is none any more."""
    return state.today() - state.limits.device_time * 1000


def _use_device(state: ServerState, account: Account, token: str) -> bool:
    """It comes back, unless it was not used for too long."""
    device = account.devices[token]
    if device.used < oldest_use(state):
        _forget_device(state, account, token)
        return False
    used = max(device.used, state.today())  # the time of day may be wrong for a while, and far too early
    state.accounts.add_device(account, replace(device, used=used))
    state.log.people.keep_device(account.devices[token])
    return True


def _forget_device(state: ServerState, account: Account, token: str) -> None:
    """It is not known any more. (Where the log cannot take that now, it will be found again later.)"""
    state.accounts.remove_device(account, token)
    state.log.people.change(AccountChange(revoked=(token,)), lambda outcome: None)


def _new_device(state: ServerState, account: Account, label: str) -> str:
    """One more, by its token; that which was not used for longest makes room, where there are too many. (One
    that could not be stored has to give the password again after a restart.)"""
    if len(account.devices) >= state.limits.devices:
        oldest = min(account.devices.values(), key=lambda device: device.used)
        _forget_device(state, account, oldest.token)
    token, today = state.new_token(), state.today()
    hash = state.hash_token(token)
    device = StoredDevice(hash, account.person, account.free_number(), label, today, today)
    state.accounts.add_device(account, device)
    state.log.people.change(AccountChange(devices=(device,)), lambda outcome: None)
    return token


def _check_sessions(state: ServerState, person: Person, token: str) -> None:
    """One more of many: the oldest one of the same device makes room, which may be dead without having been
    found out. (While there are few, it may be another program on that device.) Raises ChatError where there
    is none."""
    most = state.limits.sessions
    if len(person.sessions) < most:
        return
    for old in person.sessions:
        if token and proves(token, old):
            end(state, old, TAKEN_OVER)
            return
    raise ChatError(Code.TOO_MANY, f"{person.nick} is here {most} times; please end one of the others")


def _come(state: ServerState, session: Session, account: Account, seen: int | None) -> None:
    """One more session of who owns the account."""
    person = owner_here(state, account)
    check_not_banned(state, session, person or person_of(account))
    if person is None:
        announce_earlier(state, account.name)
        person = person_of(account)
        person.came = state.today()
    _check_sessions(state, person, session.token)
    known = [one for one in person.sessions if one.returning is None or one.returning.away is None]
    away = None if known else max(0, state.today() - account.left) // 1000
    session.room = account.room
    if not person.sessions:  # it left while it took another name
        person.nick = account.name
    take_name(state, session, person)
    resume(state, session, account.rooms, seen, away)
