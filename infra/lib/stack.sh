# shellcheck shell=bash
# A suite that runs somewhere, and how to reach it: the private one of infra/up, or that of docker compose. All that differs
# between the two is in lib/stack-private.sh and lib/stack-compose.sh, which define for `stack WHAT`:
#
#   citycoop ARGUMENT…     the operator's tool
#   sql DATABASE           SQL on standard input, as the server's administrator; bare values, a row a line
#   base_backup            the whole cluster as one tar on standard output, what it reports on standard error
#   key_ring SETTING       the text of a ring of keys; fails where there is none
#   files out|in           the files of codes as a tar, to standard output or from standard input
#   mails                  how many mails lie in the folder of notifications
#   start_database         the database server, as it is
#   stop_all               services and database server
#   replace_cluster        the cluster from a tar on standard input; the server stands still
#   set_passwords          of the services' roles, to those of this stack
#   migrate                topology and schemas
#   start                  the services
#   wait                   until they are ready
# shellcheck source=lib/stack-private.sh
source "$infra/lib/stack-private.sh"
# shellcheck source=lib/stack-compose.sh
source "$infra/lib/stack-compose.sh"

# One tar with the log that it needs.
base_backup_options=(--pgdata=- --format=tar --wal-method=fetch --checkpoint=fast --label=citycoop --verbose)

# private or compose
stack_kind=private

stack() { "${stack_kind}_$1" "${@:2}"; }

# The rings of keys that the databases need; ids of keys are looked for by infra/postgres/key-ids.sql.
key_settings=(CITYCOOP_SEAL_KEY VOUCHERS_CODE_KEY CITIES_BANK_KEY)

# key_fingerprints: of a ring on standard input: ID FINGERPRINT, a line each. A fingerprint is a part of a hash of 32 random
# bytes: it tells two keys apart, and leads to neither.
key_fingerprints() {
  local entry id
  tr ',' '\n' | while read -r entry || [[ -n $entry ]]; do
    [[ -n $entry ]] || continue
    id=1
    [[ $entry != *:* ]] || { id=${entry%%:*} && entry=${entry#*:}; }
    printf '%s %s\n' "$id" "$({ printf 'citycoop key\n' && printf '%s' "$entry" | base64 --decode; } | sha256sum | cut -c 1-16)"
  done
}

# all_fingerprints: of every ring of this stack: SETTING ID FINGERPRINT, a line each
all_fingerprints() {
  local setting
  for setting in "${key_settings[@]}"; do
    stack key_ring "$setting" 2>/dev/null | key_fingerprints | sed "s/^/$setting /" || true
  done
}

# add_tombstones FILE: what is in the file stays in it: an older backup needs those of all times since
add_tombstones() {
  stack citycoop tombstones export </dev/null >"$1.added" || { rm -f "$1.added" && return 1; }
  touch "$1"
  sort --unique "$1" "$1.added" >"$1.new" && rm "$1.added" && sync "$1.new" && mv "$1.new" "$1"
}

# paused_services: those whose intake is paused now
paused_services() {
  local name paused
  for name in "${services[@]}"; do
    paused=$(stack sql "$name" <<<"SELECT count(*) FROM intake_pause WHERE until > now();")
    ((paused == 0)) || printf '%s\n' "$name"
  done
}
