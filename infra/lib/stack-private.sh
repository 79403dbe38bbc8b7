# shellcheck shell=bash
# The private suite of infra/up: its servers, its services, its folders. See lib/stack.sh.

private_citycoop() { citycoop "$@"; }

private_sql() { sql --dbname="$1" --tuples-only --no-align --field-separator=' '; }

private_base_backup() {
  find_postgres
  PGPASSWORD=$(secret database-administrator) "$postgres_programs/pg_basebackup" "${base_backup_options[@]}" \
    --host=127.0.0.1 --port="$(remembered database)" --username=postgres
}

private_key_ring() {
  local file
  # shellcheck disable=SC1091
  file=$(source "$state/env" 2>/dev/null && name="$1_FILE" && printf '%s' "${!name:-}") || file=''
  [[ -n $file ]] || case $1 in
    CITYCOOP_SEAL_KEY) file="$state/secrets/seal-key" ;;
    VOUCHERS_CODE_KEY) file="$state/secrets/vouchers-code-key" ;;
    CITIES_BANK_KEY) file="$state/secrets/cities-bank-key" ;;
  esac
  cat "$file"
}

private_files() {
  (umask 077 && mkdir -p "$state/files")
  case $1 in
    out) tar --directory="$state/files" --create --file=- . ;;
    in) tar --directory="$state/files" --extract --file=- ;;
  esac
}

private_mails() { find "$state/mail" -name '*.eml' 2>/dev/null | wc -l; }

private_start_database() { "$infra/servers" start database --state "$state" 9>&-; }

private_stop_all() {
  take_down
  "$infra/servers" stop database --state "$state" 9>&-
}

private_replace_cluster() {
  find_postgres
  use_data
  copy_for postgres "$infra/postgres/postgresql.conf" "$data/postgresql.conf"
  copy_for postgres "$infra/postgres/replace-cluster" "$data/replace-cluster"
  copy_for postgres <(secret database-administrator) "$data/database.password"
  folder_for postgres "$data/database"
  local status=0
  as_user postgres env -i PATH="$postgres_programs:$PATH" LANG=C.UTF-8 \
    bash "$data/replace-cluster" "$data/database" "$data/postgresql.conf" "$data/database.password" || status=$?
  rm -f "$data/database.password" "$data/replace-cluster"
  return "$status"
}

private_set_passwords() {
  "$infra/servers" start --state "$state" 9>&-
  prepare_servers
  write_environment ''
}

private_migrate() {
  private_citycoop topology apply </dev/null >&2 && private_citycoop migrate </dev/null >&2
}

private_start() { private_citycoop up --state "$state" </dev/null >&2 9>&-; }

private_wait() { private_start; }
