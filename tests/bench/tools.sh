#!/bin/sh
# What the benchmarks are measured with: wrk, and nginx to hold the redirect against. Those on the PATH, else from the system's
# package manager. Exit codes: 0 both are there; 2 one is not, and a sentence says what to install.

found() {
    command -v wrk >/dev/null 2>&1 && PATH="$PATH:/usr/sbin" command -v nginx >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        return 1
    fi
}

install() {
    if command -v apt-get >/dev/null 2>&1; then
        # nginx's package would start a server on port 80.
        as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
            apt-get install -y -qq --no-install-recommends wrk nginx-light
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf install -y -q wrk nginx
    elif command -v pacman >/dev/null 2>&1; then
        as_root pacman -S --noconfirm --needed wrk nginx
    elif command -v brew >/dev/null 2>&1; then
        brew install --quiet wrk nginx
    else
        return 1
    fi
}

found && exit 0
echo "Installing wrk and nginx, which the benchmarks need." >&2
install >&2
found && exit 0
echo "The benchmarks need wrk and nginx: install the packages wrk and nginx-light (or nginx) so that both are on the PATH." >&2
exit 2
