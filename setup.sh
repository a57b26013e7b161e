#!/bin/sh
# Installs what is missing (Debian 12; Debian 13 and Ubuntu 24.04, whose packages have the same names, were not
# tried), configures and builds in Release.
# Arguments go to CMake: ./setup.sh -DWARNINGS_AS_ERRORS=ON
set -eu
CDPATH='' cd "$(dirname "$0")"
umask 022 # whoever builds it, others may run it

build_packages='build-essential cmake pkg-config
    libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev
    libavdevice-dev libavfilter-dev libavformat-dev libavcodec-dev libavutil-dev opencv-data
    libsdl2-dev libsdl2-ttf-dev libpango1.0-dev fonts-dejavu-core libopenblas-pthread-dev libcjson-dev zlib1g-dev libjpeg-dev libpng-dev gnuplot-nox'
# Loaded by --osc and --serve when they are asked for; named by what has one name everywhere.
output_packages='liblo-dev libmicrohttpd-dev'
test_packages='libcmocka-dev libopencv-dnn-dev libopencv-objdetect-dev python3-numpy xvfb xdotool jq inotify-tools file'

stop()
{
    echo "setup.sh: $*" >&2
    exit 1
}

has()
{
    command -v "$1" >/dev/null
}

missing_packages()
{
    for package in $build_packages $output_packages $test_packages; do
        status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || status=
        [ "$status" = installed ] || printf '%s ' "$package"
    done
}

apt()
{
    set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Use-Pty=0 "$@"
    if [ "$(id -u)" -eq 0 ]; then
        "$@" </dev/null >/dev/null
    else
        sudo "$@" </dev/null >/dev/null
    fi
}

install_packages()
{
    by_hand="as root: apt-get install --no-install-recommends $*"
    [ "$(id -u)" -eq 0 ] || has sudo ||
        stop "packages are missing, and there is no sudo to install them; $by_hand"
    echo "setup.sh: installing with apt-get (on a bare system some minutes): $*"
    apt update || echo "setup.sh: apt-get update failed; going on with the lists at hand" >&2
    apt install --no-install-recommends "$@" ||
        stop "apt-get could not install every package, see above; then $by_hand"
}

name_packages()
{
    cat >&2 <<'END'
setup.sh: CMake, or something it looks for (see above), is missing, and there is no apt-get. Install
by hand, then run setup.sh again: a C11 and a C++17 compiler, CMake 3.25 or newer, pkg-config,
OpenCV 4 with its Haar cascades, FFmpeg 5.1 or newer, SDL2, SDL2_ttf, Pango, DejaVu Sans, OpenBLAS, cJSON, zlib, libjpeg,
libpng, gnuplot, cmocka; for --osc liblo, for --serve libmicrohttpd, for the test of the window Xvfb and
xdotool, for the recipes jq and inotify-tools, for Python numpy, pytest, setuptools and wheel, for packages file.
  Fedora (not tried): dnf install gcc gcc-c++ cmake pkgconf opencv-devel opencv-data SDL2-devel
      libavcodec-free-devel libavdevice-free-devel libavfilter-free-devel libavformat-free-devel
      libavutil-free-devel SDL2_ttf-devel pango-devel dejavu-sans-fonts openblas-devel cjson-devel zlib-devel
      libjpeg-turbo-devel libpng-devel gnuplot liblo libmicrohttpd libcmocka-devel xorg-x11-server-Xvfb xdotool jq
      inotify-tools python3-numpy python3-pytest python3-setuptools python3-wheel
  macOS (not tried): brew install cmake pkgconf opencv ffmpeg sdl2 sdl2_ttf pango openblas cjson zlib jpeg-turbo libpng
      gnuplot liblo libmicrohttpd cmocka jq numpy font-dejavu, and PKG_CONFIG_PATH="$(brew --prefix openblas)/lib/pkgconfig"
END
    exit 1
}

require_cmake_3_25()
{
    version=$(cmake --version | sed -n '1s/^cmake version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # shellcheck disable=SC2086 # two words: major and minor
    set -- $version
    [ "$1" -gt 3 ] || { [ "$1" -eq 3 ] && [ "$2" -ge 25 ]; } ||
        stop "CMake is $1.$2; 3.25 or newer is needed (in Debian 12, Ubuntu 24.04, or from cmake.org)"
}

if has apt-get; then
    missing=$(missing_packages)
    # shellcheck disable=SC2086 # one word for each package
    [ -z "$missing" ] || install_packages $missing
fi
has cmake || name_packages
require_cmake_3_25
if ! cmake --preset default -DCMAKE_TARGET_MESSAGES=OFF "$@" >/dev/null; then
    has apt-get || name_packages
    stop "CMake could not configure the build, see above"
fi
cmake --build --preset default --parallel "$(getconf _NPROCESSORS_ONLN)"

cat <<'END'
Built. Next:
  ./expressions --demo      a moving face; --camera 0 shows your own
  ctest --preset default    the tests
END
