/** Real objects and describe text; what they hold is stated in the README beside them. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { BundlePart } from '../model/bundle.ts';
import type { ContainerState, PodEvidence } from '../model/kubernetes.ts';
import { mergeParts } from '../model/merge.ts';
import { readBundle } from '../model/upgrade.ts';
import { parseDescribe } from './describe.ts';
import { parseEvictionMessage } from './eviction.ts';
import { parseObject } from './object.ts';
import { podShowsDeath } from './pod-filter.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data');
const OBJECTS = join(DATA, 'k8s-objects');
const MIB = 1024 * 1024;

function rawOf(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  return file.endsWith('.json') ? JSON.parse(text) : loadAll(text, { schema: CORE_SCHEMA });
}

function partOf(file: string): BundlePart {
  return parseObject(rawOf(file), { source: file });
}

function onlyPod(part: BundlePart): PodEvidence {
  const [pod] = part.pods ?? [];
  if (pod === undefined) throw new Error('no pod');
  return pod;
}

function ended(state: ContainerState | undefined) {
  return state?.kind === 'terminated' ? state.termination : undefined;
}

function lastEnds(pods: readonly PodEvidence[]) {
  return pods.flatMap((pod) =>
    pod.containers.flatMap(({ status }) => ended(status?.lastState) ?? ended(status?.state) ?? []),
  );
}

describe.skipIf(!existsSync(OBJECTS))('real objects', () => {
  it('are all understood', () => {
    const files = globSync(
      join(OBJECTS, '{troubleshoot,is-healthy,gitops-engine,insights-archive}/*.{json,yaml}'),
    );
    expect(files.length).toBeGreaterThanOrEqual(23);
    for (const file of files) {
      const part = partOf(file);
      expect([file, part.gaps]).toEqual([file, undefined]);
      expect([file, Object.keys(part).length > 0]).toEqual([file, true]);
    }
  });

  it('the must-gather has 11 failed last terminations (1 four times, 255 seven times) and no OOM kill', () => {
    const files = globSync(join(OBJECTS, 'must-gather-metal/**/*.yaml'));
    const bundle = mergeParts(files.map(partOf), { collectedAtMs: 1 });
    expect(bundle.gaps).toEqual([]);
    expect(bundle.nodes).toHaveLength(6);
    const last = bundle.pods.flatMap((pod) =>
      pod.containers.map(({ status }) => ended(status?.lastState)?.exitCode),
    );
    const failed = last.filter((code) => code !== undefined && code !== 0);
    expect(failed.filter((code) => code === 1)).toHaveLength(4);
    expect(failed.filter((code) => code === 255)).toHaveLength(7);
    expect(failed).toHaveLength(11);
    expect(lastEnds(bundle.pods).some((end) => end.reason === 'OOMKilled' || end.exitCode === 137)).toBe(
      false,
    );
    // Counted with grep over the files: 9 Killing, 5 BackOff, 2 Unhealthy.
    const countOf = (reason: string) => bundle.events.filter((event) => event.reason === reason).length;
    expect([countOf('Killing'), countOf('BackOff'), countOf('Unhealthy')]).toEqual([9, 5, 2]);
    expect(bundle.events.every((event) => event.lastAtMs !== undefined)).toBe(true);
    // One list of events per namespace.
    expect(bundle.eventCoverage.map((coverage) => coverage.namespace)).toHaveLength(8);
  });

  it.each([
    ['troubleshoot/pods-message-oomkill-pod.json', 137, 'OOMKilled', 100],
    ['is-healthy/pod-oomkilled-unhealthy.yaml', 1, 'OOMKilled', 200],
    ['is-healthy/pod-oomkilled-old.yaml', 1, 'OOMKilled', 200],
    ['is-healthy/pod-pod-terminating.yaml', 137, 'Error', undefined],
  ])('%s ended with %d %s', (file, exitCode, reason, limitMib) => {
    const pod = onlyPod(partOf(join(OBJECTS, file)));
    const ends = lastEnds([pod]);
    expect(ends.some((end) => end.exitCode === exitCode && end.reason === reason)).toBe(true);
    if (limitMib !== undefined) expect(pod.containers[0]?.limits.memoryBytes).toBe(limitMib * MIB);
    const raw = rawOf(join(OBJECTS, file));
    const [first] = Array.isArray(raw) ? raw : (raw as { items: unknown[] }).items;
    expect(podShowsDeath(first)).toBe(true);
  });

  it('an evicted pod says why', () => {
    const pod = onlyPod(partOf(join(OBJECTS, 'is-healthy/pod-evicted.yaml')));
    expect(pod).toMatchObject({ phase: 'Failed', statusReason: 'Evicted' });
    expect(parseEvictionMessage(pod.statusMessage ?? '')).toMatchObject({
      resource: 'memory',
      thresholdBytes: 750 * MIB,
      availableBytes: 179_968 * 1024,
    });
  });

  it('old samples of an operator show 255, 1, 1', () => {
    const files = globSync(join(OBJECTS, 'insights-archive/*.json'));
    const codes = files.map((file) => lastEnds([onlyPod(partOf(file))]).map((end) => end.exitCode));
    const flat = codes.flat().filter((code) => code !== 0);
    expect(flat).toContain(255);
    expect(flat.filter((code) => code === 1).length).toBeGreaterThanOrEqual(2);
  });
});

