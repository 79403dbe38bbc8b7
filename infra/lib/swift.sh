# shellcheck shell=bash
# The Swift toolchain, and how this package is built everywhere.

swift_flags=(--explicit-target-dependency-import-check error)
# The Swift runtime goes into the executables: they need no toolchain where they run, and a service is a third smaller.
release_flags=(-c release --static-swift-stdlib "${swift_flags[@]}")
executables=(cities events vouchers notifications citycoop)

# find_swift: puts a toolchain of at least 6.2 on PATH
find_swift() {
  local folder
  if ! command -v swift >/dev/null; then
    for folder in /opt/swift/usr/bin "$HOME/.local/share/swiftly/bin" /usr/local/swift/usr/bin; do
      [[ ! -x $folder/swift ]] || PATH=$folder:$PATH
    done
  fi
  local -a where=(
    'get Swift 6.3 for this system from https://www.swift.org/install/linux/'
    'and unpack it so that there is /opt/swift/usr/bin/swift, or put its usr/bin folder on PATH'
  )
  command -v swift >/dev/null || fail 'there is no Swift toolchain' "${where[@]}"
  local version
  version=$(swift --version 2>&1 | grep -o 'Swift version [0-9]*\.[0-9]*' | head -n 1 || true)
  version=${version##* }
  [[ -n $version ]] || fail "'swift --version' says no version" "${where[@]}"
  ((${version%%.*} * 100 + ${version##*.} >= 602)) || fail "Swift $version is too old" "${where[@]}"
}

# build_release: the five executables, and sets $programs to their folder
build_release() {
  local name
  find_swift
  for name in "${executables[@]}"; do
    say "building $name (release)"
    (cd "$root" && swift build "${release_flags[@]}" --product "$name" >&2 </dev/null) \
      || fail "$name does not build" 'the compiler says why, above'
  done
  use_release
}

# use_release: sets $programs without building
use_release() {
  programs="$root/.build/release"
  local name
  for name in "${executables[@]}"; do
    [[ -x $programs/$name ]] || fail "there is no $programs/$name" 'without --no-build it is built'
  done
}
