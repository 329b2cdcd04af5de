import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsedLogLine, parseLogLine } from './log-line.ts';

/** 2025-11-23T00:00:00Z */
const NOW = { nowMs: Date.UTC(2025, 10, 23) };
const KILL = 'Out of memory: Killed process 7 (a: b) total-vm:1kB';

describe('parseLogLine', () => {
  it.each<[string, string, Partial<ParsedLogLine>]>([
    ['raw dmesg', `[12345.678901] ${KILL}`, { uptimeSeconds: 12345.678901, origin: 'kernel', message: KILL }],
    [
      'raw dmesg in colours (dmesg --color=always)',
      `\x1b[32m[12345.678901] \x1b[0m\x1b[31m${KILL}\x1b[0m`,
      { uptimeSeconds: 12345.678901, origin: 'kernel', message: KILL },
    ],
    [
      'a process whose name moves the cursor',
      '[   12.5] Out of memory: Killed process 7 (a\x1b[2J\u202eb)',
      { message: 'Out of memory: Killed process 7 (ab)' },
    ],
    [
      'the same inside a JSON record, with a host like it',
      '{"MESSAGE":"Killed process 7 (a\\u001b[2Jb)","_HOSTNAME":"n\\u001b]0;x\\u00071"}',
      { message: 'Killed process 7 (ab)', host: 'n1' },
    ],
    ['raw dmesg, early', `[    5.000001] ${KILL}`, { uptimeSeconds: 5.000001, message: KILL }],
    [
      'raw dmesg with the writing task',
      `[ 8523.347168][ T4312] ${KILL}`,
      { uptimeSeconds: 8523.347168, caller: 'T4312', message: KILL },
    ],
    [
      'raw dmesg with level',
      `<4>[   12.5] ${KILL}`,
      { uptimeSeconds: 12.5, origin: 'kernel', message: KILL },
    ],
    [
      'dmesg -T',
      `[Thu Apr  1 16:45:10 2021] ${KILL}`,
      { atMs: Date.UTC(2021, 3, 1, 16, 45, 10), origin: 'kernel', message: KILL },
    ],
    ['dmesg -T, German', `[Di Mär 12 03:54:03 2024] ${KILL}`, { atMs: Date.UTC(2024, 2, 12, 3, 54, 3) }],
    ['dmesg -T, German May', `[Di Mai 14 03:54:03 2024] ${KILL}`, { atMs: Date.UTC(2024, 4, 14, 3, 54, 3) }],
    ['dmesg -T, French', `[mar. août 12 03:54:03 2025] ${KILL}`, { atMs: Date.UTC(2025, 7, 12, 3, 54, 3) }],
    ['dmesg -T, Russian', `[Вт дек 12 03:54:03 2023] ${KILL}`, { atMs: Date.UTC(2023, 11, 12, 3, 54, 3) }],
    ['dmesg -T, Japanese', `[火  8月 12 03:54:03 2025] ${KILL}`, { atMs: Date.UTC(2025, 7, 12, 3, 54, 3) }],
    [
      'dmesg --time-format=iso',
      `2025-01-21T08:41:30,283302+02:00 ${KILL}`,
      { atMs: Date.UTC(2025, 0, 21, 6, 41, 30, 283), origin: 'kernel', message: KILL },
    ],
    [
      'dmesg --decode',
      `kern  :warn  : 2025-01-21T08:41:30,283302+00:00 ${KILL}`,
      { atMs: Date.UTC(2025, 0, 21, 8, 41, 30, 283), origin: 'kernel', message: KILL },
    ],
    [
      'dmesg --decode, uptime',
      `kern  :err   : [   12.500000] ${KILL}`,
      { uptimeSeconds: 12.5, message: KILL },
    ],
    [
      'dmesg --decode, a program',
      'user  :notice: [   12.500000] systemd[1]: Started x.',
      { origin: 'user', ident: 'systemd', message: 'Started x.' },
    ],
    [
      'kmsg record',
      `6,22743,6115623303887,-;${KILL}`,
      { uptimeSeconds: 6115623.303887, origin: 'kernel', message: KILL },
    ],
    [
      'kmsg record of a program',
      `12,22743,6115623303887,-;fake[1]: ${KILL}`,
      { origin: 'user', ident: 'fake', message: KILL },
    ],
    ['kmsg record with caller', `6,1,5000000,-,caller=T12;${KILL}`, { uptimeSeconds: 5, caller: 'T12' }],
    [
      'syslog with uptime',
      `Oct 12 19:00:20 node-1 kernel: [ 8523.347168] ${KILL}`,
      {
        atMs: Date.UTC(2025, 9, 12, 19, 0, 20),
        uptimeSeconds: 8523.347168,
        host: 'node-1',
        ident: 'kernel',
        origin: 'kernel',
        message: KILL,
      },
    ],
    [
      'syslog of last year',
      `Dec 31 23:59:59 n kernel: ${KILL}`,
      { atMs: Date.UTC(2024, 11, 31, 23, 59, 59) },
    ],
    ['syslog, one digit day', `Nov  2 01:02:03 n kernel: ${KILL}`, { atMs: Date.UTC(2025, 10, 2, 1, 2, 3) }],
    ['syslog, 29 February', `Feb 29 01:02:03 n kernel: ${KILL}`, { atMs: Date.UTC(2024, 1, 29, 1, 2, 3) }],
    ['syslog with priority', `<4>Oct 12 19:00:20 n kernel: ${KILL}`, { host: 'n', origin: 'kernel' }],
    [
      'syslog of a program',
      'Oct 12 19:00:20 n kubelet[812]: I1012 19:00:20.1 812 a.go:1] "x"',
      { ident: 'kubelet', origin: 'user', message: 'I1012 19:00:20.1 812 a.go:1] "x"' },
    ],
    [
      'busybox syslog',
      `Oct 12 19:00:20 n kern.warn kernel: [    1.5] ${KILL}`,
      { host: 'n', uptimeSeconds: 1.5 },
    ],
    [
      'RFC 5424',
      `<4>1 2025-01-21T08:41:30.283Z n kernel - - - ${KILL}`,
      { atMs: Date.UTC(2025, 0, 21, 8, 41, 30, 283), host: 'n', ident: 'kernel', message: KILL },
    ],
    [
      'RFC 5424 with data',
      `<30>1 2025-01-21T08:41:30Z n kubelet 812 - [a@1 b="c d"] text`,
      { ident: 'kubelet', origin: 'user', message: 'text' },
    ],
    [
      'ISO syslog',
      `2025-01-21T08:41:30.283302+00:00 n kernel: [   12.500000] ${KILL}`,
      { atMs: Date.UTC(2025, 0, 21, 8, 41, 30, 283), host: 'n', uptimeSeconds: 12.5, message: KILL },
    ],
    [
      'journald short-precise (NodeLogQuery)',
      `Oct 12 19:00:20.123456 n containerd[640]: text`,
      { atMs: Date.UTC(2025, 9, 12, 19, 0, 20, 123), ident: 'containerd', message: 'text' },
    ],
    [
      'journald short-iso',
      `2025-10-12T19:00:20+0200 n kernel: ${KILL}`,
      { atMs: Date.UTC(2025, 9, 12, 17, 0, 20), host: 'n', ident: 'kernel', message: KILL },
    ],
    [
      'journald with-unit',
      'Tue 2025-08-12 03:54:03 UTC n kubelet.service[812]: text',
      { atMs: Date.UTC(2025, 7, 12, 3, 54, 3), unit: 'kubelet.service', message: 'text' },
    ],
    [
      'journald short-monotonic',
      `[ 8523.347168] n kernel: ${KILL}`,
      { uptimeSeconds: 8523.347168, host: 'n', ident: 'kernel', message: KILL },
    ],
    [
      'journald short-unix',
      `1760295620.123456 n kernel: ${KILL}`,
      { atMs: 1760295620123, host: 'n', message: KILL },
    ],
    [
      'epoch host [uptime]',
      `1500316299 host-a [30533610.306528] ${KILL}`,
      {
        atMs: 1500316299000,
        host: 'host-a',
        uptimeSeconds: 30533610.306528,
        origin: 'kernel',
        message: KILL,
      },
    ],
    [
      'talosctl dmesg',
      `172.20.0.2: kern: warning: [2021-11-12T14:50:45.432109875Z]: ${KILL}`,
      { atMs: Date.UTC(2021, 10, 12, 14, 50, 45, 432), host: '172.20.0.2', origin: 'kernel', message: KILL },
    ],
    [
      'klog file',
      `E1012 19:00:20.123456     812 oom.go:1] "${KILL}"`,
      {
        atMs: Date.UTC(2025, 9, 12, 19, 0, 20, 123),
        origin: 'user',
        message: `E1012 19:00:20.123456     812 oom.go:1] "${KILL}"`,
      },
    ],
    [
      'logrus file',
      'time="2025-10-12T19:00:20.879932879+02:00" level=info msg="x"',
      { atMs: Date.UTC(2025, 9, 12, 17, 0, 20, 879), origin: 'user' },
    ],
    ['host blacked out', `Feb 03 19:57:08 ** kernel: ${KILL}`, { ident: 'kernel', message: KILL }],
    ['no prefix', KILL, { origin: 'unknown', prefixed: false, message: KILL }],
    ['continuation', '                 file 688283648', { prefixed: false }],
    ['a process table row is no uptime', '[ 7513]     0  7513      243', { prefixed: false }],
    ['carriage return', `[1.5] ${KILL}\r`, { message: KILL }],
    ['date that does not exist', `Feb 30 01:02:03 n kernel: ${KILL}`, { host: 'n', message: KILL }],
    ['time that does not exist', `[Thu Apr  1 26:45:10 2021] ${KILL}`, { origin: 'kernel', message: KILL }],
    ['unknown month', `[Xx Zzz 12 03:54:03 2025] ${KILL}`, { origin: 'kernel', message: KILL }],
  ])('%s', (_name, line, expected) => {
    expect(parseLogLine(line, NOW)).toMatchObject(expected);
  });

  it.each([
    ['host blacked out', `Feb 03 19:57:08 ** kernel: ${KILL}`, 'host'],
    ['date that does not exist', `Feb 30 01:02:03 n kernel: ${KILL}`, 'atMs'],
    ['unknown month', `[Xx Zzz 12 03:54:03 2025] ${KILL}`, 'atMs'],
    ['time that does not exist', `[Thu Apr  1 26:45:10 2021] ${KILL}`, 'atMs'],
    ['raw dmesg has no host', '[ 8523.347168] oom_reaper: reaped process 5 (x)', 'host'],
    ['dmesg ISO has no tag', '2025-01-21T08:41:30,283302+00:00 Call Trace: x', 'ident'],
  ])('%s: nothing is made up', (_name, line, key) => {
    expect(parseLogLine(line, NOW)).not.toHaveProperty(key);
  });

  it('takes the year from an instant nearby before the clock', () => {
    const near = { nowMs: Date.UTC(2026, 10, 23), nearMs: Date.UTC(2023, 9, 12) };
    expect(parseLogLine('Oct 12 19:00:20 n kernel: x', near).atMs).toBe(Date.UTC(2023, 9, 12, 19, 0, 20));
    const newYear = { nearMs: Date.UTC(2023, 11, 31) };
    expect(parseLogLine('Jan  1 00:00:01 n kernel: x', newYear).atMs).toBe(Date.UTC(2024, 0, 1, 0, 0, 1));
  });

  it('has no time for syslog where the year cannot be known', () => {
    expect(parseLogLine('Oct 12 19:00:20 n kernel: x')).not.toHaveProperty('atMs');
  });

  describe('journal records', () => {
    const record = {
      __REALTIME_TIMESTAMP: '1760295620123456',
      _SOURCE_MONOTONIC_TIMESTAMP: '8523347168',
      _HOSTNAME: 'n',
      SYSLOG_IDENTIFIER: 'kernel',
      _TRANSPORT: 'kernel',
      MESSAGE: KILL,
    };
    const kernel = {
      atMs: 1760295620123,
      uptimeSeconds: 8523.347168,
      host: 'n',
      ident: 'kernel',
      message: KILL,
    };
    const bytes = [...new TextEncoder().encode('Killed process 7 (é€😀)')];
    it.each<[string, object, object]>([
      ['kernel', record, { ...kernel, origin: 'kernel' }],
      ['unit', { ...record, _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'a.service' }, { unit: 'a.service' }],
      ['a program that calls itself kernel', { ...record, _TRANSPORT: 'syslog' }, { origin: 'user' }],
      ['message as bytes', { ...record, MESSAGE: bytes }, { message: 'Killed process 7 (é€😀)' }],
      ['bytes that are no text', { ...record, MESSAGE: [65, 255, 0xc3, 66] }, { message: 'A\uFFFD\uFFFDB' }],
      ['message too long for the journal', { ...record, MESSAGE: null }, { message: '' }],
      ['repeated field', { ...record, MESSAGE: ['a', 'b'] }, { message: 'a' }],
    ])('%s', (_name, fields, expected) => {
      expect(parseLogLine(JSON.stringify(fields))).toMatchObject(expected);
    });

    it('leaves other JSON and cut records as they are', () => {
      expect(parseLogLine('{"kind":"Pod"}')).toMatchObject({ message: '{"kind":"Pod"}', prefixed: false });
      expect(parseLogLine('{"MESSAGE":"x')).toMatchObject({ prefixed: false });
    });
  });

  it('keeps the end of any line and never fails', () => {
    const head = fc.constantFrom(
      '[',
      '<4>',
      'Oct 12 19:00:20 ',
      '6,1,2,-;',
      'kern :warn : ',
      '2025-01-21T08:41:30',
      '{',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(head, fc.string()), { maxLength: 6 }), (pieces) => {
        const line = pieces.join('');
        const { message } = parseLogLine(line, NOW);
        if (!line.startsWith('{')) expect(line.replace(/\r$/, '').endsWith(message)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
