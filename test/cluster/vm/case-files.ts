/** A recorded stage as files a user would have: kernel log, counter files, pod, and the log of a program that killed. */
import type { Expected } from '../../kernel-facts/expected.ts';
import { containerCgroup, podCgroups, type Driver } from './cgroup-names.ts';
import { isoLines, recordsOf } from './kernel-log.ts';
import { NODE_NAME, podOf } from './pod-status.ts';
import type { RecordedStage, Recording } from './recording.ts';
import type { Stage } from './stages.ts';

export interface CaseFiles {
  readonly name: string;
  readonly expected: Expected;
  /** Content by path in the case's folder. */
  readonly files: Readonly<Record<string, string>>;
}

export interface CaseContext {
  readonly recording: Recording;
  readonly driver: Driver;
  /** `6.1`: part of the case's name. */
  readonly kernel: string;
}

export function caseOf(stage: Stage, context: CaseContext): CaseFiles {
  const { recording, driver } = context;
  const recorded = recording.stages.find(({ name }) => name === stage.name);
  if (recorded === undefined) throw new Error(`the machine never came to ${stage.name}`);
  if (recorded.timeouts.length > 0)
    throw new Error(`${stage.name}: ${recorded.timeouts.join(', ')} did not end in time`);
  const records = recordsOf(recording.kmsg, stage.name);
  const oomKills = (container: string): number =>
    countOf(recorded, containerCgroup(stage, container, driver));
  const pod = podOf(stage, { recorded, bootSeconds: recording.bootSeconds, oomKills });
  const files: Record<string, string> = {
    'about.md': about(stage, context, recorded),
    'evidence/kernel.log': withEnd(isoLines(records, recording.bootSeconds).join('\n')),
    'evidence/cgroup.txt': counters(recorded, stage, driver),
    ...(stage.bare === true ? {} : { 'pod/pod.json': `${JSON.stringify(pod, null, 2)}\n` }),
  };
  const daemon = recorded.outputs.get('earlyoom');
  if (daemon !== undefined) files['pod/earlyoom.log'] = journal(daemon, recording.bootSeconds);
  const expected: Expected = { kernel: recording.release, ...stage.label };
  files['expected.json'] = `${JSON.stringify(expected, null, 2)}\n`;
  return { name: `${context.kernel}-${stage.name}`, expected, files };
}

/** As `journalctl -u earlyoom -o short-iso` prints the lines; the machine noted seconds since boot and the process id with each. */
function journal(output: string, bootSeconds: number): string {
  return output.replaceAll(/^([\d.]+) (\d+) /gmu, (_all, seconds: string, pid: string) => {
    const at = new Date((bootSeconds + Number(seconds)) * 1000).toISOString();
    return `${at.slice(0, 19)}+0000 ${NODE_NAME} earlyoom[${pid}]: `;
  });
}

function withEnd(text: string): string {
  return text === '' ? '' : `${text}\n`;
}

function countOf(recorded: RecordedStage, cgroup: string): number {
  const events = recorded.files.get(`${cgroup}/memory.events`) ?? '';
  return Number(/^oom_kill (\d+)$/mu.exec(events)?.[1] ?? Number.NaN);
}

/** As `head -n 99 FILES` prints several files. Above the pod, memory.stat is left out: it says nothing and is long. */
function counters(recorded: RecordedStage, stage: Stage, driver: Driver): string {
  const [kubepods] = podCgroups(stage, driver);
  return [...recorded.files]
    .filter(([path]) => path !== `${kubepods}/memory.stat`)
    .map(([path, content]) => `==> /sys/fs/cgroup${path} <==\n${content}`)
    .join('\n');
}

function about(stage: Stage, { recording, driver }: CaseContext, recorded: RecordedStage): string {
  const ends = [...recorded.ended].map(
    ([key, { exitCode, atSeconds }]) =>
      `${key}: ${exitCode} after ${(atSeconds - recorded.beginSeconds).toFixed(1)} s`,
  );
  return `# ${stage.name}

${stage.about}

Real kernel ${recording.release}, cgroup v2, cgroups named as a kubelet with the driver ${driver} names them. \`kernel.log\` and
\`cgroup.txt\` are what the kernel wrote; \`pod.json\` states the staged spec and the measured ends (${ends.join('; ') || 'nothing ended'}).
`;
}
