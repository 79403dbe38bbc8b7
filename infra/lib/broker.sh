# shellcheck shell=bash
# A private RabbitMQ: on loopback only, with a node name, a cookie and a port mapper (epmd) of its own, as the user
# rabbitmq when we are root. Its one user is "administrator" with a random password; there never is a guest.

find_rabbitmq() {
  rabbitmq_programs=${CITYCOOP_RABBITMQ_BIN:-/usr/lib/rabbitmq/bin}
  [[ -x $rabbitmq_programs/rabbitmq-server ]] || fail 'RabbitMQ is not installed' 'apt-get install rabbitmq-server' \
    'or name the folder of its programs in CITYCOOP_RABBITMQ_BIN'
}

# start_broker [AMQP-PORT [MANAGEMENT-PORT]]
start_broker() {
  local file="$state/servers/broker" status
  local amqp_port amqps_port=0 management_port epmd_port node_port
  find_rabbitmq
  if is_running "$file"; then
    amqp_port=$(remembered amqp)
    wait_until 'the broker' 180 broker_is_ready "$file" && return 0
    fail 'the broker runs but does not answer' "its log is $state/log/broker.log"
  fi
  make_broker_folder
  # Between the choice of a port and its use another program may take it.
  for _ in 1 2 3; do
    settle_broker_ports "$@"
    write_broker_configuration
    start_port_mapper
    status=0
    run_broker "$file" || status=$?
    ((status != 0)) || return 0
    end_process "$file" 'the broker' KILL
    any_port_is_taken "$amqp_port" "$amqps_port" "$management_port" "$node_port" || break
  done
  tail -n 15 "$state/log/broker.log" >&2
  fail 'the broker did not start' "its log is $state/log/broker.log"
}

settle_broker_ports() {
  local port
  settle_port amqp "${1:-}"
  amqp_port=$port
  if has_certificates; then
    settle_port amqps
    amqps_port=$port
  fi
  settle_port management "${2:-}"
  management_port=$port
  settle_port node
  node_port=$port
  is_running "$state/servers/epmd" || settle_port epmd
  epmd_port=$(remembered epmd)
}

make_broker_folder() {
  use_data
  folder_for rabbitmq "$data/broker"
  folder_for rabbitmq "$data/broker/conf.d"
  [[ -s $data/broker/node ]] || printf 'citycoop-%s@localhost\n' "$(random_text | cut -c 1-8)" >"$data/broker/node"
  copy_for rabbitmq "$infra/rabbitmq/enabled_plugins" "$data/broker/enabled_plugins"
  copy_for rabbitmq <(printf '[].\n') "$data/broker/advanced.config"
  secret cookie >/dev/null
  copy_for rabbitmq "$state/secrets/cookie" "$data/broker/.erlang.cookie"
  chmod 400 "$data/broker/.erlang.cookie"
}

write_broker_configuration() {
  copy_for rabbitmq <(
    cat "$infra/rabbitmq/rabbitmq.conf"
    printf '\n# This instance.\n'
    printf 'listeners.tcp.1 = 127.0.0.1:%s\n' "$amqp_port"
    if has_certificates; then write_tls_configuration; fi
    printf 'management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = %s\n' "$management_port"
    printf 'default_user = administrator\ndefault_pass = %s\n' "$(secret broker-administrator)"
  ) "$data/broker/rabbitmq.conf"
  (umask 077 && printf 'user = "administrator:%s"\n' "$(secret broker-administrator)" >"$state/secrets/broker.curl")
}

write_tls_configuration() {
  local file
  for file in authority.pem server.pem server.key; do
    copy_for rabbitmq "$state/certificates/$file" "$data/broker/$file"
  done
  printf 'listeners.ssl.1 = 127.0.0.1:%s\n' "$amqps_port"
  printf 'ssl_options.%s\n' "cacertfile = $data/broker/authority.pem" "certfile = $data/broker/server.pem" \
    "keyfile = $data/broker/server.key" 'versions.1 = tlsv1.3' 'versions.2 = tlsv1.2'
}

# Every Erlang node looks for a port mapper and starts one that outlives it if there is none: ours is started here, so
# that it can be stopped.
start_port_mapper() {
  local file="$state/servers/epmd"
  ! is_running "$file" || return 0
  launch "$file" "$state/log/epmd.log" rabbitmq \
    env -i PATH="$PATH" HOME="$data/broker" epmd -port "$epmd_port" -address 127.0.0.1
  wait_until 'the port mapper' 20 port_is_taken "$epmd_port" \
    || fail 'the port mapper (epmd) did not start' "its log is $state/log/epmd.log"
}

run_broker() {
  raise_file_limit
  # RUNNING_UNDER_SYSTEMD: the script becomes the broker instead of watching over it, so that the process we remember
  # is the broker. Every RABBITMQ_…_FILE that is not named here would be looked for under /etc.
  launch "$1" "$state/log/broker.log" rabbitmq \
    env -i PATH="$PATH" LANG=C.UTF-8 HOME="$data/broker" RUNNING_UNDER_SYSTEMD=true \
    ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd_port" RABBITMQ_DIST_PORT="$node_port" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' \
    RABBITMQ_NODENAME="$(cat "$data/broker/node")" \
    RABBITMQ_CONF_ENV_FILE="$data/broker/no-environment-file" \
    RABBITMQ_CONFIG_FILE="$data/broker/rabbitmq.conf" RABBITMQ_CONFIG_FILES="$data/broker/conf.d" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$data/broker/advanced.config" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$data/broker/enabled_plugins" \
    RABBITMQ_MNESIA_BASE="$data/broker" RABBITMQ_MNESIA_DIR="$data/broker/node-data" \
    RABBITMQ_LOG_BASE="$data/broker/log" RABBITMQ_LOGS=- \
    "$rabbitmq_programs/rabbitmq-server"
  wait_until 'the broker' 180 broker_is_ready "$1"
}

raise_file_limit() {
  local most
  most=$(ulimit -H -n)
  [[ $most != unlimited ]] && ((most < 65536)) || most=65536
  ulimit -S -n "$most" 2>/dev/null || true
}

broker_is_ready() {
  is_running "$1" || return 2
  management_quietly GET "health/checks/port-listener/$amqp_port" || return 1
  ((amqps_port == 0)) || management_quietly GET "health/checks/port-listener/$amqps_port" || return 1
  management_quietly GET health/checks/virtual-hosts || return 1
}

management_quietly() { management "$@" >/dev/null 2>&1; }

# management METHOD PATH [JSON]: one call of the management API as the administrator; password and body are on no
# command line
management() {
  local -a body=()
  (($# < 3)) || body=(--header 'content-type: application/json' --data-binary @-)
  printf '%s' "${3:-}" | curl --silent --show-error --fail --max-time 10 --config "$state/secrets/broker.curl" \
    --request "$1" "${body[@]}" "http://127.0.0.1:$(remembered management)/api/$2"
}

stop_broker() {
  end_process "$state/servers/broker" 'the broker' TERM
  end_process "$state/servers/epmd" 'the port mapper' TERM
}

kill_broker() { end_process "$state/servers/broker" 'the broker' KILL; }

amqp_url() {
  printf 'amqp://administrator:%s@127.0.0.1:%s/\n' "$(secret broker-administrator)" "$(remembered amqp)"
}

# amqps_url: without the authority, which the client has to name
amqps_url() {
  printf 'amqps://administrator:%s@localhost:%s/\n' "$(secret broker-administrator)" "$(remembered amqps)"
}

management_url() {
  printf 'http://administrator:%s@127.0.0.1:%s\n' "$(secret broker-administrator)" "$(remembered management)"
}
