/** Lines of containerd 1.5 to 2.x (plugin io.containerd.grpc.v1.cri), CRI-O with conmon, and dockerd. */
import type { LoggedContainer } from '../model/node-log.ts';
import { bareContainerId, splitPod, wholeNumber } from './node-log-fields.ts';
import type { JournalText, LineMatcher, NodeLogMatch } from './node-log-fields.ts';

const ID = '([0-9a-f]{12,64})';

/** How Go's syscall.Signal prints itself. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  hangup: 'SIGHUP',
  interrupt: 'SIGINT',
  quit: 'SIGQUIT',
  aborted: 'SIGABRT',
  killed: 'SIGKILL',
  terminated: 'SIGTERM',
  'user defined signal 1': 'SIGUSR1',
  'user defined signal 2': 'SIGUSR2',
};

function idIn(pattern: RegExp, text: JournalText): string | undefined {
  return pattern.exec(text.plain)?.[1];
}

function withId(id: string | undefined): LoggedContainer {
  return id === undefined ? {} : { containerId: id };
}

const OOM_ID = new RegExp(
  String.raw`TaskOOM event (?:container_id:"|&?\{?TaskOOM\{ContainerID:|for container "?)${ID}`,
);

function taskOom(text: JournalText): NodeLogMatch | undefined {
  const id = idIn(OOM_ID, text);
  return id === undefined ? undefined : { kind: 'task-oom', containerId: id };
}

const EXIT_ID = new RegExp(
  String.raw`(?:TaskExit|container exit) event (?:container_id:"|&?\{?TaskExit\{ContainerID:)${ID}`,
);
const EXEC_ID = /(?: id:"|,ID:)([^",]{1,128})/;

/**
 * `TaskExit event container_id:"…" id:"…" pid:… exit_status:137 exited_at:{…}`; 2.x says `received container exit
 * event`. An `id` that differs from the container's belongs to an exec'd process, whose end is no death. Protobuf's
 * text leaves a zero status out.
 */
function taskExit(text: JournalText): NodeLogMatch | undefined {
  const id = idIn(EXIT_ID, text);
  if (id === undefined) return undefined;
  const exec = EXEC_ID.exec(text.plain)?.[1];
  if (exec !== undefined && exec !== id) return undefined;
  const status = wholeNumber(/(?:exit_status:|ExitStatus:)(\d{1,10})/.exec(text.plain)?.[1]);
  const complete = text.plain.includes('exited_at:');
  const exitCode = status ?? (complete ? 0 : undefined);
  return { kind: 'task-exit', containerId: id, ...(exitCode === undefined ? {} : { exitCode }) };
}

const STOP_CALL = new RegExp(String.raw`StopContainer for "${ID}" with timeout (\d{1,9})`);

function stopCall(text: JournalText): NodeLogMatch | undefined {
  const match = STOP_CALL.exec(text.plain);
  const timeoutSeconds = wholeNumber(match?.[2]);
  if (match?.[1] === undefined || timeoutSeconds === undefined) return undefined;
  return { kind: 'stop-requested', containerId: match[1], timeoutSeconds };
}

const STOP_SIGNAL = new RegExp(String.raw`Stop container "${ID}" with signal ([A-Za-z0-9 +-]{1,32})`);

function stopSignal(text: JournalText): NodeLogMatch | undefined {
  const match = STOP_SIGNAL.exec(text.plain);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const words = match[2].trim();
  return { kind: 'stop-requested', containerId: match[1], signal: SIGNAL_WORDS[words] ?? words };
}

const KILL = new RegExp(String.raw`Kill container "${ID}"`);

function killContainer(text: JournalText): NodeLogMatch | undefined {
  const id = idIn(KILL, text);
  return id === undefined ? undefined : { kind: 'sigkill-sent', containerId: id };
}

const FIELD_ID = new RegExp(String.raw`(?:\bid=|"id":)"?${ID}\b`);

/**
 * containerd 1.5 to 1.7 print `shim disconnected` and then `cleaning up …` after every exit (the shim leaves once its
 * task is deleted): no sign of a crash. `cleaning up …` alone comes from loading shims at start.
 */
function shimLeft(text: JournalText): NodeLogMatch | undefined {
  return { kind: 'shim-left', ...withId(idIn(FIELD_ID, text)) };
}

