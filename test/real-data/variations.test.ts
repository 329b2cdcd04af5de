/** Forms of evidence that people really have, in small samples written for this test: each once led to a wrong answer. */
import { describe, expect, it } from 'vitest';
import { asFile, isMemoryVerdict, killsOf, MIB, said, whyOf } from './kit.ts';

const UID = '3f7c1a52-9d1e-4b7f-8a60-1c2d3e4f5a6b';
const ID = '4d'.repeat(32);
const POD = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;
const SCOPE = `${POD}/crio-${ID}.scope`;

/** A report of cgroup v2 whose statistics look like a `memory.stat` file. */
function report(oomCgroup: string, ...more: readonly string[]): readonly string[] {
  return [
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969',
    'memory: usage 524288kB, limit 524288kB, failcnt 5123',
    `Memory cgroup stats for ${oomCgroup}:`,
    'anon 520093696',
    'inactive_anon 520000000',
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    '[  22609]  1000 22609   912345   127000  2097152        0           969 java',
    ...more,
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=crio-${ID}.scope,mems_allowed=0,oom_memcg=${oomCgroup},task_memcg=${SCOPE},task=java,pid=22609,uid=1000`,
    'Memory cgroup out of memory: Killed process 22609 (java) total-vm:3649380kB, anon-rss:508000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:2048kB oom_score_adj:969',
  ];
}

function prefixed(prefix: string, lines: readonly string[]): string {
  return lines.map((line) => `${prefix}${line}\n`).join('');
}

const OWN = report(SCOPE);

describe('kernel logs as people paste them', () => {
  it.each([
    ['bare, its statistics like a cgroup file', ''],
    ['journalctl with a host', 'Oct 02 14:14:06 worker-3.ocp.example.com kernel: '],
    ['indented throughout', '    Oct 02 14:14:06 worker-3 kernel: '],
    ['quoted in a mail', '> [12345.678901] '],
    ['dmesg -T in German', '[Fr Okt  2 14:14:06 2026] '],
    ['RFC 5424', '<4>1 2026-10-02T14:14:06.123456+00:00 worker-3 kernel - - - [12345.678901] '],
  ])('%s', async (_name, prefix) => {
    const [answer, ...others] = await killsOf(await asFile(prefixed(prefix, OWN)));
    expect(others).toEqual([]);
    expect(answer).toMatchObject({
      verdict: { code: 'K1', memory: 'container' },
      containerId: ID,
      target: { podUid: UID },
      limitBytes: 512 * MIB,
      kernel: { victimPid: 22609, victimComm: 'java', scope: 'memcg' },
    });
  });

  it('an indented line among others is what a program said, not the kernel', async () => {
    const lines = [
      'Oct 02 14:14:05 worker-3 kubelet[900]: I1002 14:14:05.000000     900 prober.go:107] "Probe failed" output=<',
      ...OWN.map((line) => `\tOct 02 14:14:06 worker-3 kernel: ${line}`),
      'Oct 02 14:14:07 worker-3 kubelet[900]:  >',
    ];
    expect(await killsOf(await asFile(lines.join('\n')))).toEqual([]);
  });

  it('a pod limit in a pod of unknown containers: who killed is said, whose limit it was is left open', async () => {
    const small = report(
      POD,
      '[  22700]  1000 22700   912345    90000  2097152        0           969 envoy',
    ).map((line) =>
      line.replace('anon-rss:508000kB', 'anon-rss:120000kB').replace('   127000 ', '    30000 '),
    );
    const [answer] = await whyOf(await asFile(prefixed('[12345.678901] ', small)));
    expect(answer?.verdict).toMatchObject({ code: 'ambiguous', memory: 'pod', sender: 'kernel.memcg' });
    expect(answer?.verdict.summary).toMatch(/^The kernel killed java/);
    expect(answer?.verdict.candidates.map(({ code }) => code).toSorted()).toEqual(['K1', 'K4']);
  });

  it('one pid twice in an undated log of two runs: two kills', async () => {
    const again = OWN.map((line) =>
      line.replace('failcnt 5123', 'failcnt 77').replace('anon-rss:508000kB', 'anon-rss:507000kB'),
    );
    expect(await killsOf(await asFile(prefixed('', [...OWN, ...again])))).toHaveLength(2);
  });

  it('CONSTRAINT_CPUSET with free memory elsewhere: no kernel leak, and not the whole node', async () => {
    const lines = [
      'train invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=999',
      'Mem-Info:',
      'active_anon:1900000 inactive_anon:52 isolated_anon:0',
      ' free:9000000 free_pcp:0',
      '20000000 pages RAM',
      `oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=crio-${ID}.scope,mems_allowed=1,global_oom,task_memcg=${SCOPE},task=train,pid=777,uid=0`,
      'Out of memory: Killed process 777 (train) total-vm:9000000kB, anon-rss:7000000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:15000kB oom_score_adj:999',
    ];
    const [answer] = await killsOf(await asFile(prefixed('[1000.100000] ', lines)));
    expect(answer?.verdict.code).toBe('K6');
    expect(answer?.verdict.summary).toMatch(/train \(pid 777\).*cpuset/);
    if (answer !== undefined) expect(said(answer)).not.toMatch(/kernel itself held/);
  });

  it('a process of the node itself: neither container nor request', async () => {
    const lines = [
      'mysqld invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/mysql.service,task=mysqld,pid=777,uid=112',
      'Out of memory: Killed process 777 (mysqld) total-vm:9000000kB, anon-rss:7000000kB, file-rss:0kB, shmem-rss:0kB, UID:112 pgtables:15000kB oom_score_adj:0',
    ];
    const [answer] = await killsOf(await asFile(prefixed('Oct 02 03:00:00 n1 kernel: ', lines)));
    expect(answer?.verdict).toMatchObject({ code: 'K6', memory: 'node' });
    if (answer !== undefined) expect(said(answer)).not.toMatch(/the container|memory request/);
  });
});

describe('journals of a node whose pods are gone', () => {
  const at = 'Oct 02 14:14:00 worker-3 ';

  it.each([
    [
      'the kubelet up to 1.20 kills for a liveness probe',
      `${at}kubelet[900]: I1002 14:14:00.223456     900 kuberuntime_manager.go:663] Container "app" ({"docker" "${ID}"}) of pod web-1_prod(${UID}): Container app failed liveness probe, will be restarted\n`,
      {
        verdict: { code: 'L4', memory: 'none' },
        target: { namespace: 'prod', pod: 'web-1' },
        container: 'app',
        containerId: ID,
      },
    ],
    [
      'the kubelet evicts for memory',
      `${at}kubelet[1200]: I1002 14:14:00.000000    1200 eviction_manager.go:369] "Eviction manager: attempting to reclaim" resourceName="memory"