function read(name: string): BundlePart {
  return parseDescribe(readFileSync(join(OBJECTS, 'describe', name), 'utf8'), { source: name });
}

describe.skipIf(!existsSync(OBJECTS))('real describe text', () => {
  it.each([
    ['pod-oomkilled-100Mi-limit-memory-eater.txt', 137, 'OOMKilled', 6],
    // The fragment prints no count; its last state proves one restart.
    ['pod-aks-oomkilled-stress-ng.txt', 137, 'OOMKilled', 1],
    ['pod-exit137-error-liveness-failed.txt', 137, 'Error', 2],
    ['pod-sigterm-exit0-completed.txt', 0, 'Completed', 1],
    ['pod-crashloop-exit0-not-oom.txt', 0, 'Completed', 1],
    ['pod-crashlooping-alert.txt', 0, 'Completed', 14],
  ])('%s ended with %d %s', (name, exitCode, reason, restarts) => {
    const pod = onlyPod(read(name));
    expect(pod.containers).toHaveLength(1);
    expect(ended(pod.containers[0]?.status?.lastState)).toMatchObject({ exitCode, reason });
    expect(pod.containers[0]?.status?.restartCount).toBe(restarts);
  });

  it('the memory eater: limit, arguments, and events that agree with its terminations', () => {
    const part = read('pod-oomkilled-100Mi-limit-memory-eater.txt');
    const container = onlyPod(part).containers[0];
    expect(container?.limits.memoryBytes).toBe(100 * MIB);
    expect(container?.args).toEqual(['80Mi', '0', '100Mi', '10', '1']);
    expect(part.events).toHaveLength(10);
    // Nothing happened after the text was printed.
    const finishedAtMs = ended(container?.status?.lastState)?.finishedAtMs ?? 0;
    expect(finishedAtMs).toBe(Date.UTC(2025, 1, 27, 6, 36, 22));
    expect(part.collectedAtMs).toBeGreaterThanOrEqual(finishedAtMs);
  });

  it('the overcommitted node: 17 of 17 pods, limits 163 % of allocatable', () => {
    const [node] = read('node-eks-17-pods-overcommitted.txt').nodes ?? [];
    expect(node?.allocated?.pods).toBe(17);
    expect(node?.capacityPods).toBe(17);
    const ratio = (node?.allocated?.memoryLimitsBytes ?? 0) / (node?.allocatableMemoryBytes ?? 1);
    expect(Math.floor(ratio * 100)).toBe(163);
  });
});

const METRICS = join(DATA, 'metrics');

describe.skipIf(!existsSync(METRICS))('real kubelet answers', () => {
  it.each([
    ['kubernetes-1.33/kubelet-pods.json', 'pods', 23],
    ['kubernetes-1.33/nodes.yaml', 'nodes', 1],
    ['kubernetes-1.33/kubelet-stats-summary.json', 'nodeSamples', 1],
    ['kubernetes-1.15-1.16/kubelet-pods-payload.json', 'pods', 4],
    ['kubernetes-1.15-1.16/kubelet-stats-summary-payload.json', 'nodeSamples', 1],
  ] as const)('%s holds %s', (file, key, count) => {
    const part = partOf(join(METRICS, file));
    expect(part.gaps).toBeUndefined();
    expect(part[key]).toHaveLength(count);
  });

  it('the samples join the pods of the same node by UID', () => {
    const pods = partOf(join(METRICS, 'kubernetes-1.33/kubelet-pods.json')).pods ?? [];
    const { samples = [] } = partOf(join(METRICS, 'kubernetes-1.33/kubelet-stats-summary.json'));
    const uids = new Set(pods.map((pod) => pod.uid));
    expect(samples.length).toBeGreaterThan(10);
    expect(samples.filter((sample) => uids.has(sample.podUid)).length).toBe(samples.length);
    expect(samples[0]).toMatchObject({ container: 'kindnet-cni', workingSetBytes: 13_025_280 });
  });

  it('bundles of real evidence read back as they are', () => {
    const files = globSync(join(DATA, '{k8s-objects,metrics}/**/*.{json,yaml}')).filter(
      (file) => !file.includes('prometheus'),
    );
    const bundle = mergeParts(files.map(partOf), { collectedAtMs: 1 });
    expect(bundle.pods.length).toBeGreaterThan(70);
    const reread = readBundle(JSON.parse(JSON.stringify(bundle)));
    expect(reread).toEqual({ ok: true, value: bundle });
  });
});
