/** Writes a must-gather tree as `oc adm must-gather` lays it out, with made-up content of real sizes. Seeded. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface TreeSizes {
  /** YAML of pods, events and nodes. */
  readonly relevantYamlBytes: number;
  readonly totalBytes: number;
  readonly pods: number;
  readonly events: number;
  readonly nodes: number;
  /** Containers whose last instance ended otherwise than with 0. */
  readonly failedInstances: number;
}

const NAMESPACES = 90;
const PODS_PER_NAMESPACE = 11;
const EVENTS_PER_NAMESPACE = 150;
const NODES = 60;
const START_MS = Date.UTC(2026, 2, 3, 8, 0, 0);
const KINDS_BESIDE = ['configmaps', 'endpoints', 'services', 'serviceaccounts', 'persistentvolumeclaims'];

export function writeTree(root: string): TreeSizes {
  const random = mulberry32(137);
  let relevantYamlBytes = 0;
  let totalBytes = 0;
  let failedInstances = 0;
  const write = (path: string, text: string, relevant = false): void => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    totalBytes += text.length;
    if (relevant) relevantYamlBytes += text.length;
  };
  for (let n = 0; n < NODES; n++)
    write(`cluster-scoped-resources/core/nodes/${nodeName(n)}.yaml`, node(n), true);
  for (let n = 0; n < 40; n++)
    write(`cluster-scoped-resources/apiextensions.k8s.io/customresourcedefinitions/crd${n}.yaml`, crd(n));
  for (let s = 0; s < NAMESPACES; s++) {
    const namespace = `team-${s}-services`;
    const base = `namespaces/${namespace}`;
    const pods: string[] = [];
    for (let p = 0; p < PODS_PER_NAMESPACE; p++) {
      const made = pod({ namespace, index: p, random, managed: s % 4 === 0 });
      failedInstances += made.failed;
      pods.push(made.yaml);
      write(`${base}/pods/${made.name}/${made.name}.yaml`, `---\n${made.yaml}`, true);
      for (const container of made.containers) {
        const logs = `${base}/pods/${made.name}/${container}/${container}/logs`;
        write(`${logs}/current.log`, log(random, 60 + Math.floor(random() * 70)));
        write(`${logs}/previous.log`, made.failed > 0 ? log(random, 40) : '');
      }
    }
    write(`${base}/core/pods.yaml`, list(pods, 'PodList'), true);
    const events = Array.from({ length: EVENTS_PER_NAMESPACE }, (_, e) =>
      event({ namespace, index: e, random }),
    );
    write(`${base}/core/events.yaml`, list(events, 'EventList'), true);
    for (const kind of KINDS_BESIDE) write(`${base}/core/${kind}.yaml`, beside(namespace, kind, random));
  }
  for (const role of ['masters', 'workers'])
    write(`host_service_logs/${role}/kubelet_service.log`, kubeletLog(random, 14_000));
  return {
    relevantYamlBytes,
    totalBytes,
    pods: NAMESPACES * PODS_PER_NAMESPACE,
    events: NAMESPACES * EVENTS_PER_NAMESPACE,
    nodes: NODES,
    failedInstances,
  };
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function hex(random: () => number, digits: number): string {
  let text = '';
  while (text.length < digits) text += Math.floor(random() * 16).toString(16);
  return text;
}

