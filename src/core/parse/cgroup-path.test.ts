import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCgroupPath } from './cgroup-path.ts';

const ID = '46b3aa0c'.repeat(8);
const OTHER = '0f32894d'.repeat(8);
const UID = '94eb36cd-29e1-4a3c-9d8f-1c2b3a4d5e6f';
const SYSTEMD_UID = UID.replaceAll('-', '_');
const HASH = 'a3f1c2d4e5b6978877665544332211aa';
const BURSTABLE = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SYSTEMD_UID}.slice`;

describe('parseCgroupPath', () => {
  it.each([
    ['root', '/', { level: 'root' }],
    ['systemd node-allocatable root', '/kubepods.slice', { level: 'kubepods' }],
    ['cgroupfs node-allocatable root', '/kubepods', { level: 'kubepods' }],
    ['kind node-allocatable root', '/kubelet.slice/kubelet-kubepods.slice', { level: 'kubepods' }],
    ['systemd QoS', '/kubepods.slice/kubepods-besteffort.slice', { level: 'qos' }],
    ['cgroupfs QoS', '/kubepods/burstable', { level: 'qos' }],
    ['kind QoS', '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice', { level: 'qos' }],
    ['systemd pod, Burstable', BURSTABLE, { level: 'pod', podUid: UID }],
    [
      'systemd pod, Guaranteed without QoS slice',
      `/kubepods.slice/kubepods-pod${SYSTEMD_UID}.slice`,
      { level: 'pod', podUid: UID },
    ],
    [
      'systemd static pod by config hash',
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${HASH}.slice`,
      { level: 'pod', podUid: HASH },
    ],
    ['cgroupfs pod, Guaranteed', `/kubepods/pod${UID}`, { level: 'pod', podUid: UID }],
    ['cgroupfs static pod', `/kubepods/burstable/pod${HASH}/${ID}`, c(HASH)],
    ['cgroupfs Guaranteed', `/kubepods/pod${UID}/${ID}`, c()],
    ['cgroupfs Burstable', `/kubepods/burstable/pod${UID}/${ID}`, c()],
    ['cgroupfs BestEffort', `/kubepods/besteffort/pod${UID}/${ID}`, c()],
    ['cgroupfs CRI-O', `/kubepods/besteffort/pod${UID}/crio-${ID}`, c()],
    ['systemd containerd', `${BURSTABLE}/cri-containerd-${ID}.scope`, c()],
    ['systemd CRI-O', `${BURSTABLE}/crio-${ID}.scope`, c()],
    ['systemd CRI-O with crun', `${BURSTABLE}/crio-${ID}.scope/container`, c()],
    ['CRI-O monitor, systemd', `${BURSTABLE}/crio-conmon-${ID}.scope`, c()],
    ['CRI-O monitor, cgroupfs', `/kubepods/pod${UID}/crio-conmon-${ID}`, c()],
    ['systemd docker', `${BURSTABLE}/docker-${ID}.scope`, c()],
    [
      'systemd Guaranteed container',
      `/kubepods.slice/kubepods-pod${SYSTEMD_UID}.slice/cri-containerd-${ID}.scope`,
      c(),
    ],
    [
      'kind, systemd',
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${SYSTEMD_UID}.slice/cri-containerd-${ID}.scope`,
      c(),
    ],
    ['kind, cgroupfs in docker', `/docker/${OTHER}/kubelet/kubepods/pod${UID}/${ID}`, c()],
    [
      'cluster in a systemd service',
      `/system.slice/docker-${OTHER}.scope/kubelet/kubepods/burstable/pod${UID}/${ID}`,
      c(),
    ],
    ['LXC payload', `/lxc.payload.ny2g${BURSTABLE}/cri-containerd-${ID}.scope`, c()],
    ['systemd inside the container', `${BURSTABLE}/cri-containerd-${ID}.scope/system.slice/a.service`, c()],
    [
      'wrong driver: colons',
      `/system.slice/containerd.service/kubepods-burstable-pod${SYSTEMD_UID}.slice:cri-containerd:${ID}`,
      c(),
    ],
    ['leaf cut', `${BURSTABLE}/cri-containerd-46b3aa0c46b3`, { level: 'container', podUid: UID }],
    ['leaf cut inside the prefix', `${BURSTABLE}/cri-con`, { level: 'container', podUid: UID }],
    ['UID cut', BURSTABLE.slice(0, -10), { level: 'pod' }],
    ['slice suffix cut', BURSTABLE.slice(0, -3), { level: 'pod', podUid: UID }],
    ['UID cut, cgroupfs', `/kubepods/burstable/pod${UID.slice(0, 20)}`, { level: 'pod' }],
    ['hand-written UID of a static pod', `/kubepods/burstable/podkube-etcd-1/${ID}`, c('kube-etcd-1')],
    ['plain docker', `/docker/${ID}`, { level: 'other', containerId: ID }],
    ['docker under systemd', `/system.slice/docker-${ID}.scope`, { level: 'other', containerId: ID }],
    ['docker in LXC', `/lxc/39004/ns/system.slice/docker-${ID}.scope`, { level: 'other', containerId: ID }],
    ['bare leaf of cpuset=', `cri-containerd-${ID}.scope`, { level: 'other', containerId: ID }],
    ['service', '/system.slice/sshd.service', { level: 'other' }],
    ['test group', '/foo', { level: 'other' }],
    ['a service whose name starts with pod', '/system.slice/podman.service', { level: 'other' }],
    ['nothing', '', { level: 'other' }],
  ])('%s', (_name, path, expected) => {
    expect(parseCgroupPath(path)).toEqual({ path, ...expected });
  });

  it('takes the innermost pod of nested clusters', () => {
    const outer = `/kubepods/pod11111111-1111-4111-8111-111111111111/${OTHER}`;
    expect(parseCgroupPath(`${outer}/kubelet/kubepods/pod${UID}/${ID}`)).toMatchObject(c());
  });

  it('never yields half a UID or half an ID, however the path is cut', () => {
    const whole = `${BURSTABLE}/cri-containerd-${ID}.scope`;
    for (let length = 0; length <= whole.length; length += 1) {
      const ref = parseCgroupPath(whole.slice(0, length));
      expect([undefined, UID]).toContain(ref.podUid);
      expect([undefined, ID]).toContain(ref.containerId);
    }
  });

  it('survives any text', () => {
    const piece = fc.constantFrom(
      '/',
      'kubepods',
      '.slice',
      '-pod',
      'pod',
      '_',
      ':',
      ID,
      UID,
      'crio-',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          expect(parseCgroupPath(text).path).toBe(text.slice(0, 4096).trim());
        },
      ),
      { numRuns: 200 },
    );
  });
});

function c(podUid = UID): object {
  return { level: 'container', podUid, containerId: ID };
}
