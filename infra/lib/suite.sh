# shellcheck shell=bash
# What the four services need on the servers, and the file that tells them: used by infra/up and infra/bench.

services=(cities events vouchers notifications)
broker_users=("${services[@]}" operator)

# prepare_servers: one database and one role per service; one broker user per service and one for the operator. What
# each of them may do is set by `citycoop topology apply`. Repeating it changes nothing.
prepare_servers() {
  local name
  for name in "${services[@]}"; do
    secret "database-$name" >/dev/null
    SERVICE_PASSWORD_FILE="$state/secrets/database-$name" \
      sql --set=service="$name" --file="$infra/postgres/service-database.sql" >/dev/null
  done
  put vhosts/citycoop '{"description": "the suite", "tags": ""}'
  for name in "${broker_users[@]}"; do
    put "users/$name" "{\"password\": \"$(secret "broker-$name")\", \"tags\": \"\"}"
  done
}

put() { management PUT "$1" "$2" >/dev/null || fail "the broker refused to make $1" "its log is $state/log/broker.log"; }

# write_environment FIRST-HTTP-PORT: everything in one file that a shell sources; any ports if the first one is empty
write_environment() {
  local first=$1 name number=0 broker management_address
  local -A http_port=()
  for name in "${services[@]}"; do
    settle_http_port "$name" "${first:+$((first + number))}"
    http_port[$name]=$port
    number=$((number + 1))
  done
  (umask 077 && mkdir -p "$state/mail" "$state/files")
  broker="127.0.0.1:$(remembered amqp)/citycoop"
  management_address=$(management_url)
  (umask 077 && : >"$state/env.new")
  {
    printf '# Written by infra/%s. It holds passwords.\n' "${0##*/}"
    put_line CITYCOOP_AMQP_URL "amqp://operator:$(secret broker-operator)@$broker"
    put_line CITYCOOP_MANAGEMENT_URL "$management_address"
    put_line CITYCOOP_STATE "$state"
    put_line CITYCOOP_ADMINISTRATOR operator
    put_line CITYCOOP_SEAL_KEY_FILE "$(key_file seal-key)"
    put_line VOUCHERS_CODE_KEY_FILE "$(key_file vouchers-code-key)"
    put_line CITIES_BANK_KEY_FILE "$(key_file cities-bank-key)"
    put_line NOTIFICATIONS_MAIL_FOLDER "$state/mail"
    put_line VOUCHERS_FILE_FOLDER "$state/files"
    for name in "${services[@]}"; do
      put_line "${name^^}_AMQP_URL" "amqp://$name:$(secret "broker-$name")@$broker"
      put_line "${name^^}_DATABASE_URL" \
        "postgresql://$name:$(secret "database-$name")@127.0.0.1:$(remembered database)/$name"
      put_line "${name^^}_HTTP_PORT" "${http_port[$name]}"
    done
    # shellcheck disable=SC2016
    printf 'case ":$PATH:" in *:%q:*) ;; *) export PATH=%q:"$PATH" ;; esac\n' "$programs" "$programs"
  } >"$state/env.new"
  mv "$state/env.new" "$state/env"
}

put_line() { printf 'export %s=%q\n' "$1" "$2"; }

# A service that already runs keeps its port; one that does not gets the remembered port or, if that is taken, another.
settle_http_port() {
  if service_is_running "$1" && port=$(remembered "$1"); then
    return 0
  fi
  settle_port "$1" "$2"
}

# service_process NAME: the process that `citycoop up` noted in run/NAME.pid, if it still is that service
service_process() {
  local pid
  { read -r pid _ <"$state/run/$1.pid"; } 2>/dev/null || [[ -n ${pid:-} ]] || return 1
  [[ $pid =~ ^[0-9]+$ && $(readlink "/proc/$pid/exe" 2>/dev/null) =~ /$1(\ \(deleted\))?$ ]] || return 1
  printf '%s\n' "$pid"
}

service_is_running() { service_process "$1" >/dev/null; }

# citycoop ARGUMENT…: the operator's tool with the environment of this state folder
citycoop() {
  (
    # shellcheck disable=SC1091
    source "$state/env"
    exec "$programs/citycoop" "$@"
  )
}

# bring_up: topology, schema, services
bring_up() {
  say 'declaring exchanges, queues and permissions'
  citycoop topology apply </dev/null >&2 || fail 'the topology could not be applied' 'the message above says why'
  say 'bringing the four schemas up to date'
  citycoop migrate </dev/null >&2 || fail 'a migration failed' 'the message above says why'
  say 'starting the four services'
  citycoop up --state "$state" </dev/null >&2 9>&- \
    || fail 'the services did not get ready' "their logs are in $state/log"
}

# take_down: the services, if there are any
take_down() {
  local name any=''
  for name in "${services[@]}"; do
    ! service_is_running "$name" || any=yes
  done
  [[ -n $any ]] || return 0
  if [[ -x $programs/citycoop && -s $state/env ]] && citycoop down --state "$state" </dev/null >&2; then
    return 0
  fi
  warn "'citycoop down' is not there or failed: ending the services directly"
  for name in "${services[@]}"; do
    end_service "$name"
  done
}

end_service() {
  local pid
  pid=$(service_process "$1") || return 0
  kill -s TERM "$pid" 2>/dev/null || true
  wait_until "$1 to end" 30 has_ended "$pid" || fail "$1 (process $pid) does not end" "kill -9 $pid"
}
