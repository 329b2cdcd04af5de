/** Lines of systemd 245 to 258, systemd-oomd, earlyoom, and the ones that mark a boot or a daemon's start and end. */
import { containerOfUnit, wholeNumber } from './node-log-fields.ts';
import type { JournalText, LineMatcher, NodeLogMatch } from './node-log-fields.ts';

type Service = Extract<NodeLogMatch, { kind: 'service-started' }>['service'];

const SERVICES: Readonly<Record<string, Service>> = {
  kubelet: 'kubelet',
  containerd: 'containerd',
  crio: 'crio',
  docker: 'docker',
};

const UNIT_PREFIX = /(?:^|[\s:])([A-Za-z0-9@:_.\\-]{1,255}\.(?:scope|service|slice)): /;

function unitOf(text: JournalText): string | undefined {
  // The unit stands at the front; what follows may be anything.
  return UNIT_PREFIX.exec(text.plain.slice(0, 600))?.[1];
}

function serviceOf(unit: string): Service | undefined {
  return SERVICES[unit.replace(/\.service$/, '')];
}

/** `cri-containerd-<id>.scope: …`, `kubepods-…-pod<uid>.slice: …`; of services only those whose end matters here. */
function unitOom(text: JournalText): NodeLogMatch | undefined {
  const unit = unitOf(text);
  if (unit === undefined) return undefined;
  const service = serviceOf(unit);
  if (service !== undefined) return { kind: 'service-stopped', service, reason: 'oom-kill' };
  const named = containerOfUnit(unit);
  if (named.containerId === undefined && named.podUid === undefined) return undefined;
  return { kind: 'scope-oom', ...named };
}

function oomdUnit(text: JournalText): NodeLogMatch | undefined {
  const unit = unitOf(text);
  if (unit === undefined) return undefined;
  return { kind: 'oomd-kill', cgroup: unit, ...containerOfUnit(unit) };
}

/** `Killed /a.scope due to memory pressure for …`; systemd 258 says `Marked /a.scope for killing due to memory used …`. */
function oomdCgroup(text: JournalText): NodeLogMatch | undefined {
  const at = text.plain.indexOf(' due to memory ');
  const match = /(?:Killed|Marked) (\/\S{1,1000}?)(?: for killing)?$/.exec(text.plain.slice(0, at));
  if (match?.[1] === undefined) return undefined;
  const reason = text.plain.slice(at + ' due to '.length, at + 300);
  return { kind: 'oomd-kill', cgroup: match[1], reason, ...containerOfUnit(match[1]) };
}

/** `sending SIGTERM to process 27 uid 1000 "name": oom_score 801, …`; 1.5 and older say `badness`. */
function earlyoom(text: JournalText): NodeLogMatch | undefined {
  const match =
    /sending (SIGTERM|SIGKILL) to process (\d{1,10}) uid \d{1,10} "([^"]{0,32})": (?:oom_score|badness)/.exec(
      text.plain,
    );
  const pid = wholeNumber(match?.[2]);
  if (match?.[1] === undefined || match[3] === undefined || pid === undefined) return undefined;
  return { kind: 'earlyoom-kill', pid, comm: match[3], signal: match[1] };
}

/**
 * The unit (systemd 249 on prints it) or its description as shipped by the projects and the large distributions. Anchored:
 * `Started cri-containerd-<id>.scope - libcontainer container <id>.` is a container's start, not the daemon's.
 */
const DESCRIPTIONS: readonly (readonly [RegExp, Service])[] = [
  [/^kubelet(?:\.service|:|\.|$)|^Kubernetes Kubelet|^kubelet service/i, 'kubelet'],
  [/^containerd(?:\.service| container runtime|\.|$)/i, 'containerd'],
  [/^crio\.service|^Container Runtime Interface for OCI|^Open Container Initiative Daemon/i, 'crio'],
  [/^docker\.service|^Docker Application Container Engine/i, 'docker'],
];

function systemdJob(verb: 'Started' | 'Stopped'): (text: JournalText) => NodeLogMatch | undefined {
  const pattern = new RegExp(String.raw`(?:^|: )${verb} (.{1,120})`);
  return (text) => {
    const what = pattern.exec(text.plain)?.[1];
    if (what === undefined) return undefined;
    const service = DESCRIPTIONS.find(([words]) => words.test(what))?.[1];
    if (service === undefined) return undefined;
    return verb === 'Started'
      ? { kind: 'service-started', service }
      : { kind: 'service-stopped', service, reason: 'stopped by systemd' };
  };
}

function mainProcessExited(text: JournalText): NodeLogMatch | undefined {
  const unit = unitOf(text);
  const service = unit === undefined ? undefined : serviceOf(unit);
  if (service === undefined) return undefined;
  const reason = /Main process exited, (code=\w{1,16}, status=[\w/]{1,24})/.exec(text.plain)?.[1];
  return { kind: 'service-stopped', service, ...(reason === undefined ? {} : { reason }) };
}

function started(service: Service): () => NodeLogMatch {
  return () => ({ kind: 'service-started', service });
}

function kernelBanner(text: JournalText): NodeLogMatch | undefined {
  return /(?:^|kernel: |\] )(?:Linux version \d|Command line: BOOT_IMAGE)/.test(text.plain.slice(0, 400))
    ? { kind: 'boot' }
    : undefined;
}

/** The user managers print the same sentence without the kernel's share. */
function startupFinished(text: JournalText): NodeLogMatch | undefined {
  return text.plain.includes('(kernel)') ? { kind: 'boot' } : undefined;
}

/** What journalctl prints between two boots. */
function journalBoot(text: JournalText): NodeLogMatch | undefined {
  return /^-- (?:Reboot|Boot [0-9a-f]{32}) --$/.test(text.plain.trim()) ? { kind: 'boot' } : undefined;
}

export const SYSTEM_MATCHERS: readonly LineMatcher[] = [
  { needle: 'has been killed by the OOM killer', read: unitOom },
  { needle: "Failed with result 'oom-kill'", read: unitOom },
  { needle: 'systemd-oomd killed ', read: oomdUnit },
  { needle: ' due to memory ', read: oomdCgroup },
  { needle: 'sending SIG', read: earlyoom },
  { needle: 'Main process exited', read: mainProcessExited },
  { needle: 'Starting kubelet main sync loop', read: started('kubelet') },
  { needle: 'containerd successfully booted', read: started('containerd') },
  { needle: 'Starting CRI-O, version', read: started('crio') },
  { needle: 'Started ', read: systemdJob('Started') },
  { needle: 'Stopped ', read: systemdJob('Stopped') },
  { needle: 'Linux version ', read: kernelBanner },
  { needle: 'Command line: BOOT_IMAGE', read: kernelBanner },
  { needle: 'Startup finished in ', read: startupFinished },
  { needle: '-- Reboot --', read: journalBoot },
  { needle: '-- Boot ', read: journalBoot },
];
