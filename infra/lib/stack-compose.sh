# shellcheck shell=bash
# The suite of docker compose: everything is done in its containers. See lib/stack.sh.

compose() { docker compose --project-directory "$root" "$@"; }

# one_off SERVICE COMMAND…: in a container of its own that is gone afterwards
one_off() { compose run --rm --no-deps -T "$@"; }

compose_citycoop() { one_off citycoop "$@"; }

compose_sql() {
  compose exec -T database psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname="$1" \
    --tuples-only --no-align --field-separator=' '
}

compose_base_backup() {
  compose exec -T database pg_basebackup "${base_backup_options[@]}" --username=postgres </dev/null
}

compose_key_ring() {
  local file
  case $1 in
    CITYCOOP_SEAL_KEY) file=cities/seal_key ;;
    VOUCHERS_CODE_KEY) file=vouchers/code_key ;;
    CITIES_BANK_KEY) file=cities/bank_key ;;
  esac
  one_off --entrypoint cat citycoop "/run/secrets/$file" </dev/null
}

compose_files() {
  case $1 in
    out) one_off --entrypoint tar citycoop --directory=/var/lib/citycoop/files --create --file=- . </dev/null ;;
    in) one_off --entrypoint tar citycoop --directory=/var/lib/citycoop/files --extract --file=- ;;
  esac
}

compose_mails() { one_off --entrypoint find citycoop /var/lib/citycoop/mail -name '*.eml' </dev/null | wc -l; }

compose_start_database() { compose up --detach --wait database >&2; }

compose_stop_all() { compose stop "${services[@]}" database >&2; }

compose_replace_cluster() {
  one_off --volume "$infra/postgres/replace-cluster:/usr/local/bin/replace-cluster:ro" --entrypoint bash database \
    /usr/local/bin/replace-cluster /var/lib/postgresql/data /etc/postgresql/postgresql.conf \
    /run/secrets/administrator
}

compose_set_passwords() {
  compose up --detach --wait broker database >&2
  compose exec -T database bash /docker-entrypoint-initdb.d/10-databases.sh </dev/null >&2
}

compose_migrate() { one_off set-up </dev/null >&2; }

compose_start() { compose up --detach "${services[@]}" >&2; }

compose_wait() { compose up --detach --wait "${services[@]}" >&2; }
