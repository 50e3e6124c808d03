# Shared by deploy/quickstart and tests/run: Debian packages and the build, with progress on one line. Sourced, not run.
# The caller sets `top` (the checkout).

[ -t 1 ] && live=1 || live=
shown_at=0

# One line that replaces the one before on a terminal; elsewhere a line now and then, so that a log stays short.
progress() {
  if [ -n "$live" ]; then
    printf '\r\033[K%s' "${1:0:$((${COLUMNS:-100} - 1))}"
  elif [ $((SECONDS - shown_at)) -ge 15 ]; then
    shown_at=$SECONDS
    printf '%s\n' "$1"
  fi
}

finish() { # replaces the progress line by its outcome
  [ -z "$live" ] || printf '\r\033[K'
  printf '%s\n' "$1"
}

die() {
  [ -z "$live" ] || printf '\r\033[K'
  printf '%s\n' "$1" >&2
  exit "${2:-1}"
}

need_root() {
  [ "$(id -u)" = 0 ] || die "${0##*/} needs root: it installs Debian packages and starts servers as users of their own."
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages LOG GROUP...: what packages.txt lists for the groups and is missing.
install_packages() {
  local log=$1 wanted=() missing=() group names name choice found
  shift
  while read -r group names; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    for name in $names; do
      found=
      for choice in ${name//|/ }; do is_installed "$choice" && found=1; done
      [ -n "$found" ] || wanted+=("$name")
    done
  done < <(grep -v '^#' "$top/deploy/packages.txt")
  [ ${#wanted[@]} -gt 0 ] || return 0
  progress "looking for ${#wanted[@]} missing Debian packages"
  apt-get update -q >"$log" 2>&1 </dev/null || { tail -5 "$log" >&2; die "apt-get update failed; the whole output is in $log"; }
  for name in "${wanted[@]}"; do
    found=
    for choice in ${name//|/ }; do
      if [ -z "$found" ] && apt-cache show "$choice" >/dev/null 2>&1; then found=$choice; fi
    done
    [ -n "$found" ] || die "this Debian has no package ${name//|/ or }"
    missing+=("$found")
  done
  local shims=()
  # Our servers are private: the packages' own services stay off, and PostgreSQL makes no cluster of its own.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    shims+=(/usr/sbin/policy-rc.d)
  fi
  if ! is_installed postgresql-common && [ ! -e /etc/postgresql-common/createcluster.d/lazaret.conf ]; then
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/lazaret.conf
    shims+=(/etc/postgresql-common/createcluster.d/lazaret.conf)
  fi
  # shellcheck disable=SC2064
  [ ${#shims[@]} -eq 0 ] || trap "rm -f ${shims[*]}" EXIT
  is_installed postfix || echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
  local status=1 count=${#missing[@]} kind percent text rest
  while IFS=: read -r kind rest; do
    case $kind in
      dlstatus) IFS=: read -r _ percent text <<<"$rest"; progress "$count Debian packages: fetching ${percent%.*} %" ;;
      pmstatus) IFS=: read -r _ percent text <<<"$rest"; progress "$count Debian packages: ${percent%.*} % $text" ;;
      status) status=$rest ;;
    esac
  done < <(
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o APT::Status-Fd=3 \
      -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "${missing[@]}" 3>&1 >>"$log" 2>&1 </dev/null && echo status:0 || echo "status:$?"
  )
  [ ${#shims[@]} -eq 0 ] || { rm -f "${shims[@]}"; trap - EXIT; }
  [ "$status" = 0 ] || { tail -15 "$log" >&2; die "installing Debian packages failed; the whole output is in $log"; }
  finish "$count Debian packages installed (with what they need) in ${SECONDS} s"
}

# build PRESET LOG [TARGET...]: configures once, then lets ninja do what is left (of everything, or of the targets); a second call
# takes a second.
build() {
  local preset=$1 log=$2 dir=$top/build/$1 started=$SECONDS status=1 line built=
  shift 2
  : >"$log"
  if [ ! -f "$dir/build.ninja" ]; then
    progress "configuring ($preset)"
    (cd "$top" && cmake --preset "$preset") >>"$log" 2>&1 || { tail -25 "$log" >&2; die "configuring failed; the whole output is in $log"; }
  fi
  # With nothing in its cache ccache makes a build a third slower: it is used where somebody has begun to fill one.
  [ -d "${CCACHE_DIR:-$HOME/.cache/ccache}" ] || export CCACHE_DISABLE=1
  # Dependencies of precompiled headers and ccache agree only with these (cmake/toolchain.cmake).
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  local ended=0 what=failed
  while :; do
    # No single file takes a quarter of an hour.
    IFS= read -r -t 900 line || { ended=$?; break; }
    printf '%s\n' "$line" >>"$log"
    case $line in
      "built "*) built=1; progress "building ($preset) ${line#built }" ;;
      "status "*) status=${line#status } ;;
    esac
  done < <(NINJA_STATUS='built %f/%t ' ninja -C "$dir" "$@" 2>&1 && echo "status 0" || echo "status $?")
  if [ "$ended" -gt 128 ]; then
    what="hangs: nothing new for 15 minutes (what runs stands above)"
    ps --ppid 2 -p 2 --deselect -o pid,ppid,etimes,stat,wchan:20,args | cut -c1-200 >&2 || true
    pkill -P "$!" || true
  fi
  if [ "$status" != 0 ]; then
    [ -z "$live" ] || printf '\r\033[K'
    grep -v '^built [0-9/]* \(Building\|Linking\)' "$log" | tail -40 >&2
    die "the build $what; the whole output is in $log"
  fi
  [ -z "$built" ] || finish "built ($preset) in $((SECONDS - started)) s"
}
