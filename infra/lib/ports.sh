# shellcheck shell=bash
# Ports on loopback. A state folder keeps the ports it has in STATE/ports, so that the next run uses the same ones.

# port_is_taken PORT: whether anything listens there, on whatever address of this machine
port_is_taken() {
  local wanted local_address connection_state rest
  wanted=$(printf '%04X' "$1")
  while read -r _ local_address _ connection_state rest; do
    [[ $connection_state != 0A || ${local_address##*:} != "$wanted" ]] || return 0
  done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  return 1
}

# any_port_is_taken PORT…
any_port_is_taken() {
  local each
  for each in "$@"; do
    ! port_is_taken "$each" || return 0
  done
  return 1
}

# remembered NAME: the port of that name in the state folder
remembered() {
  local name port
  [[ -f $state/ports ]] || return 1
  while IFS='=' read -r name port; do
    [[ $name != "$1" ]] || { printf '%s\n' "$port" && return 0; }
  done <"$state/ports"
  return 1
}

# remember NAME PORT
remember() {
  local others=''
  [[ ! -f $state/ports ]] || others=$(grep -v "^$1=" "$state/ports" || true)
  printf '%s\n' ${others:+"$others"} "$1=$2" >"$state/ports.new"
  mv "$state/ports.new" "$state/ports"
}

# free_port: one that nobody listens on and that this state folder has not given away. Below 32768, where Linux takes
# the ports of outgoing connections from.
free_port() {
  local port
  while true; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! port_is_taken "$port" && ! grep -qs "=$port$" "$state/ports"; then
      printf '%s\n' "$port"
      return 0
    fi
  done
}

# settle_port NAME [WISH]: sets $port to the remembered port, else the wished one, else any; another one, and says so,
# when it is taken
settle_port() {
  local name=$1 wish=${2:-}
  port=$(remembered "$name") || port=${wish:-$(free_port)}
  if port_is_taken "$port"; then
    local taken=$port
    port=$(free_port)
    say "port $taken is taken by another program: $name gets $port"
  fi
  remember "$name" "$port"
}
