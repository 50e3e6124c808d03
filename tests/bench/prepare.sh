# Shared by tests/bench/run and tests/bench/instructions: help, packages, build. Sourced, not run; the caller sets `here`.
top=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/setup.sh
. "$top/deploy/setup.sh"

# prepare ARGUMENT...: sets `tree`, the build tree with the programs.
prepare() {
  local word
  for word in "$@"; do
    case $word in --help | -h) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
  done
  export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$top/deploy:$here
  tree=${LAZARET_BUILD_DIR:-}
  [ -z "$tree" ] || return 0
  tree=$top/build/release
  mkdir -p "$top/build"
  {
    install_packages "$top/build/packages.log" build bench
    build release "$top/build/release.log" lazaret-submission lazaret-bench-load lazaret-bench-sink
  } >&2
}
