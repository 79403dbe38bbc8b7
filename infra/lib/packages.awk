# Package.swift without targets of its own: what is left changes only when the suite depends on something else.
/^let [A-Za-z]+ = Target\.Dependency\.product\(/ { products = products (products ? ", " : "") $2 }
/^    products: \[/ { inside = 1 }
/^    targets: \[/ {
  print "    targets: [.executableTarget(name: \"packages\", dependencies: [" products "], path: \"Packages\")],"
  inside = 1
}
!inside { print }
/^    \],/ { inside = 0 }
