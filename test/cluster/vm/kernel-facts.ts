/**
 * Kernel facts: deaths in bare cgroups (version 2) under Debian's kernels, in a small virtual machine, diagnosed from the
 * kernel's own log and counters. `node test/cluster/vm/kernel-facts.ts [--record] [--only STAGE]...`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { grade, judge, reportFaults, viewsOf } from '../../kernel-facts/replay.ts';
import { boot } from './boot.ts';
import { caseOf, type CaseFiles } from './case-files.ts';
import type { Driver } from './cgroup-names.ts';
import { kernelOf, vmObstacles, type KernelSeries } from './debian.ts';
import { factsInitramfs } from './facts-initramfs.ts';
import { parseRecording } from './recording.ts';
import { MACHINE_MIB, STAGES, type Stage } from './stages.ts';

/** Two kernels apart by years of memcg changes, each with one of a kubelet's two ways to name cgroups. */
const BOOTS: readonly { readonly series: KernelSeries; readonly driver: Driver }[] = [
  { series: 'linux-image-cloud-amd64', driver: 'cgroupfs' },
  { series: 'linux-image-6.12-cloud-amd64', driver: 'systemd' },
];
const RECORDED = join(import.meta.dirname, '..', '..', 'kernel-facts');
const BOOT_TIMEOUT_MS = 600_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      record: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const obstacles = vmObstacles();
  if (obstacles.length > 0) {
    console.log(`no virtual machine here: ${obstacles.join('; ')}`);
    return 0;
  }
  const stages = STAGES.filter((stage) => values.only.length === 0 || values.only.includes(stage.name));
  const work = mkdtempSync(join(tmpdir(), 'exit137-vm-'));
  let faults = 0;
  try {
    for (const { series, driver } of BOOTS) {
      const cases = await stageAll(join(work, series), { series, driver, stages });
      for (const one of cases) {
        const folder = join(values.record && isKept(one.name) ? RECORDED : work, one.name);
        writeCase(folder, one);
        faults += await report(folder, one);
      }
    }
  } finally {
    if (values.keep) console.log(`kept: ${work}`);
    else rmSync(work, { recursive: true, force: true });
  }
  console.log(faults === 0 ? 'every fact as staged' : `${faults} facts differ from what was staged`);
  return faults === 0 ? 0 : 1;
}

/** A newer kernel's cases are kept only where it reports or counts in another way. */
const KEPT_OF_OTHERS =
  /-(?:ordinary-pod|child-group-kill|node-oom-no-limit|pod-limit-tmpfs|resized-below-usage)$/u;

function isKept(name: string): boolean {
  return name.startsWith('6.1-') || KEPT_OF_OTHERS.test(name);
}

interface Request {
  readonly series: KernelSeries;
  readonly driver: Driver;
  readonly stages: readonly Stage[];
}

async function stageAll(folder: string, { series, driver, stages }: Request): Promise<readonly CaseFiles[]> {
  mkdirSync(folder, { recursive: true });
  const kernel = await kernelOf(series);
  const booted = await boot({
    kernelImage: kernel.image,
    initramfs: await factsInitramfs(folder, stages, driver),
    memoryMib: MACHINE_MIB,
    append: 'loglevel=4 log_buf_len=4M psi=1',
    timeoutMs: BOOT_TIMEOUT_MS,
    folder,
  });
  const recording = parseRecording(booted.results);
  console.log(`Linux ${recording.release}: ${stages.length} stages in ${Math.round(booted.tookMs / 1000)} s`);
  const [short = ''] = /^\d+\.\d+/u.exec(recording.release) ?? [];
  return stages.map((stage) => caseOf(stage, { recording, driver, kernel: short }));
}

function writeCase(folder: string, { files }: CaseFiles): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** One line per fact; the number of faults. */
async function report(folder: string, { name, expected }: CaseFiles): Promise<number> {
  const judged = await Promise.all(viewsOf(folder).map((view) => judge(folder, view)));
  const grades = judged.map(
    (one) => [one.view, grade(one, expected), one.answer?.verdict.confidence ?? ''] as const,
  );
  const faults = judged.flatMap((one) => reportFaults(one, expected));
  const wrong = grades.filter(([, mark]) => mark.startsWith('wrong'));
  console.log(`${name} (${expected.truth}): ${grades.map((each) => each.join(' ').trimEnd()).join(' | ')}`);
  for (const fault of new Set(faults)) console.log(`  ${fault}`);
  return wrong.length + faults.length;
}

process.exitCode = await main();
