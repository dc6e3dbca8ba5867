// Replaces functions of the C library in processes that read photos. exiv2 and GLib ask for the home folder of the
// user, exiv2 whenever it names a lens of Canon, Nikon or Pentax. The C library would look in /etc and ask daemons
// through sockets, which ends a confined process; here nobody is known. exiv2 0.28 also asks for the working folder,
// and without one it names no lens.
#include <pwd.h>

#include <array>
#include <cerrno>
#include <cstring>

extern "C" {

// NOLINTBEGIN(readability-identifier-naming): names and arguments are POSIX's
passwd* getpwuid(uid_t /*user*/) { return nullptr; }

int getpwuid_r(uid_t /*user*/, passwd* /*entry*/, char* /*buffer*/, size_t /*size*/, passwd** result) {
  *result = nullptr;
  return ENOENT;
}

int getpwnam_r(const char* /*name*/, passwd* /*entry*/, char* /*buffer*/, size_t /*size*/, passwd** result) {
  *result = nullptr;
  return ENOENT;
}

// As in the C library, a null `buffer` asks for memory to free.
char* getcwd(char* buffer, size_t size) {
  constexpr std::array kFolder = {'/', '\0'};
  if (buffer == nullptr) {
    return strdup(kFolder.data());
  }
  if (size < kFolder.size()) {
    errno = ERANGE;
    return nullptr;
  }
  return static_cast<char*>(std::memcpy(buffer, kFolder.data(), kFolder.size()));
}
// NOLINTEND(readability-identifier-naming)

}  // extern "C"
