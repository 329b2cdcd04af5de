/** Real dumps, where they are at hand. Expected values stand in the data's README or are counted from the text. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BundlePart } from '../../core/model/bundle.ts';
import { createFilesSource } from './index.ts';
import { NOW_MS, request } from './test-kit.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data');
const OBJECTS = join(DATA, 'k8s-objects');
const MUST_GATHER = join(OBJECTS, 'must-gather-metal');

function read(...paths: string[]): Promise<BundlePart> {
  return createFilesSource({ paths, nowMs: NOW_MS }).collect(request());
}

function terminations(part: BundlePart): { reason: string | undefined; exitCode: number }[] {
  return (part.pods ?? [])
    .flatMap((pod) => pod.containers)
    .flatMap(({ status }) => [status?.state, status?.lastState])
    .flatMap((state) => (state?.kind === 'terminated' ? [state.termination] : []))
    .map(({ reason, exitCode }) => ({ reason, exitCode }));
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

describe.skipIf(!existsSync(OBJECTS))('real Kubernetes objects', () => {
  it('the must-gather: every pod and event, 11 failed instances, no gap', async () => {
    const part = await read(MUST_GATHER);
    expect(part.gaps).toEqual([]);
    const namespaces = readdirSync(join(MUST_GATHER, 'namespaces'));
    const itemsOf = (file: string): number =>
      namespaces
        .map((namespace) => join(MUST_GATHER, 'namespaces', namespace, 'core', file))
        .filter((path) => existsSync(path))
        .reduce((sum, path) => sum + (readFileSync(path, 'utf8').match(/^- /gm)?.length ?? 0), 0);
    expect(part.pods).toHaveLength(itemsOf('pods.yaml'));
    expect(part.events).toHaveLength(itemsOf('events.yaml'));
    expect(part.nodes).toHaveLength(6);
    // README: exit 1 four times, 255 seven times.
    const failed = terminations(part).filter((one) => one.exitCode !== 0);
    expect(failed.map((one) => one.exitCode).toSorted((a, b) => a - b)).toEqual([
      1, 1, 1, 1, 255, 255, 255, 255, 255, 255, 255,
    ]);
    expect(part.logTails).toMatchObject([
      { namespace: 'openshift-marketplace', container: 'marketplace-operator', previous: true },
    ]);
    expect(part.eventCoverage).toHaveLength(namespaces.length);
  });

  it.each(['troubleshoot', 'insights-archive', 'is-healthy', 'gitops-engine'])(
    'each file of %s',
    async (name) => {
      for (const path of filesOf(join(OBJECTS, name))) {
        const part = await read(path);
        const objects = (part.pods?.length ?? 0) + (part.events?.length ?? 0) + (part.nodes?.length ?? 0);
        expect(objects, path).toBeGreaterThan(0);
        expect(part.gaps, path).toEqual([]);
      }
    },
  );

  it('the labelled OOMKilled pods keep their termination', async () => {
    const job = await read(join(OBJECTS, 'troubleshoot/pods-message-oomkill-pod.json'));
    expect(terminations(job)).toContainEqual({ reason: 'OOMKilled', exitCode: 137 });
    const child = await read(join(OBJECTS, 'is-healthy/pod-oomkilled-unhealthy.yaml'));
    expect(terminations(child)).toContainEqual({ reason: 'OOMKilled', exitCode: 1 });
  });

  it('each describe text, and a table that is none', async () => {
    for (const path of filesOf(join(OBJECTS, 'describe'))) {
      if (!/\/(?:pod|node-eks-17-pods-over)[^/]*\.txt$/.test(path)) continue;
      const part = await read(path);
      expect((part.pods?.length ?? 0) + (part.nodes?.length ?? 0), path).toBeGreaterThan(0);
    }
    await expect(read(join(OBJECTS, 'describe/memory-requests-all-namespaces.txt'))).rejects.toThrow(
      'not recognised',
    );
  });

  it('everything at once', async () => {
    const part = await read(OBJECTS);
    expect(part.pods?.length).toBeGreaterThan(70);
    expect(part.gaps).toEqual([]);
  });
});

const KERNEL = join(DATA, 'kernel-oom');
describe.skipIf(!existsSync(KERNEL))('real kernel logs', () => {
  it('each is told from other text', async () => {
    for (const path of filesOf(KERNEL)) {
      if (path.endsWith('.md') || path.endsWith('memory.stat-dump.log')) continue;
      const part = await read(path);
      expect(part.kernelKills?.length, path).toBeGreaterThan(0);
    }
  });
});

const METRICS = join(DATA, 'metrics/kubernetes-1.33');
describe.skipIf(!existsSync(METRICS))('real kubelet answers', () => {
  it('summary, pods and nodes', async () => {
    const part = await read(METRICS);
    expect(part.nodeSamples).toHaveLength(1);
    expect(part.samples?.length).toBeGreaterThan(0);
    expect(part.pods?.length).toBeGreaterThan(0);
    expect(part.nodes?.length).toBeGreaterThan(0);
  });
});
