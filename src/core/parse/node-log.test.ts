import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchNodeLogLine, NODE_LOG_NEEDLES } from './node-log.ts';
import type { NodeLogMatch } from './node-log.ts';

const ID = '9192cb33411ff69d015a3577db136757f5b145064a1703efea3d0e12e8a64987';
const UID = '93e17ecc-ab55-461a-b526-29248d2554ad';
const CTR = { pod: 'web-1', namespace: 'shop', podUid: UID, container: 'app', containerId: ID };
const KEYS = `pod="shop/web-1" podUID="${UID}" containerName="app" containerID="containerd://${ID}"`;
const logrus = (message: string) => `time="2025-05-19T18:14:43.5Z" level=info msg="${message}"`;

interface Row {
  readonly name: string;
  readonly unit?: string;
  readonly line: string;
  readonly match: NodeLogMatch | undefined;
}

const RUNTIME: readonly Row[] = [
  {
    name: 'containerd 1.7 TaskOOM',
    line: logrus(String.raw`TaskOOM event container_id:\"${ID}\"`),
    match: { kind: 'task-oom', containerId: ID },
  },
  {
    name: 'containerd 1.5 TaskOOM',
    line: logrus(`TaskOOM event &TaskOOM{ContainerID:${ID},XXX_unrecognized:[],}`),
    match: { kind: 'task-oom', containerId: ID },
  },
  {
    name: 'a failed handling of the event is no event',
    line: logrus("can't find container for TaskOOM event: not found"),
    match: undefined,
  },
  {
    name: 'containerd 1.7 TaskExit',
    line: logrus(
      String.raw`TaskExit event container_id:\"${ID}\"  id:\"${ID}\"  pid:1848  exit_status:137  exited_at:{seconds:1788477940  nanos:1}`,
    ),
    match: { kind: 'task-exit', containerId: ID, exitCode: 137 },
  },
  {
    name: 'containerd 2.x exit, zero left out by protobuf',
    line: logrus(
      String.raw`received container exit event container_id:\"${ID}\"  id:\"${ID}\"  pid:1848  exited_at:{seconds:1788477940  nanos:1}`,
    ),
    match: { kind: 'task-exit', containerId: ID, exitCode: 0 },
  },
  {
    name: 'containerd 1.5 TaskExit',
    line: logrus(
      `TaskExit event &TaskExit{ContainerID:${ID},ID:${ID},Pid:9,ExitStatus:143,ExitedAt:2022-01-01 00:00:00 +0000 UTC,XXX_unrecognized:[],}`,
    ),
    match: { kind: 'task-exit', containerId: ID, exitCode: 143 },
  },
  {
    name: 'the end of an exec is not the end of the container',
    line: logrus(
      String.raw`TaskExit event container_id:\"${ID}\"  id:\"${ID.replace('9', 'a')}\"  pid:7  exit_status:137  exited_at:{seconds:1}`,
    ),
    match: undefined,
  },
  {
    name: 'StopContainer',
    line: logrus(String.raw`StopContainer for \"${ID}\" with timeout 30 (s)`),
    match: { kind: 'stop-requested', containerId: ID, timeoutSeconds: 30 },
  },
  {
    name: 'StopContainer that returned asks for nothing',
    line: logrus(String.raw`StopContainer for \"${ID}\" returns successfully`),
    match: undefined,
  },
  {
    name: 'Stop container with signal',
    line: logrus(String.raw`Stop container \"${ID}\" with signal terminated`),
    match: { kind: 'stop-requested', containerId: ID, signal: 'SIGTERM' },
  },
  {
    name: 'Kill container',
    line: logrus(String.raw`Kill container \"${ID}\"`),
    match: { kind: 'sigkill-sent', containerId: ID },
  },
  {
    name: 'Kill container in containerd --log-format json',
    line: String.raw`{"level":"info","msg":"Kill container \"${ID}\"","time":"2025-05-19T18:14:43Z"}`,
    match: { kind: 'sigkill-sent', containerId: ID },
  },
  {
    name: 'shim killed while its container ran (containerd 1.6.20)',
    line: `time="2026-11-23T18:06:05.447543695Z" level=error msg="failed to get task exit status for \\"${ID}\\"" error="ttrpc: closed: unknown"`,
    match: { kind: 'shim-lost', containerId: ID },
  },
  {
    name: 'shim left after an exit (containerd 1.6.20)',
    line: `time="2026-11-23T18:06:05.447519189Z" level=info msg="shim disconnected" id=${ID}`,
    match: { kind: 'shim-left', containerId: ID },
  },
  {
    name: 'clean-up of a shim',
    line: `time="2025-05-19T18:14:43Z" level=warning msg="cleaning up after shim disconnected" id=${ID} namespace=k8s.io`,
    match: { kind: 'shim-cleanup', containerId: ID },
  },
  {
    name: 'dead shim without id',
    line: 'time="2025-05-19T18:14:43Z" level=info msg="cleaning up dead shim" namespace=k8s.io',
    match: { kind: 'shim-cleanup' },
  },
  {
    name: 'CRI-O stop',
    line: `time="2025-05-19 18:14:43Z" level=info msg="Stopping container: ${ID} (timeout: 30s)" id=1 name=/runtime.v1.RuntimeService/StopContainer`,
    match: { kind: 'stop-requested', containerId: ID, timeoutSeconds: 30 },
  },
  {
    name: 'CRI-O 1.28 kill',
    line: `time="2025-05-19 18:14:43Z" level=warning msg="Stopping container ${ID} with stop signal timed out. Killing..." id=1`,
    match: { kind: 'sigkill-sent', containerId: ID },
  },
  {
    name: 'CRI-O kill naming the signal',
    line: `time="2025-05-19 18:14:43Z" level=warning msg="Stopping container ${ID} with stop signal(15) timed out. Killing..."`,
    match: { kind: 'sigkill-sent', containerId: ID },
  },
  {
    name: 'CRI-O stopped',
    line: `time="2025-05-19 18:14:43Z" level=info msg="Stopped container ${ID}: shop/web-1/app" id=1`,
    match: { kind: 'task-exit', containerId: ID, namespace: 'shop', pod: 'web-1', container: 'app' },
  },
  {
    name: 'conmon',
    unit: 'conmon',
    line: 'conmon 9192cb33411ff69d015a <ninfo>: OOM received',
    match: { kind: 'task-oom', containerId: '9192cb33411ff69d015a' },
  },
  {
    name: 'dockerd force',
    line: logrus(`Container ${ID} failed to exit within 10 seconds of signal 15 - using the force`),
    match: { kind: 'sigkill-sent', containerId: ID },
  },
  {
    name: 'dockerd 23 force',
    line: `time="2025-05-19T18:14:43Z" level=info msg="Container failed to exit within 30s of signal 15 - using the force" container=${ID}`,
    match: { kind: 'sigkill-sent', containerId: ID },
  },
];

