"""What a client can ask for about people: itself, its account and its devices, and others.

See requests.py for what a request is.
"""

from typing import Annotated, ClassVar

import msgspec

from chatd.protocol.requests import Id, Referred, Request


class Password(Request, frozen=True):
    """What is typed when a password is asked for."""

    secret: str


class Register(Referred, frozen=True, tag="register"):
    """Make the name that you have yours, whether you are here or not. A server may want an `invite`; where
    that is for a certain name, you get that one."""

    command: ClassVar[str | None] = "/register"
    syntax: ClassVar[str] = "/register PASSWORD [invite:CODE]"
    help: ClassVar[str] = "make your name yours: nobody else gets it, and your rooms and messages are kept"

    password: str  #: 8 to 256 bytes
    invite: str | None = None  #: its code
    device: str = ""  #: what your device is called, as in `hello`


class ChangePassword(Referred, frozen=True, tag="password"):
    """Another password for your account. Your other devices are disconnected, and have to give it."""

    command: ClassVar[str | None] = "/password"
    syntax: ClassVar[str] = "/password NEW"
    help: ClassVar[str] = "change your password; your other devices have to give it again"

    password: str  #: the new one


class Unregister(Referred, frozen=True, tag="unregister"):
    """Give up your account. You stay here as a guest."""

    command: ClassVar[str | None] = "/unregister"
    syntax: ClassVar[str] = "/unregister"
    help: ClassVar[str] = "give up your account; your name is free when you leave"


class Devices(Referred, frozen=True, tag="devices"):
    """Ask from which devices you come back without a password."""

    command: ClassVar[str | None] = "/devices"
    syntax: ClassVar[str] = "/devices"
    help: ClassVar[str] = "list the devices that come back as you without a password"


class Revoke(Referred, frozen=True, tag="revoke"):
    """A device needs the password from now on; its connection ends."""

    command: ClassVar[str | None] = "/revoke"
    syntax: ClassVar[str] = "/revoke N"
    help: ClassVar[str] = "have device N need the password from now on"

    number: Annotated[int, msgspec.Meta(ge=1, le=2**31)]  #: its number in the list of devices


class Rename(Referred, frozen=True, tag="nick"):
    """Take another name. Everyone is told; an account has the new one from then on."""

    command: ClassVar[str | None] = "/nick"
    syntax: ClassVar[str] = "/nick NAME"
    help: ClassVar[str] = "take another name"

    nick: str  #: the name that you want


class Away(Referred, frozen=True, tag="away"):
    """You are not at your keyboard, until you say something. Who writes to you is told, and why."""

    command: ClassVar[str | None] = "/away"
    syntax: ClassVar[str] = "/away [TEXT]"
    help: ClassVar[str] = "tell who writes to you that you are away, until you say something"

    text: str = ""  #: why, at most 200 characters


class Whois(Referred, frozen=True, tag="whois"):
    """Ask who somebody is."""

    command: ClassVar[str | None] = "/whois"
    syntax: ClassVar[str] = "/whois NAME"
    help: ClassVar[str] = "tell who NAME is"

    nick: str  #: whose name


class CatchUp(Referred, frozen=True, tag="catchup"):
    """Ask for what you have not read: direct messages and what names you first. It is read then."""

    command: ClassVar[str | None] = "/catchup"
    syntax: ClassVar[str] = "/catchup"
    help: ClassVar[str] = "show what you have not read: what is for you first"


class Read(Referred, frozen=True, kw_only=True, tag="read"):
    """You have read a `room`, or what you and somebody wrote to each other (`with`), up to an id. Your other
    devices are told."""

    room: str | None = None  #: this room, in which you have to be
    #: or what you and this person wrote to each other
    whom: str | None = msgspec.field(name="with", default=None)
    id: Id  #: up to this message
