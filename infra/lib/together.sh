# shellcheck shell=bash
# The five executables as one, which is whichever it is called as: what they have in common, the Swift runtime and most of
# the suite, is in the image once. Apart they take 129 MB there, together 31.

# link_together FILE: from the objects of .build/release. SwiftPM names the entry of each after its module, and lists what it
# is linked from; lib/together.c has the entry of the whole.
link_together() {
  local folder="$archives/together" libraries name
  local -a needed
  rm -rf "$folder"
  mkdir -p "$folder"
  for name in "${executables[@]}"; do list_objects "$name"; done | sort -u >"$folder/objects"
  libraries=$(pkg-config --libs librabbitmq libpq libcurl libmicrohttpd libcrypto) || fail 'a C library is missing'
  read -ra needed <<<"$libraries -lcsv -lstdc++"
  say "linking $1"
  clang -O2 -Wall -Werror -c "$infra/lib/together.c" -o "$folder/together.o" || fail 'together.c does not compile'
  swiftc -static-stdlib -emit-executable -use-ld=lld "${linker_flags[@]}" -Xlinker --gc-sections "-L$archives" \
    "${needed[@]}" "@$folder/objects" "$folder/together.o" -o "$1" \
    || fail 'the executables cannot be linked together' 'the compiler says why, above'
}

# list_objects EXECUTABLE. Where a program begins, the compiler makes symbols that have the same names in every program and
# that the linker may therefore merge: those are renamed, or all five would be the first.
list_objects() {
  local object symbol copy
  local -a renamed
  while IFS= read -r object; do
    renamed=()
    if [[ $object == */$1.build/* ]]; then
      while read -r symbol; do renamed+=(--redefine-sym "$symbol=$1.$symbol"); done < <(
        nm "$object" | awk '$2 ~ /^[VW]$/ && /async_Main/ { print $3 }'
      )
    fi
    if ((${#renamed[@]} > 0)); then
      copy="$folder/$1.${object##*/}"
      objcopy "${renamed[@]}" "$object" "$copy" || fail "$object cannot be copied"
      object=$copy
    fi
    printf '%s\n' "$object"
  done <"$root/.build/release/$1.product/Objects.LinkFileList"
}
