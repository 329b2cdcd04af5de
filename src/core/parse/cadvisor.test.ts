import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCadvisorReader } from './cadvisor.ts';

const UID = '6f2c1f0a-53c5-4b6e-9c0e-0d8f3c1a2b4d';
const CONTAINER = 'c'.repeat(64);
const CGROUP = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER}.scope`;

function read(lines: readonly string[], wants: (namespace: string, pod: string) => boolean = () => true) {
  const reader = createCadvisorReader({ source: 'kubelet' }, wants);
  for (const line of lines) reader.push(line);
  return reader.end();
}

function line(metric: string, value: string, over: Readonly<Record<string, string>> = {}): string {
  const labels = {
    container: 'app',
    id: CGROUP,
    image: 'i',
    name: CONTAINER,
    namespace: 'shop',
    pod: 'web-1',
    ...over,
  };
  return `${metric}{${Object.entries(labels)
    .map(([key, text]) => `${key}="${text}"`)
    .join(',')}} ${value}`;
}

describe('cAdvisor page', () => {
  it('folds the metrics of one container instance into one sample', () => {
    const samples = read([
      '# HELP container_oom_events_total Count of out of memory events observed for the container',
      '# TYPE container_oom_events_total counter',
      line('container_oom_events_total', '3 1767225600000'),
      line('container_memory_working_set_bytes', '6.7108864e+07 1767225600123'),
      line('container_memory_max_usage_bytes', '67112960'),
      line('container_memory_rss', '65536000'),
      line('container_pressure_memory_stalled_seconds_total', '1.25'),
      line('container_cpu_usage_seconds_total', '1'),
    ]);
    expect(samples).toEqual([
      {
        id: `sample:cadvisor/shop/web-1/app/${CONTAINER}`,
        source: 'kubelet',
        namespace: 'shop',
        pod: 'web-1',
        podUid: UID,
        container: 'app',
        oomEvents: 3,
        workingSetBytes: 67_108_864,
        peakBytes: 67_112_960,
        rssBytes: 65_536_000,
        psiFullSeconds: 1.25,
        atMs: 1_767_225_600_123,
      },
    ]);
  });

  it.each([
    { name: 'the pod itself', text: line('container_memory_rss', '1', { container: '' }) },
    { name: 'the sandbox', text: line('container_memory_rss', '1', { container: 'POD' }) },
    { name: 'no pod', text: line('container_memory_rss', '1', { pod: '', namespace: '' }) },
    { name: 'not a number', text: line('container_memory_rss', 'NaN') },
    { name: 'negative', text: line('container_memory_rss', '-1') },
    { name: 'cut in a label', text: line('container_memory_rss', '1').slice(0, 40) },
    { name: 'cut before the value', text: line('container_memory_rss', '') },
    { name: 'endless', text: line('container_memory_rss', '1', { image: 'x'.repeat(10_000) }) },
    { name: 'another metric', text: line('container_memory_cache', '1') },
  ])('passes over $name', ({ text }) => {
    expect(read([text])).toEqual([]);
  });

  it('keeps wanted pods alone, and reads escaped labels', () => {
    const lines = [
      line('container_memory_rss', '1', { image: 'a\\"}b\\\\' }),
      line('container_memory_rss', '2', { pod: 'other' }),
    ];
    expect(read(lines, (namespace, pod) => namespace === 'shop' && pod === 'web-1')).toMatchObject([
      { pod: 'web-1', rssBytes: 1 },
    ]);
  });

  it('tells the dead instance from the running one', () => {
    const other = CGROUP.replace(CONTAINER, 'd'.repeat(64));
    expect(
      read([line('container_oom_events_total', '1'), line('container_oom_events_total', '0', { id: other })]),
    ).toHaveLength(2);
  });

  it('never throws', () => {
    const noise = fc.stringMatching(/^container_memory_rss\{[a-z="\\,}{ 0-9]{0,60}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), noise), (text) => {
        expect(Array.isArray(read([text]))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