function shimCleanup(text: JournalText): NodeLogMatch | undefined {
  return { kind: 'shim-cleanup', ...withId(idIn(FIELD_ID, text)) };
}

const EXIT_STATUS = new RegExp(String.raw`failed to get task exit status for "${ID}"`);

/** The shim's connection closed while its container still ran (seen with containerd 1.6.20 and a killed shim). */
function shimLost(text: JournalText): NodeLogMatch | undefined {
  const id = idIn(EXIT_STATUS, text);
  return id === undefined ? undefined : { kind: 'shim-lost', containerId: id };
}

const CRIO_STOP = new RegExp(String.raw`Stopping container: ${ID} \(timeout: (-?\d{1,9})s\)`);

function crioStop(text: JournalText): NodeLogMatch | undefined {
  const match = CRIO_STOP.exec(text.plain);
  const timeoutSeconds = wholeNumber(match?.[2]);
  if (match?.[1] === undefined || timeoutSeconds === undefined || timeoutSeconds < 0) return undefined;
  return { kind: 'stop-requested', containerId: match[1], timeoutSeconds };
}

/** CRI-O's wording changed from `Stop container "<id>" timed out` to `… with stop signal(15) timed out. Killing...`. */
const CRIO_KILL = new RegExp(
  String.raw`Stop(?:ping)? container "?${ID}"?(?: with stop signal[^ ]{0,16})? timed out`,
);

function crioKill(text: JournalText): NodeLogMatch | undefined {
  const id = idIn(CRIO_KILL, text);
  return id === undefined ? undefined : { kind: 'sigkill-sent', containerId: id };
}

const CRIO_STOPPED = new RegExp(
  String.raw`Stopped container ${ID}: ([^\s"/]{1,63})/([^\s"/]{1,253})/([^\s"/]{1,253})`,
);

function crioStopped(text: JournalText): NodeLogMatch | undefined {
  const match = CRIO_STOPPED.exec(text.plain);
  if (match?.[1] === undefined || match[4] === undefined) return undefined;
  return {
    kind: 'task-exit',
    containerId: match[1],
    ...splitPod(`${match[2]}/${match[3]}`),
    container: match[4],
  };
}

/** conmon prints the first 20 characters of the id: `conmon 0a1b… <ninfo>: OOM received`. */
function conmonOom(text: JournalText): NodeLogMatch | undefined {
  if (text.unit !== 'conmon' && !text.plain.includes('conmon ')) return undefined;
  return { kind: 'task-oom', ...withId(/\bconmon ([0-9a-f]{12,64}) </.exec(text.plain)?.[1]) };
}

const DOCKER_ID = new RegExp(String.raw`(?:\bContainer |\bcontainer=|"container":")${ID}\b`);

function dockerForce(text: JournalText): NodeLogMatch | undefined {
  if (!text.plain.includes('failed to exit within')) return undefined;
  const id = bareContainerId(idIn(DOCKER_ID, text));
  return { kind: 'sigkill-sent', ...withId(id) };
}

function dockerExit(text: JournalText): NodeLogMatch | undefined {
  const id = idIn(DOCKER_ID, text);
  return id === undefined ? undefined : { kind: 'task-exit', containerId: id };
}

export const RUNTIME_MATCHERS: readonly LineMatcher[] = [
  { needle: 'TaskOOM event', read: taskOom },
  { needle: 'TaskExit event', read: taskExit },
  { needle: 'received container exit event', read: taskExit },
  { needle: 'StopContainer for ', read: stopCall },
  { needle: 'Stop container ', read: (text) => stopSignal(text) ?? crioKill(text) },
  { needle: 'Kill container ', read: killContainer },
  { needle: 'failed to get task exit status', read: shimLost },
  { needle: 'cleaning up after shim disconnected', read: shimCleanup },
  { needle: 'cleaning up dead shim', read: shimCleanup },
  { needle: 'shim disconnected', read: shimLeft },
  { needle: 'Stopping container: ', read: crioStop },
  { needle: 'Stopping container ', read: crioKill },
  { needle: 'Stopped container ', read: crioStopped },
  { needle: 'OOM received', read: conmonOom },
  { needle: '- using the force', read: dockerForce },
  { needle: 'topic=/tasks/delete', read: dockerExit },
];
