/* A library for LD_PRELOAD that lets one call on one folder go wrong, or kills the process there.

       faults_arm(folder, only, at, how, code)          at the at-th call of a kind in `only` (all, when it is empty)
       faults_named(1)                                  there are no unnamed files, as on many network filesystems
       faults_log() ─▶ "open flock write fsync …"       the calls on the folder so far, in order

   A process of its own is armed by its environment: FAULTS="how at code kinds… folder", the kinds joined by commas.
   Only calls that name something in `folder`, or a descriptor of something in it, count. No rights are needed. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WATCH, KILL_BEFORE, KILL_AFTER, FAIL, FAIL_ON, SHORT };

static char folder[PATH_MAX], only[256], history[1 << 16];
static int how, code, named;
static long at;
static _Atomic long seen;
static _Atomic long length;

void faults_arm(const char *path, const char *kinds, long n, int what, int error) {
    seen = 0;
    length = 0;
    snprintf(only, sizeof only, "%s", kinds);
    at = n;
    how = what;
    code = error;
    snprintf(folder, sizeof folder, "%s", path);
}

void faults_named(int yes) { named = yes; }

__attribute__((constructor)) static void armed_from_outside(void) {
    const char *text = getenv("FAULTS");
    char kinds[sizeof only], path[sizeof folder];
    int what, error;
    long n;
    if (!text || sscanf(text, "%d %ld %d %255s %4095s", &what, &n, &error, kinds, path) != 5) return;
    for (char *letter = kinds; *letter; letter++)
        if (*letter == ',') *letter = ' ';
    faults_arm(path, kinds, n, what, error);
}

const char *faults_log(void) { return history; }

static int inside(const char *path) {
    size_t size = strlen(folder);
    return size && !strncmp(path, folder, size) && (path[size] == '/' || path[size] == 0);
}

static int of_fd(int fd) {
    char link[64], path[PATH_MAX];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (size < 0) return 0;
    path[size] = 0;
    return inside(path);
}

static int of_path(int base, const char *path) { return path[0] == '/' || base == AT_FDCWD ? inside(path) : of_fd(base); }

/* What happens at this call: 0 nothing, 1 it fails, 2 it is cut short, 3 the process ends after it. */
static int point(const char *kind, int concerned) {
    if (!folder[0] || !concerned) return 0;
    size_t size = strlen(kind);
    long start = atomic_fetch_add(&length, (long)size + 1);
    if (start + size + 1 < sizeof history) {
        memcpy(history + start, kind, size);
        history[start + size] = ' ';
        history[start + size + 1] = 0;
    }
    if (only[0]) {
        char wanted[64], list[320];
        snprintf(wanted, sizeof wanted, " %s ", kind);
        snprintf(list, sizeof list, " %s ", only);
        if (!strstr(list, wanted)) return 0;
    }
    long now = atomic_fetch_add(&seen, 1);
    if (how == FAIL_ON ? now < at : now != at) return 0;
    switch (how) {
    case KILL_BEFORE:
        kill(getpid(), SIGKILL);
        for (;;) pause();
    case KILL_AFTER: return 3;
    case FAIL:
    case FAIL_ON: errno = code; return 1;
    case SHORT: return 2;
    default: return 0;
    }
}

static void end_now(int happens) {
    if (happens == 3) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define FAULTY(type, kind, concerned, call) \
    int happens = point(kind, concerned); \
    if (happens == 1) return -1; \
    type result = call; \
    end_now(happens); \
    return result

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = va_arg(list, mode_t); \
        va_end(list); \
        REAL(int, #name, const char *, int, ...); \
        FAULTY(int, "open", of_path(AT_FDCWD, path), real(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int base, const char *path, int flags, ...) { \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = va_arg(list, mode_t); \
        va_end(list); \
        REAL(int, #name, int, const char *, int, ...); \
        if (named && (flags & O_TMPFILE) == O_TMPFILE) { \
            errno = EOPNOTSUPP; \
            return -1; \
        } \
        FAULTY(int, "open", of_path(base, path), real(base, path, flags, mode)); \
    }
OPENAT(openat)
OPENAT(openat64)

#define WRITE(name, kind, call, ...) \
    ssize_t name(int fd, const void *bytes, size_t size __VA_ARGS__) { \
        REAL(ssize_t, #name, int, const void *, size_t __VA_ARGS__); \
        int happens = point(kind, of_fd(fd)); \
        if (happens == 1) return -1; \
        if (happens == 2) size = (size + 1) / 2; \
        ssize_t result = call; \
        end_now(happens); \
        return result; \
    }
#define COMMA ,
WRITE(write, "write", real(fd, bytes, size))
WRITE(pwrite, "write", real(fd, bytes, size, offset), COMMA off_t offset)
WRITE(pwrite64, "write", real(fd, bytes, size, offset), COMMA off64_t offset)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    FAULTY(ssize_t, "write", of_fd(fd), real(fd, parts, count));
}

ssize_t sendfile(int out, int in, off_t *offset, size_t size) {
    REAL(ssize_t, "sendfile", int, int, off_t *, size_t);
    int happens = point("write", of_fd(out));
    if (happens == 1) return -1;
    ssize_t result = real(out, in, offset, happens == 2 ? (size + 1) / 2 : size);
    end_now(happens);
    return result;
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t size) {
    REAL(ssize_t, "sendfile64", int, int, off64_t *, size_t);
    int happens = point("write", of_fd(out));
    if (happens == 1) return -1;
    ssize_t result = real(out, in, offset, happens == 2 ? (size + 1) / 2 : size);
    end_now(happens);
    return result;
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    FAULTY(int, "fsync", of_fd(fd), real(fd));
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    FAULTY(int, "fsync", of_fd(fd), real(fd));
}

int fchmod(int fd, mode_t mode) {
    REAL(int, "fchmod", int, mode_t);
    FAULTY(int, "fchmod", of_fd(fd), real(fd, mode));
}

int flock(int fd, int operation) {
    REAL(int, "flock", int, int);
    FAULTY(int, "flock", of_fd(fd), real(fd, operation));
}

int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags) {
    REAL(int, "fsetxattr", int, const char *, const void *, size_t, int);
    FAULTY(int, "setxattr", of_fd(fd), real(fd, name, value, size, flags));
}

int link(const char *old, const char *new) {
    REAL(int, "link", const char *, const char *);
    FAULTY(int, "link", of_path(AT_FDCWD, new), real(old, new));
}

int linkat(int old_base, const char *old, int new_base, const char *new, int flags) {
    REAL(int, "linkat", int, const char *, int, const char *, int);
    FAULTY(int, "link", of_path(new_base, new), real(old_base, old, new_base, new, flags));
}

int rename(const char *old, const char *new) {
    REAL(int, "rename", const char *, const char *);
    FAULTY(int, "rename", of_path(AT_FDCWD, new), real(old, new));
}

int renameat(int old_base, const char *old, int new_base, const char *new) {
    REAL(int, "renameat", int, const char *, int, const char *);
    FAULTY(int, "rename", of_path(new_base, new), real(old_base, old, new_base, new));
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    FAULTY(int, "unlink", of_path(AT_FDCWD, path), real(path));
}

int unlinkat(int base, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    FAULTY(int, "unlink", of_path(base, path), real(base, path, flags));
}

int close(int fd) {
    REAL(int, "close", int);
    FAULTY(int, "close", of_fd(fd), real(fd));
}
