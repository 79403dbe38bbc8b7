# shellcheck shell=bash
# What a script tells its reader: steps, waits that last, and mistakes with what to do next.

# say TEXT…: a step, on standard error, so that standard output stays for results
say() { printf '== %s\n' "$*" >&2; }

warn() { printf '%s: warning: %s\n' "${0##*/}" "$*" >&2; }

# fail WHAT [NEXT…]: says what is wrong and, a line each, what to do about it; ends the script
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}

# wrong_usage WHAT: for a mistyped command line
wrong_usage() {
  printf "%s: %s (see '%s --help')\n" "${0##*/}" "$1" "$0" >&2
  exit 2
}

# usage_of SCRIPT: the comment at the head of a script is its help text
usage_of() { awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$1"; }

# wait_until WHAT SECONDS CONDITION…: runs CONDITION until it holds. Status 1 when the time is up, 2 when CONDITION
# itself ended with 2, which means that it cannot come true any more.
wait_until() {
  local what=$1 limit=$2 began=$SECONDS told=0 waited status
  shift 2
  while true; do
    status=0
    "$@" || status=$?
    ((status != 0)) || return 0
    ((status != 2)) || return 2
    waited=$((SECONDS - began))
    ((waited < limit)) || return 1
    if ((waited >= 1 && (told == 0 || waited - told >= 5 + told / 4))); then
      told=$waited
      printf '   waiting for %s (%d s)\n' "$what" "$waited" >&2
    fi
    sleep 0.1
  done
}

# run_quietly WHAT LOG COMMAND…: keeps the output in LOG, shows that it goes on, and shows the end of LOG if it fails
run_quietly() {
  local what=$1 log=$2 status=0
  shift 2
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  wait_until "$what" 3600 has_ended "$pid" || true
  wait "$pid" || status=$?
  ((status == 0)) || tail -n 20 "$log" >&2
  return "$status"
}
