# shellcheck shell=bash
# A private PostgreSQL: on loopback only, everything durable, as the user postgres when we are root.

find_postgres() {
  local folder
  postgres_programs=${CITYCOOP_POSTGRES_BIN:-}
  [[ -z $postgres_programs ]] || return 0
  for folder in /usr/lib/postgresql/*/bin; do
    [[ ! -x $folder/postgres ]] || postgres_programs=$folder
  done
  [[ -n $postgres_programs ]] || fail 'PostgreSQL is not installed' 'apt-get install postgresql' \
    'or name the folder of its programs in CITYCOOP_POSTGRES_BIN'
}

# clean COMMAND…: without the settings that the caller's shell may have for other servers
clean() { env -i PATH="$PATH" LANG=C.UTF-8 "$@"; }

# start_database [PORT]
start_database() {
  local file="$state/servers/database" port status
  find_postgres
  if is_running "$file"; then
    port=$(remembered database)
    wait_until 'the database' 120 database_is_ready "$file" && return 0
    fail 'the database runs but does not answer' "its log is $state/log/database.log"
  fi
  make_cluster
  # Between the choice of a port and its use another program may take it.
  for _ in 1 2 3; do
    settle_port database "${1:-}"
    status=0
    run_database "$file" || status=$?
    ((status != 0)) || return 0
    end_process "$file" 'the database' QUIT
    port_is_taken "$port" || break
  done
  tail -n 15 "$state/log/database.log" >&2
  fail 'the database did not start' "its log is $state/log/database.log"
}

run_database() {
  local -a certificate=()
  ! has_certificates || certificate=(-c ssl=on -c ssl_cert_file="$data/server.pem" -c ssl_key_file="$data/server.key")
  end_leftover_backends
  launch "$1" "$state/log/database.log" postgres \
    env -i PATH="$PATH" LANG=C.UTF-8 "$postgres_programs/postgres" -D "$data/database" \
    -c config_file="$data/postgresql.conf" -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories= \
    "${certificate[@]}"
  wait_until 'the database' 120 database_is_ready "$1"
}

database_is_ready() {
  is_running "$1" || return 2
  clean "$postgres_programs/pg_isready" -q -h 127.0.0.1 -p "$port" || return 1
}

# make_cluster: the configuration is the project's at every start; the data is made once, and is there wholly or not
make_cluster() {
  use_data
  copy_for postgres "$infra/postgres/postgresql.conf" "$data/postgresql.conf"
  if has_certificates; then
    copy_for postgres "$state/certificates/server.pem" "$data/server.pem"
    copy_for postgres "$state/certificates/server.key" "$data/server.key"
  fi
  [[ ! -f $data/database/PG_VERSION ]] || return 0
  rm -rf "$data/database" "$data/database.new"
  folder_for postgres "$data/database.new"
  secret database-administrator >"$state/secrets/initial"
  copy_for postgres "$state/secrets/initial" "$data/database.password"
  run_quietly 'the database to be made' "$state/log/initdb.log" as_user postgres env -i PATH="$PATH" LANG=C.UTF-8 \
    "$postgres_programs/initdb" -D "$data/database.new" --username=postgres --pwfile="$data/database.password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    || fail 'the database could not be made' "the log is $state/log/initdb.log"
  rm -f "$data/database.password" "$state/secrets/initial"
  mv "$data/database.new" "$data/database"
}

# folder_for USER FOLDER: one that only USER may enter
folder_for() {
  (umask 077 && mkdir -p "$2")
  ((EUID != 0)) || chown "$1:$1" "$2"
}

# copy_for USER FROM TO: a file that only USER may read
copy_for() {
  rm -f "$3"
  (umask 077 && cat "$2" >"$3")
  ((EUID != 0)) || chown "$1:$1" "$3"
}

# The backends of a postmaster that was killed end on their own, but a new one refuses to start until they have; and it
# refuses for good if its old number now belongs to another process.
end_leftover_backends() {
  local pid
  for pid in $(backends); do
    kill -KILL "$pid" 2>/dev/null || true
  done
  wait_until 'the last backends to end' 30 no_backends || fail 'backends of the killed database do not end'
  rm -f "$data/database/postmaster.pid"
}

# backends: the processes of this very cluster: PostgreSQL's programs whose working folder it is
backends() {
  local folder
  for folder in /proc/[0-9]*; do
    # The very folder, not one that is called the same in another container.
    [[ $folder/cwd -ef $data/database ]] || continue
    [[ $(readlink "$folder/exe" 2>/dev/null) != */postgres ]] || printf '%s\n' "${folder##*/}"
  done
}

no_backends() { [[ -z $(backends) ]]; }

# stop_database: sessions are cut, work in flight is rolled back, the files are closed properly
stop_database() { end_process "$state/servers/database" 'the database' INT; }

# kill_database: as a crash would: nothing is closed
kill_database() {
  end_process "$state/servers/database" 'the database' KILL
  [[ ! -d $state/data/database ]] || { use_data && end_leftover_backends; }
}

database_url() {
  printf 'postgresql://postgres:%s@127.0.0.1:%s/postgres\n' "$(secret database-administrator)" "$(remembered database)"
}

# sql [OPTION…]: psql as the administrator, SQL on standard input; the password is on no command line
sql() {
  find_postgres
  PGPASSWORD=$(secret database-administrator) "$postgres_programs/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --host=127.0.0.1 --port="$(remembered database)" --username=postgres --dbname=postgres "$@"
}