${at}kubelet[1200]: I1002 14:14:03.000000    1200 eviction_manager.go:616] "Eviction manager: pod is evicted successfully" pod="prod/web-1"\n`,
      {
        verdict: { code: 'L1', memory: 'node' },
        target: { namespace: 'prod', pod: 'web-1', node: 'worker-3' },
      },
    ],
    [
      'containerd saw an OOM kill',
      `${at}containerd[900]: time="2026-10-02T14:14:00.000000000Z" level=info msg="TaskOOM event container_id:\\"${ID}\\""\n`,
      { verdict: { code: 'K1', memory: 'container', confidence: 'possible' }, containerId: ID },
    ],
    [
      'CRI-O killed after the grace period',
      `${at}crio[900]: time="2026-10-02 14:14:00.000000000Z" level=warning msg="Stopping container ${ID} with stop signal(15) timed out. Killing..."\n`,
      { verdict: { code: 'L7', memory: 'none' }, containerId: ID },
    ],
    [
      'the kubelet saw the whole node run out',
      `${at}kubelet[900]: I1002 14:14:00.223456     900 oom_watcher_linux.go:79] "Got sys oom event" event={"Pid":9001,"ProcessName":"celery","TimeOfDeath":"2026-10-02T14:14:00Z","ContainerName":"/","VictimContainerName":"/"}\n`,
      {
        verdict: { code: 'K6', memory: 'node' },
        kernel: { victimPid: 9001, victimComm: 'celery' },
        target: { node: 'worker-3' },
      },
    ],
    [
      'systemd-oomd',
      `${at}systemd-oomd[700]: Killed ${POD}/cri-containerd-${ID}.scope due to memory pressure for /kubepods.slice being 81.20% > 50.00% for > 20s with reclaim activity\n`,
      { verdict: { code: 'X1' }, containerId: ID },
    ],
  ])('%s', async (_name, text, expected) => {
    const answers = await killsOf(await asFile(text));
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject(expected);
  });

  it("the kernel's report and the runtime's line of the same kill are one death", async () => {
    const runtime = `${at}containerd[900]: time="2026-10-02T14:14:00.000000000Z" level=info msg="TaskOOM event container_id:\\"${ID}\\""\n`;
    const answers = await killsOf(await asFile(prefixed(`${at}kernel: `, OWN) + runtime));
    expect(answers.map(({ verdict }) => verdict.code)).toEqual(['K1']);
  });

  it('a stop that was obeyed is no kill', async () => {
    const text = `${at}containerd[900]: time="2026-10-02T14:14:00.000000000Z" level=info msg="StopContainer for \\"${ID}\\" with timeout 30 (s)"\n`;
    expect(await killsOf(await asFile(text))).toEqual([]);
  });
});

function nodeEvent(reason: string, message: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `n2.${reason}`, namespace: 'default' },
    involvedObject: { kind: 'Node', name: 'n2', uid: 'n2' },
    type: 'Warning',
    count: 1,
    firstTimestamp: '2026-10-01T11:55:00Z',
    lastTimestamp: '2026-10-01T11:55:00Z',
    source: { component: reason === 'SystemOOM' ? 'kubelet' : 'kernel-monitor', host: 'n2' },
    reason,
    message,
  };
}

const SYSTEM_OOM = nodeEvent('SystemOOM', 'System OOM encountered, victim process: celery, pid: 9001');

function podOf(
  name: string,
  more: { readonly metadata?: object; readonly spec?: object; readonly status?: object },
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'prod', uid: UID, ...more.metadata },
    spec: {
      nodeName: 'n2',
      restartPolicy: 'Always',
      containers: [{ name: 'app', image: 'example/app:1' }],
      ...more.spec,
    },
    status: { phase: 'Running', ...more.status },
  };
}

function ended(exitCode: number, reason: string, finishedAt: string): object {
  return {
    terminated: {
      exitCode,
      reason,
      startedAt: '2026-10-01T09:00:00Z',
      finishedAt,
      containerID: `containerd://${ID}`,
    },
  };
}

