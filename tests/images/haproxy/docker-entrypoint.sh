#!/bin/sh
# What both families of HAProxy images do: `haproxy …` becomes a master with workers (-W) that stays in the
# foreground (-db), options alone mean haproxy, and anything else is run as it is.
set -e

case "${1-}" in
    -*) set -- haproxy "$@" ;;
esac
if [ "${1-}" = haproxy ]; then
    shift
    set -- haproxy -W -db "$@"
fi
exec "$@"