const KUBELET: readonly Row[] = [
  {
    name: 'kill with grace',
    line: `I0516 18:34:49.885621    4052 kuberuntime_container.go:808] "Killing container with a grace period" ${KEYS} gracePeriod=30`,
    match: { kind: 'kubelet-kill', ...CTR, graceSeconds: 30 },
  },
  {
    name: 'kill with grace, klog JSON',
    line: `{"ts":1,"caller":"kuberuntime/kuberuntime_container.go:808","msg":"Killing container with a grace period","v":2,"pod":{"name":"web-1","namespace":"shop"},"podUID":"${UID}","containerName":"app","containerID":"containerd://${ID}","gracePeriod":30}`,
    match: { kind: 'kubelet-kill', ...CTR, graceSeconds: 30 },
  },
  {
    name: 'kill before 1.21',
    line: `I0101 00:00:00.000000    1 kuberuntime_container.go:635] Killing container "docker://${ID}" with a 30 second grace period`,
    match: { kind: 'kubelet-kill', containerId: ID, graceSeconds: 30 },
  },
  {
    name: 'decision',
    line: `I0516 18:34:49.885576    4052 kuberuntime_manager.go:1027] "Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":"${ID}"} pod="shop/web-1" containerMessage="Container app failed liveness probe, will be restarted"`,
    match: {
      kind: 'kubelet-decision',
      message: 'Container app failed liveness probe, will be restarted',
      pod: 'web-1',
      namespace: 'shop',
      container: 'app',
      containerId: ID,
    },
  },
  {
    name: 'decision before 1.21',
    line: `I0101 00:00:00.000000    1 kuberuntime_manager.go:650] Container "app" ({"docker" "${ID}"}) of pod web-1_shop(${UID}): Container app failed liveness probe, will be restarted`,
    match: {
      kind: 'kubelet-decision',
      message: 'Container app failed liveness probe, will be restarted',
      ...CTR,
    },
  },
  {
    name: 'probe failed, output cannot forge the pod',
    line: `I0516 18:34:39.885628    4052 prober.go:107] "Probe failed" probeType="Liveness" pod="shop/web-1" podUID="${UID}" containerName="app" probeResult="failure" output="x\\" pod=\\"kube-system/dns\\""`,
    match: {
      kind: 'probe-failed',
      probe: 'liveness',
      pod: 'web-1',
      namespace: 'shop',
      podUid: UID,
      container: 'app',
    },
  },
  {
    name: 'probe failed before 1.21',
    line: `I0101 00:00:00.000000    1 prober.go:117] Startup probe for "web-1_shop(${UID}):app" failed (failure): HTTP probe failed with statuscode: 500`,
    match: {
      kind: 'probe-failed',
      probe: 'startup',
      pod: 'web-1',
      namespace: 'shop',
      podUid: UID,
      container: 'app',
    },
  },
  {
    name: 'preStop overrun',
    line: `I0516 18:34:39.885628    4052 kuberuntime_container.go:700] "PreStop hook not completed in grace period" ${KEYS} gracePeriod=30`,
    match: { kind: 'prestop-overrun', ...CTR },
  },
  {
    name: 'postStart failed',
    line: `E0516 18:34:39.885628    4052 kuberuntime_container.go:300] "Failed to execute PostStartHook" err="command 'x' exited with 1" ${KEYS}`,
    match: { kind: 'poststart-failed', ...CTR },
  },
  {
    name: 'delete',
    line: 'I0516 18:34:04.558677    4052 kubelet.go:2407] "SyncLoop DELETE" source="api" pods=["shop/web-1"]',
    match: { kind: 'delete-requested', namespace: 'shop', pod: 'web-1' },
  },
  {
    name: 'delete 1.21 to 1.25',
    line: 'I0516 18:34:04.558677    4052 kubelet.go:2407] "SyncLoop DELETE" source="api" pods=[shop/web-1]',
    match: { kind: 'delete-requested', namespace: 'shop', pod: 'web-1' },
  },
  {
    name: 'delete before 1.21',
    line: `I0101 00:00:00.000000    1 kubelet.go:1873] SyncLoop (DELETE, "api"): "web-1_shop(${UID})"`,
    match: { kind: 'delete-requested', namespace: 'shop', pod: 'web-1', podUid: UID },
  },
  {
    name: 'PLEG 1.26',
    line: `I0516 18:35:20.075426    4052 kubelet.go:2439] "SyncLoop (PLEG): event for pod" pod="shop/web-1" event={"ID":"${UID}","Type":"ContainerDied","Data":"${ID}"}`,
    match: { kind: 'task-exit', namespace: 'shop', pod: 'web-1', podUid: UID, containerId: ID },
  },
  {
    name: 'PLEG 1.22',
    line: `I0516 18:35:20.075426    4052 kubelet.go:2439] "SyncLoop (PLEG): event for pod" pod="shop/web-1" event=&{ID:${UID} Type:ContainerDied Data:${ID}}`,
    match: { kind: 'task-exit', namespace: 'shop', pod: 'web-1', podUid: UID, containerId: ID },
  },
  {
    name: 'must evict',
    line: 'I0516 18:35:20.075426 4052 eviction_manager.go:350] "Eviction manager: must evict pod(s) to reclaim" resourceName="memory"',
    match: { kind: 'eviction', message: 'Eviction manager: must evict pod(s) to reclaim memory' },
  },
  {
    name: 'must evict before 1.21',
    line: 'I0101 00:00:00.000000    1 eviction_manager.go:355] eviction manager: must evict pod(s) to reclaim memory',
    match: { kind: 'eviction', message: 'eviction manager: must evict pod(s) to reclaim memory' },
  },
  {
    name: 'evicted',
    line: 'I1012 19:34:45.445172    2480 eviction_manager.go:595] "Eviction manager: pod is evicted successfully" pod="default/nginx"',
    match: {
      kind: 'eviction',
      message: 'Eviction manager: pod is evicted successfully',
      namespace: 'default',
      pod: 'nginx',
    },
  },
  {
    name: 'evicted before 1.21',
    line: `I0101 00:00:00.000000    1 eviction_manager.go:570] eviction manager: pod web-1_shop(${UID}) is evicted successfully`,
    match: {
      kind: 'eviction',
      message: `eviction manager: pod web-1_shop(${UID}) is evicted successfully`,
      namespace: 'shop',
      pod: 'web-1',
      podUid: UID,
    },
  },
  {
    name: 'preempting',
    line: `I0516 18:35:20.075426 4052 preemption.go:100] "Preempting pod to free up resources" pod="shop/web-1" podUID="${UID}" insufficientResources="[{memory 5}]" requestingPod="kube-system/dns"`,
    match: {
      kind: 'preemption',
      message: 'Preempting pod to free up resources',
      namespace: 'shop',
      pod: 'web-1',
      podUid: UID,
    },
  },
  {
    name: 'shutdown',
    line: 'I0909 17:45:37.860271     973 nodeshutdown_manager_linux.go:262] "Shutdown manager detected new shutdown event, isNodeShuttingDownNow" event=true',
    match: { kind: 'shutdown' },
  },
  {
    name: 'shutdown cancelled',
    line: 'I0909 17:45:37.860271     973 nodeshutdown_manager_linux.go:262] "Shutdown manager detected new shutdown event" event="cancelled"',
    match: undefined,
  },
  {
    name: 'system OOM, old pointer form',
    line: 'I0909 17:45:37.860271     973 oom_watcher_linux.go:70] Got sys oom event: &{11207 stress 2020-09-09 17:45:37 +0000 UTC / / CONSTRAINT_NONE}',
    match: { kind: 'system-oom', pid: 11207, comm: 'stress' },
  },
  {
    name: 'system OOM as event',
    line: `I0909 17:45:37.860271     973 event.go:307] "Event occurred" object="n1" reason="SystemOOM" message="System OOM encountered, victim process: runc:[2:INIT], pid: 98756"`,
    match: { kind: 'system-oom', pid: 98756, comm: 'runc:[2:INIT]' },
  },
  {
    name: 'system OOM as JSON',
    line: 'I0909 17:45:37.860271     973 oom_watcher_linux.go:77] "Got sys oom event" event={"Pid":4711,"ProcessName":"java","TimeOfDeath":"2026-01-01T00:00:00Z","ContainerName":"/"}',
    match: { kind: 'system-oom', pid: 4711, comm: 'java' },
  },
];

