"""What each action does, in the words of a progress line."""

from __future__ import annotations

from reconciler.haproxy.control.commands import ServerSetting
from reconciler.haproxy.model.files import ProxyFile
from reconciler.plan.actions import (
    Action,
    AwaitDrained,
    AwaitExit,
    AwaitIdle,
    AwaitProxy,
    AwaitReady,
    AwaitServers,
    AwaitSteady,
    CheckConfig,
    ConnectNetwork,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    DisconnectNetwork,
    GuardServers,
    HandOver,
    PullImage,
    ReloadProxy,
    RemoveContainer,
    RemoveFiles,
    RemoveNetwork,
    RemoveVolume,
    RenameContainer,
    RenewFiles,
    ReplaceProxy,
    SetServers,
    StartContainer,
    StopContainer,
    UnpauseContainer,
    UpdateContainer,
    WriteConfig,
    WriteFiles,
    WriteServers,
)


def label_of(action: Action) -> str:
    """What an action does, for a progress line."""
    match action:
        case PullImage(image, platform):
            return f"pull {image} for {platform}" if platform else f"pull {image}"
        case CheckConfig():
            return "check the configuration with HAProxy"
        case CreateNetwork(spec):
            return f"create network {spec.name}"
        case RemoveNetwork(name):
            return f"remove network {name}"
        case CreateVolume(spec):
            return f"create volume {spec.name}"
        case RemoveVolume(name):
            return f"remove volume {name}"
        case CreateContainer(_, name):
            return f"create {name}"
        case WriteFiles(target, files):
            return f"write {_count(len(files), 'file')} into {target.name}"
        case StartContainer(target):
            return f"start {target.name}"
        case UnpauseContainer(target):
            return f"unpause {target.name}"
        case RenameContainer(target, name):
            return f"rename {target.name} back to {name}"
        case UpdateContainer(target):
            return f"update {target.name} in place"
        case ConnectNetwork(target, attachment):
            return f"connect {target.name} to {attachment.network}"
        case DisconnectNetwork(target, network):
            return f"disconnect {target.name} from {network}"
        case AwaitSteady((target,)):
            return f"see {target.name} stay ready for {action.longest_s:g} s"
        case AwaitSteady(targets):
            return f"see {_count(len(targets), 'container')} stay ready for {action.longest_s:g} s"
        case AwaitReady(target):
            return f"wait until {target.name} is ready"
        case AwaitExit(target, timeout_s):
            return f"let {target.name} finish, up to {timeout_s:g} s"
        case StopContainer(target):
            return f"stop {target.name}"
        case RemoveContainer(target):
            return f"remove {target.name}"
        case WriteConfig(target):
            return f"write haproxy.cfg into {target.name}"
        case ReloadProxy():
            return "reload HAProxy and confirm"
        case RenewFiles(_, files):
            return f"let HAProxy use {_renewed(files)}"
        case RemoveFiles(target, files):
            return f"remove {_count(len(files), 'file')} from {target.name}"
        case AwaitProxy():
            return "confirm that HAProxy runs the configuration"
        case ReplaceProxy(_, new):
            return f"replace HAProxy by {new.name}"
        case HandOver(_, new):
            return f"hand the listening sockets over to {new.name}"
        case SetServers(_, settings):
            return _label_of_settings(settings)
        case WriteServers(_, backend):
            return f"write the servers of {backend} into haproxy.cfg"
        case AwaitServers(_, servers, steady_s=0.0):
            return f"wait until {_count(len(servers), 'server')} {_are(servers)} up"
        case AwaitServers(_, servers, steady_s=steady_s):
            return f"see {_count(len(servers), 'server')} stay up for {steady_s:g} s"
        case GuardServers(_, servers, guard):
            return f"watch {_count(len(servers), 'new server')} for {guard.window_s:g} s"
        case AwaitIdle(_, servers, at_most_s):
            return f"let {_count(len(servers), 'server')} finish, up to {at_most_s:g} s"
        case AwaitDrained():
            return "let the old HAProxy worker finish its connections"


_AIM = {
    "ready": "send traffic to",
    "adjust": "adjust",
    "check": "let HAProxy check",
    "drain": "drain",
    "away": "keep traffic from",
    "gone": "take out",
}


def _label_of_settings(settings: tuple[ServerSetting, ...]) -> str:
    """`send traffic to 2 servers of web`, `drain shop-web-1-b71f`."""
    verbs = dict.fromkeys(_AIM[setting.aim] for setting in settings)
    names = dict.fromkeys(setting.backend for setting in settings)
    what = settings[0].host
    if len(settings) > 1:
        what = f"{_count(len(settings), 'server')} of {', '.join(names)}"
    return f"{' and '.join(verbs)} {what}"


def _are(things: tuple[object, ...]) -> str:
    return "is" if len(things) == 1 else "are"


def _renewed(files: tuple[ProxyFile, ...]) -> str:
    """`1 renewed certificate and 2 changed maps`"""
    maps = sum(file.kind == "map" for file in files)
    lists = sum(file.kind == "crt-list" for file in files)
    responses = sum(file.kind == "ocsp-response" for file in files)
    certificates = len(files) - maps - lists - responses
    certificate = "certificate" if lists else "renewed certificate"
    words = [_count(certificates, certificate)] if certificates else []
    words += [_count(responses, "ocsp-response")] if responses else []
    words += [_count(lists, "changed crt-list")] if lists else []
    words += [_count(maps, "changed map")] if maps else []
    return " and ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
