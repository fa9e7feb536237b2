#!/bin/sh
# Installs the shared libraries that Qt needs and that a bare Debian or Ubuntu lacks. Does nothing where they are there
# already, and on every other system. Always exits 0: where it cannot install, it says what to install, and the rest of
# the set-up can go on.

set -u

# Library that Qt's own files link to, and the package that brings it.
needed='
libEGL.so.1              libegl1
libGL.so.1               libgl1
libX11-xcb.so.1          libx11-xcb1
libdbus-1.so.3           libdbus-1-3
libfontconfig.so.1       libfontconfig1
libglib-2.0.so.0         libglib2.0-0
libxcb-cursor.so.0       libxcb-cursor0
libxcb-icccm.so.4        libxcb-icccm4
libxcb-image.so.0        libxcb-image0
libxcb-keysyms.so.1      libxcb-keysyms1
libxcb-randr.so.0        libxcb-randr0
libxcb-render-util.so.0  libxcb-render-util0
libxcb-shape.so.0        libxcb-shape0
libxcb-sync.so.1         libxcb-sync1
libxcb-util.so.1         libxcb-util1
libxcb-xfixes.so.0       libxcb-xfixes0
libxcb-xkb.so.1          libxcb-xkb1
libxkbcommon-x11.so.0    libxkbcommon-x11-0
libxkbcommon.so.0        libxkbcommon0
'

missing_packages() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null)
    echo "$needed" | while read -r library package; do
        [ -n "$library" ] || continue
        case $known in
        *"$library "*) ;;
        *) echo "$package" ;;
        esac
    done
    # Without any font every label of the window is a row of boxes.
    if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/}/.local/share/fonts" \
        \( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) 2>/dev/null | head -n 1)" ]; then
        echo fonts-dejavu-core
    fi
}

# Runs a command as root, or fails without asking anything.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@" </dev/null
    else
        sudo -n "$@" </dev/null
    fi
}

# Newer releases call the GLib package libglib2.0-0t64.
names_in_this_release() {
    for package in "$@"; do
        if [ "$package" = libglib2.0-0 ] && apt-cache show libglib2.0-0t64 >/dev/null 2>&1; then
            package=libglib2.0-0t64
        fi
        echo "$package"
    done
}

command -v apt-get >/dev/null 2>&1 || exit 0

packages=$(missing_packages)
[ -n "$packages" ] || exit 0

# shellcheck disable=SC2086  # here and below: one word per package
if as_root true 2>/dev/null; then
    as_root apt-get -qq update >/dev/null 2>&1
    packages=$(names_in_this_release $packages)
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --yes --no-install-recommends $packages >/dev/null 2>&1
fi

packages=$(missing_packages)
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086
    packages=$(names_in_this_release $packages)
    # shellcheck disable=SC2086
    echo "Qt needs libraries that this computer lacks; install them with: sudo apt-get install" $packages >&2
fi
exit 0
