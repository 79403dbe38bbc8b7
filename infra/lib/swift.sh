# shellcheck shell=bash
# The Swift toolchain, and how this package is built everywhere.

swift_flags=(--explicit-target-dependency-import-check error)
# The Swift runtime goes into the executables: they need no toolchain where they run, and a service is a third smaller.
# What the linker is told besides, and what that saves: infra/decisions/0009.
archives="$root/.build/archives"
linker_flags=(-Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs)
release_flags=(
  -c release --static-swift-stdlib "${swift_flags[@]}" -Xswiftc -use-ld=lld "${linker_flags[@]}" -Xswiftc "-L$archives"
)
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

# find_archives: a folder with what is to be linked into the executables although there is a shared library of it
find_archives() {
  local archive
  archive=$(clang -print-file-name=libstdc++.a) \
    || fail 'there is no clang' "it is in the folder usr/bin of Swift's toolchain: put that on PATH"
  [[ -e $archive ]] || fail 'there is no libstdc++.a' 'it comes with the Debian package libstdc++-12-dev, or a later one'
  mkdir -p "$archives"
  ln -sfn "$archive" "$archives/libstdc++.a"
}

# build_release EXECUTABLE…: in .build/release
build_release() {
  local name
  find_swift
  find_archives
  for name in "$@"; do
    say "building $name (release)"
    (cd "$root" && swift build "${release_flags[@]}" --product "$name" >&2 </dev/null) \
      || fail "$name does not build" 'the compiler says why, above'
  done
}

# use_release: sets $programs to the folder of the executables
use_release() {
  programs="$root/.build/release"
  local name
  for name in "${executables[@]}"; do
    [[ -x $programs/$name ]] || fail "there is no $programs/$name" 'without --no-build it is built'
  done
}
