# shellcheck shell=bash
# Processes that outlive the script: started apart from the terminal, remembered by number and start time, so that a
# number the system has since given to somebody else is never signalled.

# read_whole FILE: into $line; fails when it is not there. ($(<FILE) would end the whole script.)
read_whole() { { IFS= read -r -d '' line <"$1"; } 2>/dev/null || [[ -n $line ]]; }

# stamp_of PID: when it started; fails when it is gone or only waits to be collected by its parent
stamp_of() {
  local line=''
  local -a fields
  read_whole "/proc/$1/stat" || return 1
  read -ra fields <<<"${line##*) }"
  [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s@%s\n' "${fields[19]}" "$(</proc/sys/kernel/random/boot_id)"
}

has_ended() { ! stamp_of "$1" >/dev/null; }

# process_of FILE: the number of the process remembered in FILE, if that very process still runs
process_of() {
  local pid stamp
  { read -r pid stamp <"$1"; } 2>/dev/null || return 1
  [[ $(stamp_of "$pid") == "$stamp" ]] || return 1
  printf '%s\n' "$pid"
}

is_running() { process_of "$1" >/dev/null; }
is_gone() { ! is_running "$1"; }

# as_user USER COMMAND…: under root as USER, otherwise as whoever we are
as_user() {
  local user=$1
  shift
  if ((EUID == 0)); then
    setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
  else
    "$@"
  fi
}

# launch FILE LOG USER COMMAND…: starts COMMAND in a session of its own and remembers it in FILE. It inherits no open
# file (a pipe held by a daemon would keep whoever reads our output waiting) and, unlike a plain background job of a
# script, it does not inherit ignored interrupts.
launch() {
  local file=$1 log=$2 user=$3
  shift 3
  local -a drop=()
  ((EUID != 0)) || drop=(setpriv --reuid="$user" --regid="$user" --init-groups --)
  (
    cd /
    close_inherited_files
    exec env --default-signal=INT,QUIT setsid "${drop[@]}" "$@"
  ) </dev/null >>"$log" 2>&1 &
  printf '%s %s\n' "$!" "$(stamp_of "$!" || true)" >"$file"
  disown "$!"
}

close_inherited_files() {
  local file
  for file in "/proc/$BASHPID/fd"/*; do
    file=${file##*/}
    ((file <= 2)) || eval "exec $file>&-"
  done
}

# end_process FILE WHAT SIGNAL: sends SIGNAL to the remembered process, waits until it is gone, and forgets it
end_process() {
  local file=$1 what=$2 signal=$3 pid
  if pid=$(process_of "$file"); then
    kill -s "$signal" "$pid" 2>/dev/null || true
    wait_until "$what to end" 60 is_gone "$file" \
      || fail "$what (process $pid) does not end" "look at its log, then: kill -9 $pid"
  fi
  rm -f "$file"
}

# processes_with NAME=VALUE: those that were started with it in their environment
processes_with() { grep -lsxzF -e "$1" /proc/[0-9]*/environ | cut -d / -f 3 || true; }

none_with() { [[ -z $(processes_with "$1") ]]; }

# end_all_with NAME=VALUE: politely, then by force
end_all_with() {
  local signal pid
  for signal in TERM KILL; do
    for pid in $(processes_with "$1"); do
      kill -s "$signal" "$pid" 2>/dev/null || true
    done
    ! wait_until 'processes that were left behind to end' 10 none_with "$1" || return 0
  done
}
