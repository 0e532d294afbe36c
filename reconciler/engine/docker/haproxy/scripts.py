"""Shell scripts that run inside the HAProxy container, through `exec`.

Images bring different clients for a Unix socket: Debian's have perl, Alpine's have busybox nc. The
master's socket answers to the end of input, so each client closes its side after the command.
"""

from reconciler.haproxy.paths import (
    CHECK_DIRECTORY,
    CONFIG_PATH,
    FILES_DIRECTORY,
    OWN_MASTER_SOCKET,
    OWN_RUNTIME_SOCKET,
    PEERS_SOCKET,
    RUN_DIRECTORY,
    SOCKETS_VARIABLE,
)

CONFIRM_S = 15
NO_CLIENT = 127

MARK = "# haproxy-reconciler asks"
"""Tells our own execs from others in the engine's events."""

_ASK = rf"""{MARK}
ask() {{
    if command -v perl >/dev/null 2>&1; then
        perl -MSocket -e '
            alarm 30; $| = 1;
            socket(S, AF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un($ARGV[0])) or exit 1;
            syswrite S, "$ARGV[1]\n"; shutdown S, 1;
            print $_ while sysread S, $_, 65536;' "$1" "$2" 2>/dev/null
    elif command -v socat >/dev/null 2>&1; then
        printf '%s\n' "$2" | socat -t 60 - "UNIX-CONNECT:$1" 2>/dev/null
    else
        printf '%s\n' "$2" | nc "local:$1" 2>/dev/null
    fi
}}
"""

_TELL = rf"""{MARK}
tell() {{
    if command -v perl >/dev/null 2>&1; then
        perl -MSocket -e '
            alarm 30; $| = 1; local $/; my $said = <STDIN>;
            socket(S, AF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un($ARGV[0])) or exit 1;
            syswrite S, $said; shutdown S, 1;
            print $_ while sysread S, $_, 65536;' "$1" 2>/dev/null
    elif command -v socat >/dev/null 2>&1; then
        socat -t 60 - "UNIX-CONNECT:$1" 2>/dev/null
    else
        nc "local:$1" 2>/dev/null
    fi
}}
"""

TELL_ONE = f'{_TELL}tell "${{{SOCKETS_VARIABLE}-{RUN_DIRECTORY}/}}${{1##*/}}"'
"""The same with the command as standard input: arguments of a process are for everybody to see."""

ASK_ONE = f'{_ASK}ask "${{{SOCKETS_VARIABLE}-{RUN_DIRECTORY}/}}${{1##*/}}" "$2"'
"""Socket and command as arguments; prints the reply. The socket is the container's own of that
name."""

SERVERS = "show stat;show servers state"
"""Commands for the state of servers: two replies on end, a table with commas and one with
spaces."""

QUESTION = f"show info;{SERVERS}"
"""Commands for the state of servers, and of the worker itself."""

SNAPSHOT = f"""{_ASK}ask "{OWN_RUNTIME_SOCKET}" '{QUESTION}'"""

READ = f"""{_ASK}
command -v perl || command -v socat || command -v nc || exit {NO_CLIENT}
printf '\\036config\\n'; cat {CONFIG_PATH}
printf '\\036files\\n'; ls {FILES_DIRECTORY} 2>/dev/null
printf '\\036worker\\n'; ask "{OWN_RUNTIME_SOCKET}" '{QUESTION}'
printf '\\036master\\n'; ask "{OWN_MASTER_SOCKET}" 'show proc'
"""
"""Prints haproxy.cfg, the names of its files, the state of the worker, and the master's
processes."""

CHECK = """haproxy -c -f /dev/stdin; code=$?
[ "$code" -eq 0 ] || haproxy -v 2>&1 | head -n 1
( exit "$code" )"""
"""Checks a configuration, and prints HAProxy's version when it is refused; old ones do not print it
with their alerts."""
CHECK_BESIDE = f"{CHECK}; code=$?; rm -f {CHECK_DIRECTORY}/*; exit $code"
"""The same with files that are only there for the check."""

REMOVE = f'{MARK}\ncd {FILES_DIRECTORY} && rm -f -- "$@"'
"""Files beside haproxy.cfg, by their names."""

CONFIRM = f"""{_ASK}
end=$(( $(date +%s) + {CONFIRM_S} ))
while [ "$(date +%s)" -lt "$end" ]; do
    ask "{OWN_RUNTIME_SOCKET}" 'show info' | grep -q "text=$1" && exit 0
    sleep 0.05 || sleep 1
done
exit 1
"""
"""Exit 0 when the running worker says that it runs the configuration of this digest."""


TIDY = f"""{MARK}
for socket in {RUN_DIRECTORY}/*.sock; do
    case "$socket" in "$1"*|"$2"*|{PEERS_SOCKET}) ;; *) rm -f "$socket" ;; esac
done
"""
"""Remove the sockets that containers of long ago have left, but for those that begin as told, and
the one that all share."""


def split_blocks(output: str) -> dict[str, str]:
    """The output of READ by the headings in it."""
    blocks = (block.partition("\n") for block in output.split("\x1e")[1:])
    return {heading: body for heading, _, body in blocks}