function uid(random: () => number): string {
  return [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-');
}

function instant(random: () => number, spanMs = 6 * 3_600_000): string {
  return `${new Date(START_MS + Math.floor(random() * spanMs)).toISOString().slice(0, 19)}Z`;
}

function nodeName(index: number): string {
  return `worker-${index}.cluster.example.com`;
}

/** Two columns in and a dash before the first line: an item of a list. */
function list(objects: readonly string[], kind: string): string {
  const items = objects.map((yaml) => `- ${yaml.trimEnd().replaceAll('\n', '\n  ')}\n`).join('');
  return `---\napiVersion: v1\nitems:\n${items}kind: ${kind}\nmetadata:\n  resourceVersion: "912345"\n`;
}

interface PodSeed {
  readonly namespace: string;
  readonly index: number;
  readonly random: () => number;
  readonly managed: boolean;
}

function pod(seed: PodSeed): { name: string; yaml: string; containers: string[]; failed: number } {
  const { namespace, index, random, managed } = seed;
  const name = `service-${index}-${hex(random, 10)}-${hex(random, 5)}`;
  const containers = ['app', 'kube-rbac-proxy', 'metrics-sidecar'].slice(0, 2 + (index % 2));
  const dies = random() < 0.08;
  const yaml = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    k8s.v1.cni.cncf.io/network-status: |-
      [{
          "name": "openshift-sdn",
          "interface": "eth0",
          "ips": [
              "10.128.${index}.${Math.floor(random() * 250)}"
          ],
          "default": true,
          "dns": {}
      }]
    openshift.io/scc: restricted
  creationTimestamp: "${instant(random)}"
  generateName: service-${index}-
  labels:
    app: service-${index}
    app.kubernetes.io/component: backend
    app.kubernetes.io/managed-by: operator
    app.kubernetes.io/part-of: ${namespace}
    pod-template-hash: ${hex(random, 10)}
${managed ? managedFields() : ''}  name: ${name}
  namespace: ${namespace}
  ownerReferences:
  - apiVersion: apps/v1
    blockOwnerDeletion: true
    controller: true
    kind: ReplicaSet
    name: service-${index}
    uid: ${uid(random)}
  resourceVersion: "${Math.floor(random() * 1e6)}"
  uid: ${uid(random)}
spec:
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
      - podAffinityTerm:
          labelSelector:
            matchLabels:
              app: service-${index}
          topologyKey: kubernetes.io/hostname
        weight: 100
  containers:
${containers.map((container) => containerSpec(container, index)).join('')}  dnsPolicy: ClusterFirst
  enableServiceLinks: true
  imagePullSecrets:
  - name: service-dockercfg-${hex(random, 5)}
  nodeName: ${nodeName(Math.floor(random() * NODES))}
  preemptionPolicy: PreemptLowerPriority
  priority: 0
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext:
    fsGroup: 65534
    runAsNonRoot: true
    seLinuxOptions:
      level: s0:c23,c7
  serviceAccount: service
  serviceAccountName: service
  terminationGracePeriodSeconds: 30
  tolerations:
  - effect: NoExecute
    key: node.kubernetes.io/not-ready
    operator: Exists
    tolerationSeconds: 300
  - effect: NoExecute
    key: node.kubernetes.io/unreachable
    operator: Exists
    tolerationSeconds: 300
  volumes:
  - emptyDir: {}
    name: data
${[0, 1, 2, 3].map((v) => `  - configMap:\n      defaultMode: 420\n      name: config-${v}\n    name: config-${v}\n`).join('')}  - name: kube-api-access-${hex(random, 5)}
    projected:
      defaultMode: 420
      sources:
      - serviceAccountToken:
          expirationSeconds: 3607
          path: token
      - configMap:
          items:
          - key: ca.crt
            path: ca.crt
          name: kube-root-ca.crt
      - downwardAPI:
          items:
          - fieldRef:
              apiVersion: v1
              fieldPath: metadata.namespace
            path: namespace
status:
  conditions:
${['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => `  - lastProbeTime: null\n    lastTransitionTime: "${instant(random)}"\n    status: "True"\n    type: ${type}\n`).join('')}  containerStatuses:
${containers.map((container, c) => containerStatus({ container, random, dies: dies && c === 0 })).join('')}  hostIP: 192.0.2.${index}
  phase: Running
  podIP: 10.128.${index}.7
  podIPs:
  - ip: 10.128.${index}.7
  qosClass: Burstable
  startTime: "${instant(random)}"
`;
  return { name, yaml, containers, failed: dies ? 1 : 0 };
}

function managedField(name: string): string {
  return `          f:${name}:\n            .: {}\n            f:imagePullPolicy: {}\n            f:name: {}\n            f:resources: {}\n`;
}

function managedEntry(manager: string): string {
  return `  - apiVersion: v1
    fieldsType: FieldsV1
    fieldsV1:
      f:metadata:
        f:generateName: {}
        f:labels:
${Array.from({ length: 30 }, (_, n) => managedField(`part-${n}`)).join('')}    manager: ${manager}
    operation: Update
    time: "2026-03-03T08:00:00Z"
`;
}

function managedFields(): string {
  return `  managedFields:\n${managedEntry('kube-controller-manager')}${managedEntry('kubelet')}`;
}

function containerSpec(container: string, index: number): string {
  const env = Array.from(
    { length: 14 },
    (_, n) => `    - name: SERVICE_SETTING_${n}\n      value: value-of-the-setting-${n}-${index}\n`,
  ).join('');
  const mounts = [0, 1, 2, 3]
    .map((m) => `    - mountPath: /etc/service/config-${m}\n      name: config-${m}\n      readOnly: true\n`)
    .join('');
  return `  - args:
    - --config=/etc/service/config.yaml
    - --listen=127.0.0.1:9093
    - --log-level=info
    env:
${env}    image: registry.example.com/team/${container}@sha256:9bf02596312d1dc81e77b6c58a952dae44a90b3cf266e7c00f10af54c8b39b7c
    imagePullPolicy: IfNotPresent
    livenessProbe:
      failureThreshold: 3
      httpGet:
        path: /healthz
        port: 8080
        scheme: HTTP
      periodSeconds: 10
      successThreshold: 1
      timeoutSeconds: 1
    name: ${container}
    ports:
    - containerPort: 9094
      name: http
      protocol: TCP
    resources:
      limits:
        memory: 256Mi
      requests:
        cpu: 4m
        memory: 40Mi
    securityContext:
      capabilities:
        drop:
        - KILL
        - MKNOD
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: FallbackToLogsOnError
    volumeMounts:
    - mountPath: /data
      name: data
${mounts}`;
}

function containerStatus(seed: { container: string; random: () => number; dies: boolean }): string {
  const { container, random, dies } = seed;
  const last = dies
    ? `    lastState:
      terminated:
        containerID: cri-o://${hex(random, 64)}
        exitCode: 255
        finishedAt: "${instant(random)}"
        message: |
          I0303 08:00:02.120315       1 cmd.go:209] Using service-serving-cert provided certificates
          F0303 08:00:12.180315       1 leaderelection.go:330] error retrieving resource lock: connection refused
        reason: Error
        startedAt: "${instant(random)}"
`
    : '    lastState: {}\n';
  return `  - containerID: cri-o://${hex(random, 64)}
    image: registry.example.com/team/${container}@sha256:9bf02596312d1dc81e77b6c58a952dae44a90b3cf266e7c00f10af54c8b39b7c
    imageID: registry.example.com/team/${container}@sha256:9bf02596312d1dc81e77b6c58a952dae44a90b3cf266e7c00f10af54c8b39b7c
${last}    name: ${container}
    ready: true
    restartCount: ${dies ? 1 : 0}
    started: true
    state:
      running:
        startedAt: "${instant(random)}"
`;
}

const EVENT_TEXTS = [
  ['Scheduled', 'Successfully assigned the pod to worker-3.cluster.example.com', 'Normal'],
  [
    'Pulling',
    'Pulling image "registry.example.com/team/app@sha256:9bf02596312d1dc81e77b6c58a952dae"',
    'Normal',
  ],
  ['Started', 'Started container app', 'Normal'],
  [
    'Unhealthy',
    'Readiness probe failed: Get "https://10.128.3.7:8443/healthz": dial tcp: connect: connection refused',
    'Warning',
  ],
  ['BackOff', 'Back-off restarting failed container', 'Warning'],
] as const;

function event(seed: { namespace: string; index: number; random: () => number }): string {
  const { namespace, index, random } = seed;
  const [reason, message, type] = EVENT_TEXTS[
    Math.floor(random() * EVENT_TEXTS.length)
  ] as (typeof EVENT_TEXTS)[number];
  const at = instant(random, 3_600_000);
  const podName = `service-${index % PODS_PER_NAMESPACE}`;
  return `apiVersion: v1
count: ${1 + Math.floor(random() * 20)}
eventTime: null
firstTimestamp: "${at}"
involvedObject:
  apiVersion: v1
  fieldPath: spec.containers{app}
  kind: Pod
  name: ${podName}
  namespace: ${namespace}
  resourceVersion: "22285"
  uid: ${uid(random)}
kind: Event
lastTimestamp: "${at}"
message: '${message}'
metadata:
  creationTimestamp: "${at}"
  name: ${podName}.${hex(random, 16)}
  namespace: ${namespace}
  resourceVersion: "22792"
  uid: ${uid(random)}
reason: ${reason}
reportingComponent: ""
reportingInstance: ""
source:
  component: kubelet
  host: ${nodeName(index % NODES)}
type: ${type}
`;
}

function node(index: number): string {
  const images = Array.from(
    { length: 50 },
    (_, n) =>
      `  - names:\n    - registry.example.com/team/image-${n}@sha256:9bf02596312d1dc81e77b6c58a952dae44a90b3cf266e7c00f10af54c8b39b7c\n    sizeBytes: ${100_000_000 + n}\n`,
  ).join('');
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']
    .map(
      (type) =>
        `  - lastHeartbeatTime: "2026-03-03T14:00:00Z"\n    lastTransitionTime: "2026-03-03T08:00:00Z"\n    message: kubelet has nothing to report\n    reason: KubeletHasSufficientMemory\n    status: "${type === 'Ready' ? 'True' : 'False'}"\n    type: ${type}\n`,
    )
    .join('');
  return `---
apiVersion: v1
kind: Node
metadata:
  creationTimestamp: "2026-03-03T07:00:00Z"
  labels:
    kubernetes.io/hostname: ${nodeName(index)}
    kubernetes.io/os: linux
  name: ${nodeName(index)}
  uid: 00000000-0000-4000-8000-${String(index).padStart(12, '0')}
spec: {}
status:
  allocatable:
    memory: 64807880Ki
    pods: "250"
  capacity:
    memory: 65958856Ki
    pods: "250"
  conditions:
${conditions}  images:
${images}  nodeInfo:
    bootID: 00000000-0000-4000-8000-${String(index).padStart(12, '0')}
    containerRuntimeVersion: cri-o://1.30.0
    kernelVersion: 5.14.0-427.el9.x86_64
    kubeletVersion: v1.30.4
    operatingSystem: linux
    osImage: Red Hat Enterprise Linux CoreOS
`;
}

function beside(namespace: string, kind: string, random: () => number): string {
  const object = `apiVersion: v1
data:
  settings.yaml: |
${Array.from({ length: 40 }, (_, n) => `    setting-${n}: ${hex(random, 30)}\n`).join('')}kind: ConfigMap
metadata:
  name: settings
  namespace: ${namespace}
`;
  return list(
    Array.from({ length: 12 }, () => object),
    `${kind}-list`,
  );
}

function crdProperty(n: number): string {
  return `              property${n}:\n                description: What property ${n} of the resource means, in a sentence of ordinary length.\n                type: string\n`;
}

function crd(index: number): string {
  return `---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things${index}.example.com\nspec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        properties:\n          spec:\n            properties:\n${Array.from({ length: 700 }, (_, n) => crdProperty(n)).join('')}`;
}

function log(random: () => number, lines: number): string {
  let text = '';
  for (let n = 0; n < lines; n++) {
    text += `${instant(random)} level=info ts=2026-03-03T08:00:00.000Z caller=main.go:${n} msg="request served" path=/api/v1/items/${hex(random, 8)} status=200 duration=1.2ms\n`;
  }
  return text;
}

function kubeletLog(random: () => number, lines: number): string {
  let text = '';
  for (let n = 0; n < lines; n++) {
    text += `Mar 03 08:00:${String(n % 60).padStart(2, '0')} worker-1 hyperkube[2150]: I0303 08:00:00.${String(n).padStart(6, '0')}    2150 kubelet.go:1953] "SyncLoop (PLEG): event for pod" pod="team-1-services/service-${n % 16}" event=&{ID:${hex(random, 32)} Type:ContainerStarted}\n`;
  }
  return text;
}