const POD_SLICE =
  '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod93e17ecc_ab55_461a_b526_29248d2554ad.slice';

const SYSTEM: readonly Row[] = [
  {
    name: 'scope OOM',
    line: `cri-containerd-${ID}.scope: A process of this unit has been killed by the OOM killer.`,
    match: { kind: 'scope-oom', containerId: ID },
  },
  {
    name: 'scope result',
    line: `crio-${ID}.scope: Failed with result 'oom-kill'.`,
    match: { kind: 'scope-oom', containerId: ID },
  },
  {
    name: 'pod slice',
    line: 'kubepods-burstable-pod93e17ecc_ab55_461a_b526_29248d2554ad.slice: A process of this unit has been killed by the OOM killer.',
    match: { kind: 'scope-oom', podUid: UID },
  },
  {
    name: 'a unit that is no container',
    line: 'cron.service: A process of this unit has been killed by the OOM killer.',
    match: undefined,
  },
  {
    name: 'the runtime itself',
    line: "containerd.service: Failed with result 'oom-kill'.",
    match: { kind: 'service-stopped', service: 'containerd', reason: 'oom-kill' },
  },
  {
    name: 'oomd in the unit',
    line: `cri-containerd-${ID}.scope: systemd-oomd killed 12 process(es) in this unit.`,
    match: { kind: 'oomd-kill', cgroup: `cri-containerd-${ID}.scope`, containerId: ID },
  },
  {
    name: 'oomd by pressure',
    unit: 'systemd-oomd',
    line: `Killed ${POD_SLICE}/cri-containerd-${ID}.scope due to memory pressure for /kubepods.slice being 72.11% > 60.00% for > 30s with reclaim activity`,
    match: {
      kind: 'oomd-kill',
      cgroup: `${POD_SLICE}/cri-containerd-${ID}.scope`,
      reason: 'memory pressure for /kubepods.slice being 72.11% > 60.00% for > 30s with reclaim activity',
      containerId: ID,
      podUid: UID,
    },
  },
  {
    name: 'oomd by swap, newer wording',
    unit: 'systemd-oomd',
    line: `Marked /system.slice/docker-${ID}.scope for killing due to memory used (60776927232) / total (66940563456) and swap used (61069553664) / total (67830013952) being more than 90.00%`,
    match: {
      kind: 'oomd-kill',
      cgroup: `/system.slice/docker-${ID}.scope`,
      reason:
        'memory used (60776927232) / total (66940563456) and swap used (61069553664) / total (67830013952) being more than 90.00%',
      containerId: ID,
    },
  },
  {
    name: 'oomd only looking',
    unit: 'systemd-oomd',
    line: 'Considered 43 cgroups for killing, top candidates were:',
    match: undefined,
  },
  {
    name: 'earlyoom',
    unit: 'earlyoom',
    line: 'sending SIGKILL to process 3025 uid 1000 "chrome": oom_score 801, oom_score_adj 300, VmRSS 41 MiB, cmdline "chrome"',
    match: { kind: 'earlyoom-kill', pid: 3025, comm: 'chrome', signal: 'SIGKILL' },
  },
  {
    name: 'kubelet started, systemd 249',
    unit: 'systemd',
    line: 'Started kubelet.service - kubelet: The Kubernetes Node Agent.',
    match: { kind: 'service-started', service: 'kubelet' },
  },
  {
    name: 'containerd started',
    unit: 'systemd',
    line: 'Started containerd container runtime.',
    match: { kind: 'service-started', service: 'containerd' },
  },
  {
    name: "a container's scope is not the daemon",
    unit: 'systemd',
    line: `Started cri-containerd-${ID}.scope - libcontainer container ${ID}.`,
    match: undefined,
  },
  {
    name: 'containerd killed',
    unit: 'systemd',
    line: 'containerd.service: Main process exited, code=killed, status=9/KILL',
    match: { kind: 'service-stopped', service: 'containerd', reason: 'code=killed, status=9/KILL' },
  },
  {
    name: 'kernel banner',
    unit: 'kernel',
    line: 'Linux version 5.15.0-1049-azure (buildd@lcy02) (gcc 11.4.0)',
    match: { kind: 'boot' },
  },
  {
    name: 'startup finished',
    unit: 'systemd',
    line: 'Startup finished in 3.241s (kernel) + 12.5s (userspace) = 15.8s.',
    match: { kind: 'boot' },
  },
  {
    name: 'startup of a user manager',
    unit: 'systemd',
    line: 'Startup finished in 52ms.',
    match: undefined,
  },
  { name: 'journalctl between boots', line: '-- Reboot --', match: { kind: 'boot' } },
  { name: 'nothing', line: 'Listening on D-Bus System Message Bus Socket.', match: undefined },
];

