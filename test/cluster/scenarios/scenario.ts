/** What a staged death is: how it is prepared, how it is killed, how one knows that it died, and what is right to say of it. */
import type { Draw } from './draw.ts';
import type { Stage } from '../stage/stage-access.ts';

/** What the judge may see. The keys are the rows of the table. */
export const CONDITIONS = {
  all: 'everything visible',
  'no-kernel-log': 'no kernel log',
  'no-metrics': 'no metrics',
  'no-node-access': 'no node access',
  'no-events': 'events gone',
  'no-events-no-node': 'events gone and no node access',
  recorded: 'after the pod is gone, recorded while it died',
} as const;

export type Condition = keyof typeof CONDITIONS;

/** One more answer that is right, with the reason; without `under` in every condition. */
export interface Allowed {
  readonly code: string;
  readonly because: string;
  readonly under?: readonly Condition[];
}

export interface Label {
  /** One code by the rules of docs/causes; `none` = nothing died, or exit 0 as meant. */
  readonly code: string;
  readonly via?: string;
  readonly allowed?: readonly Allowed[];
  /** Where no trace of the death is left to be judged, and why: an answer that nothing died is no mistake there. */
  readonly unseen?: { readonly under: readonly Condition[]; readonly because: string };
}

export type Manifest = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & Readonly<Record<string, unknown>>;
};

/** One staging of a scenario, with everything that was drawn already in it. */
export interface Plan {
  /** Created in this order in a namespace of its own, or in none where the kind has none. */
  readonly objects: readonly Manifest[];
  /** What is done to it, from its creation on. Absent = it dies by itself. */
  readonly act?: (stage: Stage) => Promise<void>;
  /** Returns once it is dead; rejects after a bounded wait. */
  readonly died: (stage: Stage) => Promise<unknown>;
  /** As on the command line; absent = the pod `victim`. A function where the name is known only after `died`. */
  readonly target?: string | (() => string);
  readonly container?: string;
  /** Undoes what outlives the namespace. Runs also after a failure. */
  readonly undo?: (stage: Stage) => Promise<void>;
}

export interface Scenario {
  /** `family/what`. */
  readonly id: string;
  readonly about: string;
  readonly label: Label;
  /** How often in a full run; absent = 3. */
  readonly times?: number;
  /** `alone`: it touches the whole node, so nothing else runs beside it. `last`: it also marks every container of the node. */
  readonly turn?: 'alone' | 'last';
  readonly plan: (draw: Draw) => Plan;
}

/** Where nobody can be named any more, the mechanism is the answer: only where the record of who decided is gone. */
export function mechanismAlone(code: string): Allowed {
  return {
    code,
    because: 'who decided stood in an event or in the deleted object, and both are gone',
    under: ['no-events', 'no-events-no-node', 'recorded'],
  };
}

/** Nothing ended, so the API holds no trace, and a watch of pods has nothing to record. */
export const ONLY_THE_NODE_KNOWS: NonNullable<Label['unseen']> = {
  under: ['no-node-access', 'no-events-no-node', 'recorded'],
  because: 'no container ended: the API has no record of it, only the node has',
};

/** The object is gone, and with its events the last that spoke of it. */
export const VANISHED: NonNullable<Label['unseen']> = {
  under: ['no-events', 'no-events-no-node'],
  because: 'the pod is deleted, and so are its events: the API does not know that it ever was',
};