async function listFile(...items: readonly object[]): Promise<string> {
  return asFile(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'list.json');
}

describe('events about a node', () => {
  it('SystemOOM without the pod: the node ran out, and the victim has its name', async () => {
    const [answer] = await killsOf(await listFile(SYSTEM_OOM));
    expect(answer).toMatchObject({
      verdict: { code: 'K6', memory: 'node' },
      target: { node: 'n2' },
      kernel: { scope: 'global', victimPid: 9001, victimComm: 'celery' },
    });
  });

  it('OOMKilling of node-problem-detector: a cgroup limit, whose is only likely', async () => {
    const line =
      'Memory cgroup out of memory: Killed process 2234 (node) total-vm:1049380kB, anon-rss:500000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:2056kB oom_score_adj:900';
    const [answer] = await killsOf(await listFile(nodeEvent('OOMKilling', line)));
    expect(answer).toMatchObject({
      verdict: { code: 'K1', confidence: 'possible' },
      kernel: { scope: 'memcg', victimPid: 2234 },
    });
  });

  it('SystemOOM beside the OOMKilled container it explains is not told twice', async () => {
    const pod = podOf('web-1', {
      status: {
        containerStatuses: [
          { name: 'app', restartCount: 1, lastState: ended(137, 'OOMKilled', '2026-10-01T11:55:01Z') },
        ],
      },
    });
    const answers = await killsOf(await listFile(pod, SYSTEM_OOM));
    expect(answers.map(({ verdict }) => verdict.code)).toEqual(['K6']);
  });
});