describe('matchNodeLogLine', () => {
  it.each([...RUNTIME, ...KUBELET, ...SYSTEM])('$name', ({ line, unit, match }) => {
    expect(matchNodeLogLine(line, unit)).toEqual(match);
  });

  it('accepts only lines that contain a needle', () => {
    for (const { line, match } of [...RUNTIME, ...KUBELET, ...SYSTEM]) {
      if (match !== undefined) expect(NODE_LOG_NEEDLES.some((needle) => line.includes(needle))).toBe(true);
    }
  });

  it('never throws, whatever follows a needle', () => {
    const piece = fc.oneof(
      fc.constantFrom(...NODE_LOG_NEEDLES, ID, UID, '"', '\\', 'pod="', '{', '&{'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const match = matchNodeLogLine(pieces.join(''), undefined);
        expect(match === undefined || typeof match.kind === 'string').toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  // Each filler repeats what one of the patterns repeats; 64 KiB must stay far below a frame of 100 ms per line.
  it.each(['a', '-', ':', 'a.', '\\"', ' pod="', '{"', '0123456789abcdef', '_a('])(
    'stays cheap with %j',
    (filler) => {
      const long = filler.repeat(Math.ceil(65_536 / filler.length));
      const startedAt = performance.now();
      for (const needle of NODE_LOG_NEEDLES) {
        matchNodeLogLine(`${needle}${long}`, undefined);
        matchNodeLogLine(`${long.slice(0, 4000)}${needle}${long}`, undefined);
      }
      expect((performance.now() - startedAt) / (2 * NODE_LOG_NEEDLES.length)).toBeLessThan(20);
    },
  );
});

const KUBELET_LOG = fileURLToPath(
  new URL(
    '../../../../shared/data/k8s-objects/describe/pod-exit137-error-liveness-failed.kubelet.log',
    import.meta.url,
  ),
);

describe.skipIf(!existsSync(KUBELET_LOG))('a real kubelet journal of a liveness death', () => {
  it('tells the whole story of container 05657a9c…', () => {
    const kinds = readFileSync(KUBELET_LOG, 'utf8')
      .split('\n')
      .map((line) => matchNodeLogLine(line, 'kubelet'))
      .filter((match) => match !== undefined)
      .map((match) => match.kind);
    expect(kinds).toEqual([
      'probe-failed',
      'probe-failed',
      'probe-failed',
      'kubelet-decision',
      'kubelet-kill',
      'task-exit',
    ]);
  });
});

const SYSLOG = fileURLToPath(
  new URL('../../../../shared/data/kernel-oom/aks-5.15-memcg-v1-stress-ng-pod.syslog', import.meta.url),
);

describe.skipIf(!existsSync(SYSLOG))('a real syslog of a memcg kill', () => {
  it("finds systemd's and containerd's lines among the kernel's", () => {
    const containerId = '25a38b5b8d556d7983d975577f5ac75ebbcfb4b269e6deaa0a0440c1ffc969ca';
    const matches = readFileSync(SYSLOG, 'utf8')
      .split('\n')
      .map((line) => matchNodeLogLine(line, undefined))
      .filter((match) => match !== undefined);
    expect(matches).toEqual([
      { kind: 'scope-oom', containerId },
      { kind: 'task-oom', containerId },
    ]);
  });
});
