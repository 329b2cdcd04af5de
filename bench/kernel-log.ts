/**
 * Promise: a node log is read at 60 MB/s or more on one core, in constant memory. Writes a log of 200 MB with mostly
 * unrelated lines to a temporary file, reads it five times, and compares with merely decoding it and splitting its lines.
 *
 *     node bench/kernel-log.ts [--megabytes 200]
 *
 * Exits 1 where the promise is broken.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, openSync, rmSync, statSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTextLog } from '../src/sources/kernel-log/index.ts';
import { tell } from './result.ts';

const PROMISED_MB_PER_SECOND = 60;
/** Growth while reading 200 MB: mostly what the runtime's collector has not yet swept, not what the reader holds. */
const MEMORY_LIMIT_MIB = 120;
const RUNS = 5;
const SEED = 137;
const CHUNK_BYTES = 1 << 16;
const START_MS = Date.UTC(2025, 9, 12, 0, 0, 0);

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200' },
    generate: { type: 'string' },
    measure: { type: 'string' },
  },
});
const wantedBytes = Number(values.megabytes) * 1e6;
async function run(file: string): Promise<void> {
  // Memory is measured, and the log made, in processes of their own, so that nothing else is counted.
  const reports = child('--generate', file);
  const megabytes = statSync(file).size / 1e6;
  const baseline: number[] = [];
  const ours: number[] = [];
  await timed(() => splitLines(file));
  for (let index = 0; index < RUNS; index += 1) {
    baseline.push(megabytes / (await timed(() => splitLines(file))));
    ours.push(megabytes / (await timed(() => read(file, reports))));
  }
  const speed = median(ours);
  const growth = child('--measure', file);
  console.log(`log                ${megabytes.toFixed(0)} MB, ${reports} OOM reports`);
  console.log(`read               ${speed.toFixed(0)} MB/s (median of ${RUNS}; ${range(ours)})`);
  console.log(
    `decode and split   ${median(baseline).toFixed(0)} MB/s (median of ${RUNS}; ${range(baseline)})`,
  );
  console.log(
    `ratio              ${(median(baseline) / speed).toFixed(2)} times the time of decode and split`,
  );
  tell({
    promise: `kernel log of ${megabytes.toFixed(0)} MB, speed`,
    bound: `${PROMISED_MB_PER_SECOND} MB/s`,
    measured: `${speed.toFixed(0)} MB/s`,
    holds: speed >= PROMISED_MB_PER_SECOND,
  });
  tell({
    promise: `kernel log of ${megabytes.toFixed(0)} MB, growth of memory`,
    bound: `${MEMORY_LIMIT_MIB} MiB`,
    measured: `${growth.toFixed(0)} MiB`,
    holds: growth <= MEMORY_LIMIT_MIB,
  });
}

/** Runs this script for one figure. */
function child(mode: '--generate' | '--measure', file: string): number {
  const options = ['--megabytes', values.megabytes, mode, file];
  const done = spawnSync(process.execPath, [import.meta.filename, ...options]);
  if (done.status !== 0) throw new Error(done.stderr.toString());
  return Number(done.stdout.toString());
}

/** Mebibytes by which the process grew at most while it read the log once. */
async function measure(file: string): Promise<number> {
  const before = process.memoryUsage.rss();
  await readTextLog(stream(file), { source: 'syslog', nowMs: START_MS });
  return Math.round(process.resourceUsage().maxRSS / 1024 - before / 1024 / 1024);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function stream(file: string): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>;
}

async function read(file: string, reports: number): Promise<void> {
  const part = await readTextLog(stream(file), { source: 'syslog', nowMs: START_MS + 40 * 86_400_000 });
  const complete = (part.kernelKills ?? []).filter((kill) => kill.complete).length;
  if (complete !== reports) throw new Error(`read ${complete} whole reports of ${reports}`);
}

