/*
 * Writes new kernel messages to stdout as Debian 12's rsyslog writes /var/log/kern.log:
 *   2025-11-23T17:24:51.123456+00:00 HOST kernel: [ 2302.149827] TEXT
 * Its first argument is the host's name. Messages from before the start are left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
  const char *host = count > 1 ? arguments[1] : "localhost";
  char record[8192];
  int log = open("/dev/kmsg", O_RDONLY);
  if (log < 0 || lseek(log, 0, SEEK_END) < 0) {
    perror("/dev/kmsg");
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (;;) {
    ssize_t length = read(log, record, sizeof record - 1);
    unsigned priority;
    unsigned long long sequence, at_us;
    char day[32];
    struct timespec now;
    struct tm utc;
    /* EPIPE: messages were overwritten before they were read; the next read goes on behind the gap. */
    if (length < 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (length <= 0) return 1;
    record[length] = 0;
    char *text = strchr(record, ';');
    if (text == NULL || sscanf(record, "%u,%llu,%llu", &priority, &sequence, &at_us) != 3) continue;
    /* Only the kernel's own (facility 0): programs may write to /dev/kmsg as well. */
    if (priority >> 3 != 0) continue;
    text += 1;
    text[strcspn(text, "\n")] = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    printf("%s.%06ld+00:00 %s kernel: [%5llu.%06llu] %s\n", day, now.tv_nsec / 1000, host, at_us / 1000000,
           at_us % 1000000, text);
  }
}
