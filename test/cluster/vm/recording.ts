/** What the machine wrote to its second serial line, by stage. */

export interface RecordedStage {
  readonly name: string;
  readonly beginSeconds: number;
  readonly endSeconds: number;
  /** By process key: seconds since boot. */
  readonly startedSeconds: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, { readonly exitCode: number; readonly atSeconds: number }>;
  /** Content by path below the cgroup file system. */
  readonly files: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  /** Keys of processes that were waited for in vain. */
  readonly timeouts: readonly string[];
}

export interface Recording {
  readonly stages: readonly RecordedStage[];
  /** Records of /dev/kmsg as read. */
  readonly kmsg: readonly string[];
  readonly bootSeconds: number;
  readonly release: string;
}

interface Draft {
  name: string;
  beginSeconds: number;
  endSeconds: number;
  startedSeconds: Map<string, number>;
  ended: Map<string, { exitCode: number; atSeconds: number }>;
  files: Map<string, string>;
  outputs: Map<string, string>;
  timeouts: string[];
}

/** Throws where the machine did not come to its end: half a recording proves nothing. */
export function parseRecording(text: string): Recording {
  const stages: Draft[] = [];
  const kmsg: string[] = [];
  let boot: { bootSeconds: number; release: string } | undefined;
  let take: ((line: string) => void) | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith('@@')) {
      take?.(line);
      continue;
    }
    const [word = '', ...rest] = line.slice(2).split(' ');
    take = undefined;
    if (word === 'kmsg') take = (record) => void (record !== '' && kmsg.push(record));
    else if (word === 'boot') boot = { bootSeconds: Number(rest[0]), release: rest[1] ?? '' };
    else if (word === 'stage') stages.push(newDraft(rest));
    else take = mark(stages.at(-1), word, rest);
  }
  if (boot === undefined || !text.includes('@@done'))
    throw new Error(`the machine stopped after ${stages.at(-1)?.name ?? 'its start'}`);
  return { stages, kmsg, ...boot };
}

function newDraft([name = '', at]: readonly string[]): Draft {
  return {
    name,
    beginSeconds: Number(at),
    endSeconds: Number(at),
    startedSeconds: new Map(),
    ended: new Map(),
    files: new Map(),
    outputs: new Map(),
    timeouts: [],
  };
}

/** Takes in a mark; the answer takes the lines that follow it, where it has any. */
function mark(
  stage: Draft | undefined,
  word: string,
  rest: readonly string[],
): ((line: string) => void) | undefined {
  if (stage === undefined) return undefined;
  const [key = '', one, two] = rest;
  const into = (content: Map<string, string>) => {
    content.set(key, '');
    return (line: string): void => void content.set(key, `${content.get(key) ?? ''}${line}\n`);
  };
  switch (word) {
    case 'started':
      stage.startedSeconds.set(key, Number(one));
      return undefined;
    case 'ended':
      stage.ended.set(key, { exitCode: Number(one), atSeconds: Number(two) });
      return undefined;
    case 'timeout':
      stage.timeouts.push(key);
      return undefined;
    case 'close':
      stage.endSeconds = Number(key);
      return undefined;
    case 'file':
      return into(stage.files);
    case 'output':
      return into(stage.outputs);
    default:
      return undefined;
  }
}
