/**
 * Pods as a real API server sends them: three containers, about 12 kB of JSON, of which some 43 % is
 * `managedFields`. A few in a hundred carry a death.
 */
import { ENVIRONMENT, managedFields } from './managed-fields.ts';
import type { ApiObject } from './object-store.ts';
import { hex, pick, type Random } from './random.ts';

export interface PodShape {
  readonly index: number;
  readonly namespaces: number;
  readonly nodes: number;
  /** Newest instant in the cluster. */
  readonly nowMs: number;
  /** Share of pods that show a death. */
  readonly deathRatio: number;
}

const APPS = [
  'checkout-api',
  'search',
  'ledger',
  'mail-worker',
  'thumbnailer',
  'cart',
  'auth',
  'billing',
] as const;
const CONTAINERS = ['app', 'envoy', 'log-shipper'] as const;

export function simulatedPod(random: Random, shape: PodShape): ApiObject {
  const app = pick(random, APPS);
  const namespace = `team-${shape.index % shape.namespaces}`;
  const hash = hex(random, 10);
  const uid = `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`;
  const createdMs = shape.nowMs - Math.floor(random() * 20 * 86_400_000) - 86_400_000;
  const pod: PodPlan = {
    app,
    nodeName: `node-${shape.index % shape.nodes}`,
    containers: CONTAINERS.map((name) => containerSpec(random, name)),
    createdMs,
    dying: random() < shape.deathRatio,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-${hash}-${hex(random, 5)}`,
      generateName: `${app}-${hash}-`,
      namespace,
      uid,
      resourceVersion: String(100_000 + shape.index),
      creationTimestamp: iso(createdMs),
      labels: {
        app,
        'app.kubernetes.io/name': app,
        'app.kubernetes.io/part-of': 'shop',
        'pod-template-hash': hash,
        tier: 'backend',
      },
      annotations: {
        'kubectl.kubernetes.io/restartedAt': iso(createdMs),
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9090',
        'checksum/config': hex(random, 64),
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${app}-${hash}`,
          uid: hex(random, 32),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: managedFields(CONTAINERS, iso(createdMs)),
    },
    spec: podSpec(pod),
    status: podStatus(random, shape, pod),
  };
}

interface PodPlan {
  readonly app: string;
  readonly nodeName: string;
  readonly containers: readonly ReturnType<typeof containerSpec>[];
  readonly createdMs: number;
  readonly dying: boolean;
}

function podSpec(pod: PodPlan): object {
  return {
    volumes: [
      { name: 'config', configMap: { name: `${pod.app}-config`, defaultMode: 420 } },
      { name: 'scratch', emptyDir: {} },
      {
        name: 'kube-api-access',
        projected: {
          defaultMode: 420,
          sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }],
        },
      },
    ],
    containers: pod.containers,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: pod.app,
    nodeName: pod.nodeName,
    securityContext: { runAsNonRoot: true, fsGroup: 2000 },
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function podStatus(random: Random, shape: PodShape, pod: PodPlan): object {
  const { createdMs } = pod;
  return {
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
      (type) => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: iso(createdMs + 4000),
      }),
    ),
    hostIP: '10.0.3.17',
    podIP: '10.42.7.93',
    podIPs: [{ ip: '10.42.7.93' }],
    startTime: iso(createdMs),
    containerStatuses: pod.containers.map((container, i) =>
      containerStatus(random, {
        name: container.name,
        image: container.image,
        createdMs,
        nowMs: shape.nowMs,
        died: pod.dying && i === 0,
      }),
    ),
    qosClass: 'Burstable',
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function containerSpec(random: Random, name: string) {
  return {
    name,
    image: `registry.example.com/shop/${name}:1.${Math.floor(random() * 40)}.3`,
    args: ['--config=/etc/app/config.yaml', '--listen=:8080'],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: ENVIRONMENT.map((key) => ({
      name: key,
      value: key === 'NODE_OPTIONS' ? '--max-old-space-size=384' : `value-of-${key.toLowerCase()}`,
    })),
    resources: { limits: { memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/app' },
      { name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    readinessProbe: {
      httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 5,
      successThreshold: 1,
      failureThreshold: 3,
    },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

interface StatusShape {
  readonly name: string;
  readonly image: string;
  readonly createdMs: number;
  readonly nowMs: number;
  readonly died: boolean;
}

const DEATHS = [
  { exitCode: 137, reason: 'OOMKilled' },
  { exitCode: 137, reason: 'OOMKilled' },
  { exitCode: 137, reason: 'Error' },
  { exitCode: 1, reason: 'Error' },
  { exitCode: 143, reason: 'Error' },
] as const;

function containerStatus(random: Random, shape: StatusShape) {
  const endedMs = shape.nowMs - Math.floor(random() * 3_600_000);
  const lastState = shape.died
    ? {
        terminated: {
          ...pick(random, DEATHS),
          startedAt: iso(endedMs - 3_600_000),
          finishedAt: iso(endedMs),
          containerID: `containerd://${hex(random, 64)}`,
        },
      }
    : {};
  return {
    name: shape.name,
    state: { running: { startedAt: iso(shape.died ? endedMs + 2000 : shape.createdMs) } },
    lastState,
    ready: true,
    restartCount: shape.died ? 1 + Math.floor(random() * 20) : 0,
    image: shape.image,
    imageID: `registry.example.com/shop/${shape.name}@sha256:${hex(random, 64)}`,
    containerID: `containerd://${hex(random, 64)}`,
    started: true,
  };
}
