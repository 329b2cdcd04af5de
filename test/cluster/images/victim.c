/*
 * A program that dies on demand. Its arguments are steps, carried out in order; after the last one it exits 0.
 *
 *   log=TEXT          a line on stdout            err=TEXT       a line on stderr
 *   sleep[=MS]        that long, or for ever      jitter=MS      a random time up to that long
 *   alloc=MIB         take and touch at once      leak=MIB:MS    MIB more every MS, for ever
 *   grow=MIB:STEP:MS  take MIB in steps of STEP   free           give all of it back
 *   file=PATH:MIB     write a file of that size (tmpfs counts as memory, disk as page cache)
 *   touch=PATH, rm=PATH                           make or remove a health file
 *   serve=PORT:PATH   HTTP in a child: 200 while PATH exists, else 503
 *   fork ... join     the steps between in a child; the parent goes on behind `join`
 *   wait              until all children ended, one line about each
 *   mirror            wait, then exit as the last child did (128 + signal), as shells do
 *   ignore=SIG        by number                   on=SIG:CODE[:MS]  exit CODE, MS after that signal
 *   exit=CODE         exit_group                  raise=SIG      to itself (PID 1 never gets one it has no handler for)
 *   kill=PID:SIG      to another                  fault=segv|ill|fpe|bus  a real fault, which also ends PID 1
 *   oom_score_adj=N   its own
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024UL * 1024UL)
#define BLOCKS 65536

static struct { char *start; size_t size; } blocks[BLOCKS];
static size_t block_count;
static int exit_code_on[65];
static long delay_ms_on[65];

static void die(const char *what) {
  fprintf(stderr, "victim: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void sleep_ms(long ms) {
  struct timespec rest = {ms / 1000, (ms % 1000) * 1000000L};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

static void sleep_for_ever(void) {
  for (;;) pause();
}

static void take(size_t mib) {
  size_t size = mib * MIB;
  if (size == 0) return;
  if (block_count == BLOCKS) sleep_for_ever();
  char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) die("mmap");
  for (size_t at = 0; at < size; at += 4096) start[at] = (char)(at >> 12 | 1);
  blocks[block_count].start = start;
  blocks[block_count++].size = size;
}

static void give_back(void) {
  while (block_count > 0) {
    block_count -= 1;
    munmap(blocks[block_count].start, blocks[block_count].size);
  }
}

/* The n-th number of A:B:C, or the fallback. */
static long number(const char *text, int index, long fallback) {
  while (index-- > 0 && text != NULL) {
    text = strchr(text, ':');
    if (text != NULL) text += 1;
  }
  return text == NULL || *text == 0 ? fallback : strtol(text, NULL, 10);
}

/* PATH:MIB split at its last colon. */
static long split_path(const char *value, char *path, size_t size) {
  snprintf(path, size, "%s", value);
  char *colon = strrchr(path, ':');
  if (colon == NULL) return 0;
  *colon = 0;
  return strtol(colon + 1, NULL, 10);
}

static void write_file(const char *value) {
  static char block[MIB];
  char path[4096];
  long mib = split_path(value, path, sizeof path);
  memset(block, 'x', sizeof block);
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (file < 0) die(path);
  for (long written = 0; written < mib; written += 1) {
    if (write(file, block, sizeof block) < 0) die(path);
  }
  close(file);
}

static void serve(const char *value) {
  const char *health = strchr(value, ':');
  int server = socket(AF_INET, SOCK_STREAM, 0);
  int yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(value, 0, 8080))};
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 16) != 0) die("serve");
  if (fork() != 0) return;
  for (;;) {
    char request[4096];
    int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    int alive = health != NULL && access(health + 1, F_OK) == 0;
    const char *answer = alive ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                               : "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if (read(client, request, sizeof request) > 0 && write(client, answer, strlen(answer)) < 0) perror("write");
    close(client);
  }
}

static void on_signal(int signal_number) {
  if (delay_ms_on[signal_number] > 0) sleep_ms(delay_ms_on[signal_number]);
  _exit(exit_code_on[signal_number]);
}

static int wait_for_children(void) {
  int status, code = 0;
  pid_t pid;
  while ((pid = wait(&status)) > 0 || errno == EINTR) {
    if (pid <= 0) continue;
    code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    printf("child %d ended: %s %d\n", pid, WIFSIGNALED(status) ? "signal" : "exit code",
           WIFSIGNALED(status) ? WTERMSIG(status) : code);
  }
  return code;
}