async function splitLines(file: string): Promise<void> {
  const decoder = new TextDecoder();
  let carry = '';
  let count = 0;
  for await (const bytes of stream(file)) {
    const lines = (carry + decoder.decode(bytes, { stream: true })).split('\n');
    carry = lines.pop() ?? '';
    count += lines.length;
  }
  if (count === 0) throw new Error('no lines');
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function range(numbers: readonly number[]): string {
  return `${Math.min(...numbers).toFixed(0)} to ${Math.max(...numbers).toFixed(0)}`;
}

/** A linear congruential generator (Numerical Recipes' constants): the same log on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof generator>;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function syslogTime(atMs: number): string {
  const at = new Date(atMs);
  const day = String(at.getUTCDate()).padStart(2, ' ');
  return `${MONTHS[at.getUTCMonth()]} ${day} ${at.toISOString().slice(11, 19)}`;
}

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random(16).toString(16)).join('');
}

/** What a busy worker node writes: about half kubelet and runtime, the rest of the system after it. */
function unrelated(random: Random, iso: string): string {
  const id = hex(random, 12);
  const pid = 1000 + random(60_000);
  const lines = [
    `kubelet[812]: I${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${100_000 + random(900_000)}     812 kubelet_volumes.go:161] "Cleaned up orphaned pod volumes dir" podUID="${hex(random, 8)}-29e1" path="/var/lib/kubelet/pods/${id}/volumes"`,
    `kubelet[812]: I${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${100_000 + random(900_000)}     812 reconciler_common.go:245] "operationExecutor.VerifyControllerAttachedVolume started for volume \\"kube-api-access-${id}\\" (UniqueName: \\"kubernetes.io/projected/${id}\\") pod \\"web-${random(99)}\\"" pod="shop/web-${random(99)}"`,
    `containerd[640]: time="${iso}" level=info msg="RemoveContainer for \\"${id}\\" returns successfully"`,
    `containerd[640]: time="${iso}" level=info msg="ImageUpdate event name:\\"registry.example/app:${random(999)}\\" labels:{key:\\"io.cri-containerd.image\\" value:\\"managed\\"}"`,
    `systemd[1]: run-containerd-runc-k8s.io-${id}-runc.mount: Deactivated successfully.`,
    `systemd[1]: Started Session ${random(100_000)} of user core.`,
    `kernel: [${String(8000 + random(900_000)).padStart(6)}.${100_000 + random(900_000)}] IPv6: ADDRCONF(NETDEV_CHANGE): veth${id.slice(0, 8)}: link becomes ready`,
    `kernel: [${String(8000 + random(900_000)).padStart(6)}.${100_000 + random(900_000)}] audit: type=1400 audit(1760284800.${random(999)}:${pid}): apparmor="ALLOWED" operation="open" profile="snap" name="/proc/${pid}/status"`,
    `sshd[${pid}]: Connection closed by 10.${random(256)}.${random(256)}.${random(256)} port ${pid} [preauth]`,
    `CRON[${pid}]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)`,
    `systemd-networkd[401]: veth${id.slice(0, 8)}: Gained IPv6LL`,
    `dbus-daemon[522]: [system] Activating via systemd: service name='org.freedesktop.hostname1' requested by ':1.${random(9999)}'`,
  ];
  return lines[random(lines.length)] ?? '';
}

function report(random: Random, uptime: string): readonly string[] {
  const pod = `${hex(random, 8)}_29e1_4a3c_9d8f_${hex(random, 12)}`;
  const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod}.slice`;
  const scope = `cri-containerd-${hex(random, 64)}.scope`;
  const pid = 1000 + random(60_000);
  const rows = Array.from(
    { length: 12 },
    (_, index) =>
      `[${String(pid + index).padStart(7)}]     0 ${pid + index}   ${74_000 - index}    ${9000 - index}   200704        0           969 node`,
  );
  return [
    'node invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969',
    `CPU: 3 PID: ${pid} Comm: node Not tainted 6.8.0-51-generic #52-Ubuntu`,
    'Call Trace:',
    ...Array.from({ length: 20 }, (_, index) => ` try_charge_memcg+0x${index}cd/0x790`),
    'memory: usage 102400kB, limit 102400kB, failcnt 6402',
    'swap: usage 0kB, limit 9007199254740988kB, failcnt 0',
    `Memory cgroup stats for ${slice}:`,
    'anon 98742272',
    'file 2469888',
    'kernel 3145728',
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    ...rows,
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${scope},mems_allowed=0,oom_memcg=${slice},task_memcg=${slice}/${scope},task=node,pid=${pid},uid=0`,
    `Memory cgroup out of memory: Killed process ${pid} (node) total-vm:296000kB, anon-rss:36000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:196kB oom_score_adj:969`,
  ].map((line) => `kernel: [${uptime}] ${line}`);
}

/** Returns the number of OOM reports written: about one per megabyte. */
function generate(file: string): number {
  const random = generator(SEED);
  const out = openSync(file, 'w');
  let written = 0;
  let count = 0;
  let atMs = START_MS;
  try {
    while (written < wantedBytes) {
      const lines: string[] = [];
      for (let index = 0; index < 6000; index += 1) {
        atMs += random(900);
        const iso = new Date(atMs).toISOString();
        lines.push(`${syslogTime(atMs)} worker-7 ${unrelated(random, iso)}`);
      }
      const uptime = ((atMs - START_MS) / 1000 + 8000).toFixed(6).padStart(12);
      for (const line of report(random, uptime)) lines.push(`${syslogTime(atMs)} worker-7 ${line}`);
      count += 1;
      written += writeSync(out, `${lines.join('\n')}\n`);
    }
  } finally {
    closeSync(out);
  }
  return count;
}

if (values.generate !== undefined) {
  console.log(generate(values.generate));
} else if (values.measure !== undefined) {
  console.log(await measure(values.measure));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'exit137-bench-'));
  try {
    await run(join(folder, 'syslog'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
