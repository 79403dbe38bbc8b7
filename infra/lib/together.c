// The five programs in one executable, for the image: the name it is called by says which of them it is. What they have in
// common, the Swift runtime and most of the suite, is there once.
#include <stdio.h>
#include <string.h>

int cities_main(int argc, char **argv);
int events_main(int argc, char **argv);
int vouchers_main(int argc, char **argv);
int notifications_main(int argc, char **argv);
int citycoop_main(int argc, char **argv);

static const struct {
  const char *name;
  int (*main)(int argc, char **argv);
} programs[] = {
    {"cities", cities_main},       {"events", events_main},     {"vouchers", vouchers_main},
    {"notifications", notifications_main}, {"citycoop", citycoop_main},
};

int main(int argc, char **argv) {
  const char *called = argc > 0 ? argv[0] : "";
  const char *slash = strrchr(called, '/');
  const char *name = slash ? slash + 1 : called;
  for (size_t index = 0; index < sizeof programs / sizeof *programs; index++) {
    if (strcmp(name, programs[index].name) == 0) return programs[index].main(argc, argv);
  }
  fprintf(stderr, "%s: there is no such program\n", name);
  return 64;
}
