import { describe, expect, it } from 'vitest';
import { sniff } from './sniff.ts';

/** `json`, `gzip`, `foreign: …`: what the bytes are taken for. */
function told(bytes: Buffer): string {
  const found = sniff(bytes);
  switch (found.kind) {
    case 'text':
      return found.text;
    case 'packed':
      return found.packing;
    case 'foreign':
      return `foreign: ${found.foreign.name}`;
    case 'empty':
      return 'empty';
    default:
      return found satisfies never;
  }
}

describe('sniff', () => {
  const rows: { name: string; text: string; is: string }[] = [
    { name: 'JSON object', text: '{"kind":"Pod"}', is: 'json' },
    { name: 'JSON array after blanks', text: '\n\n [\n  {"Id":"x"}]', is: 'json' },
    {
      name: 'cluster-info dump that starts with a log',
      text: '==== START logs for container a of pod b/c ====\nx\n',
      is: 'json',
    },
    {
      name: 'JSON after a warning of kubectl',
      text: 'Warning: x is deprecated\n{\n    "kind": "List"}',
      is: 'json',
    },
    {
      name: 'journal as JSON',
      text: '{"MESSAGE":"x","__REALTIME_TIMESTAMP":"1700000000000000"}\n',
      is: 'log',
    },
    {
      name: 'a pod whose annotation quotes a journal',
      text: '{"apiVersion":"v1","x":"\\"__REALTIME_TIMESTAMP\\":"}',
      is: 'json',
    },
    { name: 'YAML', text: '---\napiVersion: v1\nkind: Pod\n', is: 'yaml' },
    { name: 'YAML after comments', text: '# kubectl get\n# pods\nkind: PodList\n', is: 'yaml' },
    { name: 'describe pod', text: 'Name:         a\nNamespace:    b\nNode:         n\n', is: 'describe' },
    {
      name: 'part of a describe',
      text: 'Containers:\n  app:\n    State:          Running\n',
      is: 'describe',
    },
    { name: 'dmesg', text: '[    0.000000] Linux version 5.15\n', is: 'log' },
    { name: 'dmesg -T in a German locale', text: '[Di Aug 12 03:54:03 2025] php-fpm started\n', is: 'log' },
    { name: 'dmesg -x', text: 'kern  :warn  : 2025-01-21T04:41:44,283302+00:00 x\n', is: 'log' },
    { name: '/dev/kmsg', text: '6,339,5140900,-;NET: Registered protocol family 10\n', is: 'log' },
    { name: 'syslog', text: 'Feb  3 19:57:08 n1 kernel: x\n', is: 'log' },
    { name: 'klog', text: 'I0303 08:00:02.120315       1 cmd.go:209] x\n', is: 'log' },
    { name: 'a bare kernel report', text: 'stress invoked oom-killer: gfp_mask=0x100cca\n', is: 'log' },
    { name: 'memory.events', text: 'low 0\nhigh 0\nmax 0\noom 1\noom_kill 1\n', is: 'cgroup' },
    {
      name: 'grep over counter files',
      text: '/sys/fs/cgroup/memory.max:max\n/sys/fs/cgroup/memory.peak:77\n',
      is: 'cgroup',
    },
    { name: 'memory.pressure', text: 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n', is: 'cgroup' },
    { name: 'prose', text: 'Dear reader,\n', is: 'unknown' },
    { name: 'HTML', text: '<!DOCTYPE html>\n<html></html>\n', is: 'unknown' },
    { name: 'blanks', text: ' \r\n\t', is: 'empty' },
    { name: 'nothing', text: '', is: 'empty' },
  ];
  it.each(rows)('$name', ({ text, is }) => {
    expect(told(Buffer.from(text))).toBe(is);
  });

  it.each([
    ['1f8b08', 'gzip'],
    ['28b52ffd', 'zstd'],
    ['504b0304', 'zip'],
    ['504b0506', 'zip'],
    ['fd377a585a00', 'foreign: xz-compressed'],
    ['425a6839314159265359000001', 'foreign: bzip2-compressed'],
    ['7f454c460201', 'foreign: an ELF program or core dump'],
    ['0001020304050607', 'foreign: binary data'],
  ])('magic %s', (hex, is) => {
    expect(told(Buffer.from(hex, 'hex'))).toBe(is);
  });

  it('text that begins like bzip2 is text', () => {
    expect(told(Buffer.from('BZh is how this sentence begins.\n'))).toBe('unknown');
  });
});
