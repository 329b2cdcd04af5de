/** Serves a generated cluster over HTTP until its standard input ends. Prints its address as the first line. */
import { startApiServer } from '../src/sim/api-server.ts';
import { ObjectStore } from '../src/sim/object-store.ts';
import { simulatedPod } from '../src/sim/pods.ts';
import { seededRandom } from '../src/sim/random.ts';

const [podCount = 10_000] = process.argv.slice(2).map(Number);
const NODES = Math.ceil(podCount / 50);
const nowMs = Date.now();
const random = seededRandom(137);
const store = new ObjectStore();
let podBytes = 0;
for (let index = 0; index < podCount; index += 1) {
  const pod = simulatedPod(random, { index, namespaces: 40, nodes: NODES, nowMs, deathRatio: 0.03 });
  const json = JSON.stringify(pod);
  podBytes += json.length;
  const { namespace = '', name } = pod.metadata;
  store.putText({ group: '', plural: 'pods', namespace, name, json });
  if (index % 3 === 0)
    store.putText({
      group: '',
      plural: 'events',
      namespace,
      name: `${name}.1`,
      json: JSON.stringify(event(index, namespace, name)),
    });
}
for (let index = 0; index < NODES; index += 1)
  store.putText({
    group: '',
    plural: 'nodes',
    namespace: '',
    name: `node-${index}`,
    json: JSON.stringify(node(index)),
  });

function event(index: number, namespace: string, name: string): object {
  const at = new Date(nowMs - (index % 3600) * 1000).toISOString();
  return {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: `${name}.1`, namespace, uid: `event-${index}`, creationTimestamp: at },
    involvedObject: { kind: 'Pod', namespace, name, apiVersion: 'v1', fieldPath: 'spec.containers{app}' },
    reason: index % 2 === 0 ? 'Unhealthy' : 'BackOff',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    source: { component: 'kubelet', host: `node-${index % NODES}` },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 3,
    type: 'Warning',
  };
}

/** With the list of images that makes real nodes large. */
function node(index: number): object {
  const images = Array.from({ length: 50 }, (_, i) => ({
    names: [`registry.example.com/shop/image-${i}@sha256:${'ab'.repeat(32)}`],
    sizeBytes: 100_000_000 + i,
  }));
  const amounts = { cpu: '8', memory: '32Gi', pods: '110' };
  const nodeInfo = {
    kubeletVersion: 'v1.34.1',
    kernelVersion: '6.8.0',
    containerRuntimeVersion: 'containerd://2.0.1',
    osImage: 'Ubuntu 24.04',
    operatingSystem: 'linux',
    bootID: 'b',
  };
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: `node-${index}` },
    status: { capacity: amounts, allocatable: amounts, conditions: [], nodeInfo, images },
  };
}

const server = await startApiServer({ store });
console.log(JSON.stringify({ url: server.url, podBytes }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
