#!/bin/sh
# A Chromium for the end-to-end tests: the one on the PATH, else one from the system's package manager.
# Exit codes: 0 there is one; 2 there is none, and a sentence says what to install.

found() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
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
        as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf install -y -q chromium
    elif command -v pacman >/dev/null 2>&1; then
        as_root pacman -S --noconfirm --needed chromium
    elif command -v brew >/dev/null 2>&1; then
        brew install --quiet --cask chromium
    else
        return 1
    fi
}

found && exit 0
echo "Installing Chromium, which the end-to-end tests drive." >&2
install >&2
found && exit 0
echo "The end-to-end tests need Chromium: install the package chromium (or google-chrome) so that it is on the PATH." >&2
exit 2
