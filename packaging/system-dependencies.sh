#!/bin/sh
# Finds the system packages that GPU Lab needs and this Linux lacks, and installs them where it may (apt as root or
# with passwordless sudo). Otherwise it prints the exact command and stops. Nothing missing: nothing is called.
#
#   system-dependencies.sh [--xvfb] [PYTHON]     --xvfb adds what the test of the real window needs;
#                                                PYTHON is asked whether it can make virtual environments
set -eu
[ "$(uname)" = Linux ] || exit 0
PATH=$PATH:/usr/sbin:/sbin # Debian keeps ldconfig off an ordinary user's PATH

# Libraries are looked up by file, not by package: Ubuntu has renamed some packages (libglib2.0-0t64) and apt still
# understands the old names.
missing_libraries() {
    known=$(ldconfig -p)
    while read -r library package; do
        case $known in *"$library "*) ;; *) echo "$package" ;; esac
    done <<TABLE
libGL.so.1             libgl1
libEGL.so.1            libegl1
libfontconfig.so.1     libfontconfig1
libdbus-1.so.3         libdbus-1-3
libglib-2.0.so.0       libglib2.0-0
libgssapi_krb5.so.2    libgssapi-krb5-2
libxkbcommon.so.0      libxkbcommon0
libxkbcommon-x11.so.0  libxkbcommon-x11-0
libX11-xcb.so.1        libx11-xcb1
libxcb-cursor.so.0     libxcb-cursor0
libxcb-icccm.so.4      libxcb-icccm4
libxcb-image.so.0      libxcb-image0
libxcb-keysyms.so.1    libxcb-keysyms1
libxcb-randr.so.0      libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0      libxcb-shape0
libxcb-sync.so.1       libxcb-sync1
libxcb-xfixes.so.0     libxcb-xfixes0
libxcb-xkb.so.1        libxcb-xkb1
TABLE
}

missing_programs() { # the program and its package share a name, but for the X server's capital
    for program in Xvfb openbox xdotool wmctrl; do
        command -v "$program" >/dev/null || echo "$program" | tr X x
    done
}

missing_venv() { # Debian's python3 comes without ensurepip, and then `python3 -m venv` fails half-way
    "$1" -c 'import ensurepip' 2>/dev/null ||
        "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

missing=$(missing_libraries)
for wanted in "$@"; do
    case $wanted in
    --xvfb) missing="$missing $(missing_programs)" ;;
    *) missing="$missing $(missing_venv "$wanted")" ;;
    esac
done
missing=$(echo $missing) # one line
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "GPU Lab needs some system libraries that are not here. Debian's names for them: $missing" >&2
    echo "Please install them with this system's own package manager if the window does not open." >&2
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "GPU Lab needs a few system packages first. Please run this, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y $missing" >&2
    exit 1
fi
echo "Installing system packages: $missing"
export DEBIAN_FRONTEND=noninteractive
# An update that fails for one unrelated source must not stop what the others can still give.
$as_root apt-get update -qq || true
$as_root apt-get install -y -qq --no-install-recommends $missing </dev/null
