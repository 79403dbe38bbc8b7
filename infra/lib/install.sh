# shellcheck shell=bash
# The Debian packages that the suite needs. Nothing is touched when they are all there.
# shellcheck disable=SC2034

# A name, or names that do equally well, the first being the one to install.
packages_to_run=('curl' 'ca-certificates' 'postgresql' 'rabbitmq-server')
packages_to_build=(
  'git' 'pkg-config|pkgconf' 'binutils' 'libc6-dev' 'libgcc-12-dev|libgcc-13-dev|libgcc-14-dev'
  'libstdc++-12-dev|libstdc++-13-dev|libstdc++-14-dev' 'libedit2' 'libncurses6' 'libsqlite3-0' 'libxml2|libxml2-16'
  'zlib1g-dev' 'tzdata' 'librabbitmq-dev' 'libpq-dev' 'libcurl4-openssl-dev|libcurl4-gnutls-dev'
  'libcsv-dev' 'libmicrohttpd-dev' 'libssl-dev'
)
# prometheus for its promtool.
packages_to_test=('shellcheck' 'amqp-tools' 'openssl' 'libxml2-utils' 'prometheus')
packages_for_floor=('gcc')

package_is_there() {
  local name
  local -a names
  IFS='|' read -ra names <<<"$1"
  for name in "${names[@]}"; do
    ! is_installed "$name" || return 0
  done
  return 1
}

# install_missing PACKAGE…
install_missing() {
  local package
  local -a missing=()
  command -v dpkg-query >/dev/null || {
    warn "this is not a Debian system: whether these packages are there is not known: $*"
    return 0
  }
  for package in "$@"; do
    package_is_there "$package" || missing+=("${package%%|*}")
  done
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

install_packages() {
  local -a privileged=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "these packages are missing: $*" "as root: apt-get install $*"
    privileged=(sudo)
  fi
  say "installing $* (Debian packages)"
  local log
  log=$(mktemp)
  # Packages of servers start them, and PostgreSQL's makes a cluster: nothing of that is ours to want.
  "${privileged[@]}" bash -c "$(declare -f install_as_root is_installed forbid_services allow_services); install_as_root \"\$@\"" \
    install "$@" >"$log" 2>&1 </dev/null &
  local pid=$! status=0
  wait_until "apt-get (its output is in $log)" 3600 has_ended "$pid" || true
  wait "$pid" || status=$?
  if ((status != 0)); then
    tail -n 15 "$log" >&2
    fail 'the packages could not be installed' "as root: apt-get update && apt-get install $*" \
      "the whole output is in $log"
  fi
  rm -f "$log"
}

# The following four run in a shell of their own, as root.
install_as_root() {
  set -euo pipefail
  export DEBIAN_FRONTEND=noninteractive
  local -a apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  local -a units=()
  is_installed postgresql || units+=(postgresql.service)
  is_installed rabbitmq-server || units+=(rabbitmq-server.service)
  is_installed erlang-base || units+=(epmd.service epmd.socket)
  is_installed prometheus || units+=(prometheus.service)
  trap allow_services EXIT
  forbid_services
  # A source that does not answer is no reason to give up: what we need may come from the others.
  "${apt[@]}" update || true
  "${apt[@]}" install --no-install-recommends --no-remove "$@"
  # Nor shall servers that came with this appear at the next start of the machine.
  if ((${#units[@]} > 0)) && command -v systemctl >/dev/null; then
    systemctl disable --quiet "${units[@]}" || true
  fi
}

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

forbid_services() {
  made=()
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    made+=(/usr/sbin/policy-rc.d)
  fi
  if ! is_installed postgresql; then
    mkdir -p /etc/postgresql-common/createcluster.d
    printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.d/citycoop.conf
    made+=(/etc/postgresql-common/createcluster.d/citycoop.conf)
  fi
}

allow_services() { rm -f "${made[@]}"; }
