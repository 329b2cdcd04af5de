/**
 * Promise: reading a pod into evidence costs little beside `JSON.parse` of the same bytes.
 * Prints the medians of both over the same 10,000 pods of about 12 kB, and their ratio.
 */
import { podShowsDeath } from '../src/core/parse/pod-filter.ts';
import { parsePod } from '../src/core/parse/pod.ts';
import { tell } from './result.ts';

const PODS = 10_000;
const ROUNDS = 5;
const context = { source: 'bench' };

function container(index: number) {
  return {
    name: `container-${index}`,
    image: 'registry.example.com/team/service:1.2.3',
    args: ['--listen=0.0.0.0:8080', '--log-level=info', '--config=/etc/service/config.yaml'],
    env: Array.from({ length: 12 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${n}` })),
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
    livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
    volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
  };
}

function containerStatus(index: number, pod: number) {
  return {
    name: `container-${index}`,
    containerID: `containerd://${String(pod).padStart(64, 'a')}`,
    imageID: `registry.example.com/team/service@sha256:${'b'.repeat(64)}`,
    restartCount: pod % 10 === 0 ? 3 : 0,
    ready: true,
    state: { running: { startedAt: '2026-01-02T03:04:05Z' } },
    lastState:
      pod % 10 === 0
        ? {
            terminated: {
              exitCode: 137,
              reason: 'OOMKilled',
              startedAt: '2026-01-02T01:04:05Z',
              finishedAt: '2026-01-02T03:04:04Z',
              containerID: `containerd://${String(pod).padStart(64, 'c')}`,
            },
          }
        : {},
  };
}

/** As the API answers it: two fifths of a pod's bytes are `managedFields`. */
function managedFields() {
  const fields = Object.fromEntries(
    Array.from({ length: 90 }, (_, n) => [`f:field-number-${n}`, { '.': {}, 'f:value': {}, 'f:name': {} }]),
  );
  return [
    { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: fields },
  ];
}

function podText(index: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `service-6d65456dc7-${index}`,
      namespace: `team-${index % 50}`,
      uid: `6e6c3f2e-0000-4000-8000-${String(index).padStart(12, '0')}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: 'service', 'pod-template-hash': '6d65456dc7', 'app.kubernetes.io/part-of': 'shop' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(1500) },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'service-6d65456dc7', uid: 'u', controller: true }],
      managedFields: managedFields(),
    },
    spec: {
      nodeName: `node-${index % 200}`,
      terminationGracePeriodSeconds: 30,
      priority: 0,
      restartPolicy: 'Always',
      volumes: [{ name: 'cache', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }],
      containers: [0, 1, 2].map(container),
    },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T00:00:01Z',
      qosClass: 'Burstable',
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:02Z',
      })),
      containerStatuses: [0, 1, 2].map((n) => containerStatus(n, index)),
    },
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function timed(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const used = process.cpuUsage(started);
  return (used.user + used.system) / 1000;
}

/** As a list request answers: pages of 500, each let go before the next. */
const PAGE = 500;
const pages = Array.from({ length: PODS / PAGE }, (_, page) =>
  Array.from({ length: PAGE }, (_item, index) => podText(page * PAGE + index)),
);
const bytes = pages.flat().reduce((sum, text) => sum + text.length, 0);
const jsonMs: number[] = [];
const parseMs: number[] = [];
const filterMs: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const sum = { json: 0, parse: 0, filter: 0 };
  const kept: unknown[] = [];
  for (const texts of pages) {
    let raws: unknown[] = [];
    sum.json += timed(() => {
      raws = texts.map((text) => JSON.parse(text) as unknown);
    });
    sum.parse += timed(() => raws.forEach((raw) => kept.push(parsePod(raw, context))));
    sum.filter += timed(() => raws.forEach((raw) => podShowsDeath(raw)));
  }
  jsonMs.push(sum.json);
  parseMs.push(sum.parse);
  filterMs.push(sum.filter);
}
const [json, parse, filter] = [median(jsonMs), median(parseMs), median(filterMs)];
console.log(`${PODS} pods of ${Math.round(bytes / PODS)} bytes, CPU medians of ${ROUNDS} rounds`);
console.log(`JSON.parse     ${json.toFixed(0)} ms`);
tell({
  promise: 'parsePod against JSON.parse, CPU',
  measured: `${(parse / json).toFixed(2)} times (${parse.toFixed(0)} ms)`,
});
tell({
  promise: 'podShowsDeath against JSON.parse, CPU',
  measured: `${(filter / json).toFixed(3)} times (${filter.toFixed(1)} ms)`,
});
