# shellcheck shell=bash
# What every script needs that has to do with the private servers.
# shellcheck source=lib/say.sh
source "$infra/lib/say.sh"
# shellcheck source=lib/process.sh
source "$infra/lib/process.sh"
# shellcheck source=lib/ports.sh
source "$infra/lib/ports.sh"
# shellcheck source=lib/state.sh
source "$infra/lib/state.sh"
# shellcheck source=lib/database.sh
source "$infra/lib/database.sh"
# shellcheck source=lib/broker.sh
source "$infra/lib/broker.sh"
