/* Fails one call on a file: the FAULT_AT-th below FAULT_UNDER gets the error FAULT_ERRNO, and FAULT_LOG is made. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int calls = 0;
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fails(const char *path) {
  const char *under = getenv("FAULT_UNDER"), *at = getenv("FAULT_AT");
  if (!under || !at || !path || strncmp(path, under, strlen(under)) != 0) return 0;
  if (__sync_add_and_fetch(&calls, 1) != atoi(at)) return 0;
  int log = REAL(open)(getenv("FAULT_LOG"), O_CREAT | O_WRONLY, 0644);
  if (log >= 0) close(log);
  errno = atoi(getenv("FAULT_ERRNO"));
  return 1;
}

static int fails_fd(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return fails(path);
}

#define OPEN(name)                                    \
  int name(const char *path, int flags, ...) {        \
    va_list rest;                                     \
    va_start(rest, flags);                            \
    mode_t mode = va_arg(rest, mode_t);               \
    va_end(rest);                                     \
    return fails(path) ? -1 : REAL(name)(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
ssize_t write(int fd, const void *data, size_t n) { return fails_fd(fd) ? -1 : REAL(write)(fd, data, n); }
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) { return fails_fd(fd) ? -1 : REAL(pwrite64)(fd, data, n, at); }
int fsync(int fd) { return fails_fd(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails_fd(fd) ? -1 : REAL(fdatasync)(fd); }
int rename(const char *from, const char *to) { return fails(to) ? -1 : REAL(rename)(from, to); }
int mkdir(const char *path, mode_t mode) { return fails(path) ? -1 : REAL(mkdir)(path, mode); }
int link(const char *from, const char *to) { return fails(to) ? -1 : REAL(link)(from, to); }
