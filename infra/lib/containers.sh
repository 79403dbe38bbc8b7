# shellcheck shell=bash
# The suite in containers, as infra/compose-check looks at it.

# compose ARGUMENT…
compose() { docker compose --progress quiet "$@" </dev/null; }

# citycoop ARGUMENT…: the operator's tool
citycoop() { compose run --rm --no-deps -T citycoop "$@"; }

# containers SERVICE: the numbers of those that run
containers() { compose ps --quiet "$1"; }

# crash CONTAINER PROGRAM: kill -9 of the program inside, as a crash; Docker starts the container again
crash() {
  # shellcheck disable=SC2016
  docker exec "$1" bash -c 'for process in /proc/[0-9]*; do
    [[ $(<"$process/comm") != "$0" ]] || kill -KILL "${process##*/}"
  done' "$2" 2>/dev/null
}

# is_healthy SERVICE: whether every container of it says so
is_healthy() {
  local container
  for container in $(containers "$1"); do
    [[ $(docker inspect --format '{{.State.Health.Status}}' "$container" 2>/dev/null) == healthy ]] || return 1
  done
}

# memory SERVICE: a line for each container: its name, what it has in use with its limit, and what is resident of its
# largest process, where the pages of the program count that containers of one image share
memory() {
  local container resident
  for container in $(containers "$1"); do
    # shellcheck disable=SC2016
    resident=$(docker exec "$container" bash -c 'cat /proc/[0-9]*/status 2>/dev/null' | awk '
      $1 == "VmRSS:" && $2 > most { most = $2 } END { printf "%.1f", most / 1024 }')
    printf '%s, resident %s MiB\n' "$(docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' "$container")" "$resident"
  done
}