describe('pods that finalizers keep', () => {
  // The kubelet's last delete leaves grace 0 and the instant of the request.
  it.each([
    ['ended at the end of its grace', '2026-10-01T11:00:00Z'],
    ['the timestamp comes from a later delete', '2026-10-01T11:50:00Z'],
  ])('%s: stopped, not memory', async (_name, deletionTimestamp) => {
    const pod = podOf('web-1', {
      metadata: { deletionTimestamp, deletionGracePeriodSeconds: 0, finalizers: ['example.com/keep'] },
      spec: { terminationGracePeriodSeconds: 30 },
      status: {
        containerStatuses: [
          { name: 'app', restartCount: 0, state: ended(137, 'Error', '2026-10-01T11:00:30Z') },
        ],
      },
    });
    const [answer] = await whyOf(await listFile(pod));
    expect(answer?.verdict).toMatchObject({ code: 'L7', memory: 'none' });
    if (answer !== undefined) expect(isMemoryVerdict(answer)).toBe(false);
  });

  it('a container that runs again died of something else', async () => {
    const pod = podOf('web-1', {
      metadata: { deletionTimestamp: '2026-10-01T11:50:00Z', deletionGracePeriodSeconds: 30 },
      status: {
        containerStatuses: [
          {
            name: 'app',
            restartCount: 1,
            state: { running: { startedAt: '2026-10-01T11:00:31Z' } },
            lastState: ended(137, 'Error', '2026-10-01T11:00:30Z'),
          },
        ],
      },
    });
    const [answer] = await whyOf(await listFile(pod));
    expect(answer?.verdict.kind).toBe('insufficient-evidence');
  });
});

describe('a node alone', () => {
  it('is told to be full where it is', async () => {
    const text = `Name:               n2
Roles:              <none>
Labels:             kubernetes.io/hostname=n2
Conditions:
  Type             Status  LastHeartbeatTime                 LastTransitionTime                Reason                       Message
  ----             ------  -----------------                 ------------------                ------                       -------
  MemoryPressure   False   Thu, 01 Oct 2026 11:00:00 +0000   Thu, 01 Oct 2026 09:00:00 +0000   KubeletHasSufficientMemory   kubelet has sufficient memory available
Capacity:
  memory:             4000000Ki
  pods:               2
Allocatable:
  memory:             3000000Ki
  pods:               2
Non-terminated Pods:          (2 in total)
  Namespace  Name   CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
  ---------  ----   ------------  ----------  ---------------  -------------  ---
  prod       web-1  0 (0%)        0 (0%)      1000Mi (34%)     2000Mi (68%)   1h
  prod       web-2  0 (0%)        0 (0%)      1000Mi (34%)     2500Mi (85%)   1h
Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  Resource           Requests      Limits
  --------           --------      ------
  memory             2000Mi (68%)  4500Mi (153%)
Events:              <none>
`;
    const [answer] = await whyOf(await asFile(text));
    expect(answer?.verdict).toMatchObject({ kind: 'nothing-died', memory: 'none' });
    // 4500 Mi of 3000000 Ki.
    expect(answer?.verdict.summary).toMatch(/node n2.*2 of at most 2.*153 %/);
    expect(await killsOf(await asFile(text))).toEqual([]);
  });
});
