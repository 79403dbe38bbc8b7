# shellcheck shell=bash
# The state folder: everything a run leaves behind.
#
#   ports      NAME=PORT, a line each
#   env        what a shell or a service has to know (export lines, mode 600)
#   secrets/   passwords and keys, made once, mode 600
#   certificates/  an authority and a certificate for both servers, if they take TLS
#   servers/   which processes are our broker and database
#   log/       what they print
#   data/      their files; a link to a folder elsewhere where the servers' own users cannot reach this one

# use_state FOLDER: makes it and sets $state to its full path
use_state() {
  (umask 022 && mkdir -p "$1")
  state=$(cd "$1" && pwd -P)
  # Other users may pass through the folder, to reach data/, but not read it.
  chmod "$( ((EUID == 0)) && echo 711 || echo 700)" "$state"
  (umask 077 && mkdir -p "$state/secrets" "$state/servers" "$state/log")
}

# find_state FOLDER: sets $state if the folder is there and is one of ours
find_state() {
  [[ -d $1/servers && -d $1/secrets ]] || return 1
  state=$(cd "$1" && pwd -P)
}

# lock_state: waits until no other script changes this state folder
lock_state() {
  exec 9>"$state/lock"
  flock -n 9 || wait_until "another script that works on $state" 600 flock -n 9 \
    || fail "another script has been working on $state for ten minutes" "end it, then try again"
}

# random_text: 192 bits in hexadecimal: needs no quoting in a URL, in SQL or in a shell
random_text() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# secret NAME: its text, made at the first call
secret() {
  local file="$state/secrets/$1"
  [[ -s $file ]] || (umask 077 && random_text >"$file.new" && mv "$file.new" "$file")
  cat "$file"
}

# key_file NAME: the path of a file with 32 random bytes in base64, made at the first call
key_file() {
  local file="$state/secrets/$1"
  [[ -s $file ]] || (umask 077 && head -c 32 /dev/urandom | base64 -w 0 >"$file.new" && mv "$file.new" "$file")
  printf '%s\n' "$file"
}

# has_certificates: whether the servers of this state folder take TLS
has_certificates() { [[ -s $state/certificates/server.pem ]]; }

# use_data: makes the data folder and sets $data. The servers run as users of their own when we are root, and those
# cannot reach a folder below, say, /root; their scripts also cannot cope with a blank in a path.
# shellcheck disable=SC2034
use_data() {
  if [[ ! -e $state/data ]]; then
    rm -f "$state/data"
    if servers_can_reach "$state"; then
      mkdir -m 711 "$state/data"
    else
      make_data_elsewhere
    fi
  fi
  data=$(cd "$state/data" && pwd -P)
}

servers_can_reach() {
  [[ $1 =~ ^[A-Za-z0-9_./+-]+$ ]] || return 1
  local user
  for user in postgres rabbitmq; do
    id -u "$user" >/dev/null 2>&1 || continue
    as_user "$user" test -x "$1" || return 1
  done
}

make_data_elsewhere() {
  local parent=/var/lib/citycoop elsewhere
  ((EUID == 0)) || parent=${XDG_STATE_HOME:-$HOME/.local/state}/citycoop
  (umask 022 && mkdir -p "$parent")
  servers_can_reach "$parent" || fail "the servers can reach neither $state nor $parent" \
    'put the checkout where the users postgres and rabbitmq may go, and no name has a blank: for example below /srv'
  elsewhere=$(mktemp -d "$parent/data.XXXXXXXX")
  chmod 711 "$elsewhere"
  ln -s "$elsewhere" "$state/data"
  say "the servers' own users cannot use $state: their files are in $elsewhere (linked as data)"
}

# remove_state: deletes the folder and the data it links to; the servers have to be stopped
remove_state() {
  [[ -n $state && -d $state/servers ]] || fail "$state is not a state folder"
  if [[ -L $state/data ]]; then
    local elsewhere
    elsewhere=$(readlink "$state/data")
    [[ $elsewhere != */citycoop/* ]] || rm -rf -- "$elsewhere"
  fi
  rm -rf -- "$state"
}
