import { describe, expect, it } from 'vitest';
import { containerLogPlace, isPassedOver, namespaceOf, nodeNameOf } from './paths.ts';

const UID = '5b0425dc-5311-4b4e-997e-ccb85e92a1e8';

describe('containerLogPlace', () => {
  const rows: { path: string; place: string | undefined }[] = [
    { path: 'x/namespaces/ns/pods/p/c/c/logs/previous.log', place: 'ns p c previous' },
    { path: 'namespaces/ns/pods/p/c/c/logs/current.insecure.log', place: 'ns p c' },
    { path: 'namespaces/ns/pods/p/c/c/logs/rotated/0.log', place: undefined },
    { path: 'b/cluster-resources/pods/logs/ns/p/c-previous.log', place: 'ns p c previous' },
    { path: 'pods/logs/ns/p/c.log', place: 'ns p c' },
    { path: `/var/log/pods/ns_p.0_${UID}/c/3.log`, place: `ns p.0 c ${UID}` },
    {
      path: 'pods/ns_p_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4/c/0.log.gz',
      place: 'ns p c a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4',
    },
    { path: 'host_service_logs/masters/kubelet_service.log', place: undefined },
    { path: 'namespaces/ns/core/pods.yaml', place: undefined },
  ];
  it.each(rows)('$path', ({ path, place }) => {
    const found = containerLogPlace(path);
    const said =
      found === undefined
        ? undefined
        : [found.namespace, found.pod, found.container, found.previous ? 'previous' : '', found.podUid ?? '']
            .filter((word) => word !== '')
            .join(' ');
    expect(said).toBe(place);
  });
});

describe('other hints', () => {
  it.each([
    ['mg/nodes/n1.example.com/dmesg', 'n1.example.com'],
    ['sosreport-worker-0-2026-03-03-abcdefg/sos_commands/kernel/dmesg', 'worker-0'],
    ['cluster-scoped-resources/core/nodes/n1.yaml', undefined],
  ])('the node of %s', (path, node) => {
    expect(nodeNameOf(path)).toBe(node);
  });

  it.each([
    ['namespaces/ns/core/secrets.yaml', true],
    ['cluster-resources/secrets/ns.json', true],
    ['audit_logs/kube-apiserver/x.log.gz', true],
    ['namespaces/ns/core/secrets/token.yaml', true],
    ['namespaces/secrets/core/pods.yaml', false],
    ['cluster-resources/pods/secrets.json', false],
    ['namespaces/ns/core/pods.yaml', false],
  ])('%s is passed over: %s', (path, passedOver) => {
    expect(isPassedOver(path)).toBe(passedOver);
  });

  it.each([
    ['namespaces/ns/core/events.yaml', 'ns'],
    ['cluster-resources/events/ns.json', 'ns'],
    ['shop/events.json', undefined],
  ])('the namespace of %s', (path, namespace) => {
    expect(namespaceOf(path)).toBe(namespace);
  });
});
