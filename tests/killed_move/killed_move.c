// Preloaded (LD_PRELOAD), it kills the process just before its n-th rename that must not replace a file;
// CALOTYPE_TEST_KILLED_MOVE is n.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int renameat2(int old_folder, const char* old_path, int new_folder, const char* new_path, unsigned int flags) {
  static int (*real)(int, const char*, int, const char*, unsigned int);
  static int moves;
  if (real == NULL) {
    *(void**)&real = dlsym(RTLD_NEXT, "renameat2");
  }
  const char* const text = getenv("CALOTYPE_TEST_KILLED_MOVE");
  if ((flags & RENAME_NOREPLACE) != 0 && text != NULL && ++moves == atoi(text)) {
    raise(SIGKILL);
  }
  return real(old_folder, old_path, new_folder, new_path, flags);
}