/* Real faults reach PID 1 too: the kernel forces them past its protection. */
static void fault(const char *kind) {
  if (strcmp(kind, "ill") == 0) __builtin_trap();
  if (strcmp(kind, "fpe") == 0) {
    volatile int zero = 0;
    volatile int result = 100 / zero;
    (void)result;
  }
  if (strcmp(kind, "bus") == 0) {
    int file = memfd_create("empty", 0);
    volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    (void)*page;
  }
  volatile char *volatile nowhere = NULL;
  *nowhere = 1;
}

static void set_own_score(const char *value) {
  FILE *file = fopen("/proc/self/oom_score_adj", "w");
  if (file == NULL || fprintf(file, "%s", value) < 0 || fclose(file) != 0) die("oom_score_adj");
}

/* A step by name with its value; returns 0 when there is no such step. */
static int step(const char *name, const char *value) {
  struct sigaction action = {0};
  if (strcmp(name, "log") == 0) printf("%s\n", value);
  else if (strcmp(name, "err") == 0) fprintf(stderr, "%s\n", value);
  else if (strcmp(name, "sleep") == 0) *value == 0 ? sleep_for_ever() : sleep_ms(number(value, 0, 0));
  else if (strcmp(name, "jitter") == 0) sleep_ms((long)(((unsigned)getpid() * 2654435761u ^ (unsigned)time(NULL)) % (number(value, 0, 1) + 1)));
  else if (strcmp(name, "alloc") == 0) take((size_t)number(value, 0, 0));
  else if (strcmp(name, "free") == 0) give_back();
  else if (strcmp(name, "leak") == 0) for (;;) { take((size_t)number(value, 0, 1)); sleep_ms(number(value, 1, 100)); }
  else if (strcmp(name, "grow") == 0) {
    for (long left = number(value, 0, 0), by = number(value, 1, 1); left > 0; left -= by) {
      take((size_t)(left < by ? left : by));
      sleep_ms(number(value, 2, 10));
    }
  }
  else if (strcmp(name, "file") == 0) write_file(value);
  else if (strcmp(name, "touch") == 0) { int file = open(value, O_WRONLY | O_CREAT, 0644); if (file < 0) die(value); close(file); }
  else if (strcmp(name, "rm") == 0) unlink(value);
  else if (strcmp(name, "serve") == 0) serve(value);
  else if (strcmp(name, "wait") == 0) wait_for_children();
  else if (strcmp(name, "mirror") == 0) exit(wait_for_children());
  else if (strcmp(name, "ignore") == 0) signal((int)number(value, 0, SIGTERM), SIG_IGN);
  else if (strcmp(name, "on") == 0) {
    int signal_number = (int)number(value, 0, SIGTERM) & 63;
    exit_code_on[signal_number] = (int)number(value, 1, 0);
    delay_ms_on[signal_number] = number(value, 2, 0);
    action.sa_handler = on_signal;
    sigaction(signal_number, &action, NULL);
  }
  else if (strcmp(name, "exit") == 0) exit((int)number(value, 0, 0));
  else if (strcmp(name, "raise") == 0) raise((int)number(value, 0, SIGTERM));
  else if (strcmp(name, "kill") == 0) { if (kill((pid_t)number(value, 0, 0), (int)number(value, 1, SIGKILL)) != 0) die("kill"); }
  else if (strcmp(name, "fault") == 0) fault(value);
  else if (strcmp(name, "oom_score_adj") == 0) set_own_score(value);
  else return 0;
  return 1;
}

static int join_of(char **steps, int at, int count) {
  for (int depth = 1; at < count; at += 1) {
    if (strcmp(steps[at], "fork") == 0) depth += 1;
    if (strcmp(steps[at], "join") == 0 && --depth == 0) return at;
  }
  return count;
}

int main(int count, char **steps) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int at = 1; at < count; at += 1) {
    if (strcmp(steps[at], "fork") == 0) {
      int join = join_of(steps, at + 1, count);
      pid_t child = fork();
      if (child < 0) die("fork");
      if (child == 0) count = join;
      else at = join;
      continue;
    }
    char name[64];
    const char *equals = strchr(steps[at], '=');
    size_t length = equals == NULL ? strlen(steps[at]) : (size_t)(equals - steps[at]);
    snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), steps[at]);
    if (!step(name, equals == NULL ? "" : equals + 1)) {
      fprintf(stderr, "victim: no such step: %s\n", steps[at]);
      return 125;
    }
  }
  return 0;
}
